import type { FetchNode } from '@apollo/query-planner'
import { invariant } from '@corridor/platform'
import {
  type ArgumentNode,
  type DocumentNode,
  type FieldNode,
  Kind,
  type OperationDefinitionNode,
  parse,
  parseType,
  print,
  type ValueNode,
} from 'graphql'
import type { LiveField } from '../live-fields.ts'
import type { Variables } from '../operation-executor.ts'

/** Names that the router adds to the owning subgraph's part; they never reach a client. */
const CURSOR = 'live_cursor'
const KEY = 'live_key'
const AFTER = 'live_after'

/** The part of a subscription that its owning subgraph runs, with what the router needs to know of each event. */
export interface UpstreamOperation {
  readonly subgraph: string
  readonly operationName: string | undefined
  readonly variables: Variables
  readonly live: LiveField
  /** Under which name the subscription's field is in an event. */
  readonly responseName: string
  /** As the client asked. */
  readonly query: string
  /** The same behind a cursor, in the variable `live_after`; null when the field is not resumable. */
  readonly resumeQuery: string | null
  /** The client said himself where to begin. */
  readonly startsAfter: boolean
}

/** Whom an event replaces while it waits, and where to resume behind it. */
export interface EventMark {
  readonly key: string | null
  readonly cursor: string | null
}

export function upstreamOperation(
  primary: FetchNode,
  variables: Variables,
  liveFields: ReadonlyMap<string, LiveField>,
): UpstreamOperation {
  const document = parse(primary.operation, { noLocation: true })
  const definition = document.definitions.find((node) => node.kind === Kind.OPERATION_DEFINITION)
  const field = definition?.selectionSet.selections.find((node) => node.kind === Kind.FIELD)
  invariant(definition && field, 'the plan of a subscription has an operation with a field')
  const live = liveFields.get(field.name.value)
  invariant(live, 'every field of a subscription is known')
  const used = Object.fromEntries(
    (primary.variableUsages ?? [])
      .filter((name) => Object.hasOwn(variables, name))
      .map((name) => [name, variables[name]]),
  )
  const marked = withMarks(field, live)
  const given = live.resume ? argumentOf(field, live.resume.after) : undefined
  return {
    subgraph: primary.serviceName,
    operationName: primary.operationName,
    variables: used,
    live,
    responseName: field.alias?.value ?? field.name.value,
    query: print(replaced(document, definition, { ...definition, selectionSet: only(definition, field, marked) })),
    resumeQuery: live.resume ? print(resumed({ document, definition, field: marked, original: field, live })) : null,
    startsAfter: given !== undefined && givenValue(given.value, used) !== null,
  }
}

/** Reads what `upstreamOperation` added to the selection. */
export function markOf(operation: UpstreamOperation, data: Readonly<Record<string, unknown>> | null): EventMark {
  const event = data?.[operation.responseName]
  if (typeof event !== 'object' || event === null) return { key: null, cursor: null }
  const { [KEY]: key, [CURSOR]: cursor } = event as Readonly<Record<string, unknown>> // An object, as just checked.
  return {
    key: operation.live.conflateBy === null || key === undefined ? null : JSON.stringify(key),
    cursor: typeof cursor === 'string' ? cursor : null,
  }
}

/** The variables that resume behind `cursor`. */
export const behind = (operation: UpstreamOperation, cursor: string): Variables => ({
  ...operation.variables,
  [AFTER]: cursor,
})

function withMarks(field: FieldNode, { conflateBy, resume }: LiveField): FieldNode {
  const marks = [
    ...(conflateBy === null ? [] : [aliased(KEY, conflateBy)]),
    ...(resume === null ? [] : [aliased(CURSOR, resume.cursor)]),
  ]
  if (!field.selectionSet || marks.length === 0) return field
  const selections = [...field.selectionSet.selections, ...marks]
  return { ...field, selectionSet: { kind: Kind.SELECTION_SET, selections } }
}

function resumed(input: {
  document: DocumentNode
  definition: OperationDefinitionNode
  field: FieldNode
  original: FieldNode
  live: LiveField
}): DocumentNode {
  const { document, definition, field, original, live } = input
  invariant(live.resume, 'only what can be resumed is')
  const { after, afterType } = live.resume
  const variable = { kind: Kind.VARIABLE, name: { kind: Kind.NAME, value: AFTER } } as const
  const others = (field.arguments ?? []).filter(({ name }) => name.value !== after)
  const argument: ArgumentNode = { kind: Kind.ARGUMENT, name: { kind: Kind.NAME, value: after }, value: variable }
  const selectionSet = only(definition, original, { ...field, arguments: [...others, argument] })
  const text = print(selectionSet)
  const unused = argumentOf(original, after)?.value
  const kept = (definition.variableDefinitions ?? []).filter(({ variable: { name } }) => {
    // A variable that only the replaced argument used would not be valid any more.
    if (unused?.kind !== Kind.VARIABLE || unused.name.value !== name.value) return true
    return new RegExp(`\\$${name.value}\\b`).test(text)
  })
  const type = parseType(afterType, { noLocation: true })
  const variableDefinitions = [...kept, { kind: Kind.VARIABLE_DEFINITION, variable, type } as const]
  return replaced(document, definition, { ...definition, selectionSet, variableDefinitions })
}

const only = ({ selectionSet }: OperationDefinitionNode, original: FieldNode, by: FieldNode) => ({
  kind: Kind.SELECTION_SET as const,
  selections: selectionSet.selections.map((selection) => (selection === original ? by : selection)),
})

const replaced = (document: DocumentNode, old: OperationDefinitionNode, by: OperationDefinitionNode): DocumentNode => ({
  ...document,
  definitions: document.definitions.map((node) => (node === old ? by : node)),
})

const aliased = (alias: string, name: string): FieldNode => ({
  kind: Kind.FIELD,
  alias: { kind: Kind.NAME, value: alias },
  name: { kind: Kind.NAME, value: name },
})

const argumentOf = (field: FieldNode, name: string): ArgumentNode | undefined =>
  field.arguments?.find((argument) => argument.name.value === name)

function givenValue(value: ValueNode, variables: Variables): unknown {
  if (value.kind === Kind.NULL) return null
  return value.kind === Kind.VARIABLE ? (variables[value.name.value] ?? null) : value
}
