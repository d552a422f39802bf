import { ERROR_MESSAGES } from '@corridor/platform'
import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  GraphQLError,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  isCompositeType,
  isInterfaceType,
  isListType,
  isNonNullType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
  visit,
} from 'graphql'
import { LRUCache } from 'lru-cache'
import type { RouterLimits } from './limits.ts'

/** A list whose size nobody asked for is taken to have this many. */
const ASSUMED_LIST_SIZE = 10
/** The page of a connection whose size is not given. */
const ASSUMED_PAGE_SIZE = 20
const MUTATION_COST = 10
const PAGE_ARGUMENTS = ['first', 'last']

type Fragments = ReadonlyMap<string, FragmentDefinitionNode>
type Variables = Readonly<Record<string, unknown>>

interface Size {
  readonly fields: number
  readonly aliases: number
  readonly directives: number
  readonly depth: number
  /** Fields beside one another at the top. */
  readonly breadth: number
}

const NOTHING: Size = { fields: 0, aliases: 0, directives: 0, depth: 0, breadth: 0 }

export const fragmentsOf = (document: DocumentNode): Fragments =>
  new Map(
    document.definitions
      .filter((definition) => definition.kind === Kind.FRAGMENT_DEFINITION)
      .map((fragment) => [fragment.name.value, fragment]),
  )

/** Judges the size of requests for one operation: null, or why it asks for too much. */
export type SizeLimit = (variables: Variables) => GraphQLError | null

/** An operation's cost for a page size that came before is known. */
const KNOWN_COSTS = 64

/**
 * Measures a validated operation. Fragments count at every place that spreads them; each is measured once, so that a
 * document of fragments within fragments costs no more to refuse than to read. What is left for a request is the cost,
 * where a variable says how long a page is.
 */
export function sizeLimit(input: {
  document: DocumentNode
  operation: OperationDefinitionNode
  schema: GraphQLSchema
  limits: RouterLimits
}): SizeLimit {
  const { document, operation, schema, limits } = input
  const fragments = fragmentsOf(document)
  const size = measure(operation.selectionSet, fragments, new Map())
  const found: readonly (readonly [name: string, value: number, limit: number])[] = [
    ['fields', size.fields, limits.fields],
    ['levels', size.depth, limits.depth],
    ['aliases', size.aliases, limits.aliases],
    ['directives', size.directives + (operation.directives?.length ?? 0), limits.directives],
    ['root fields', size.breadth, limits.rootFields],
  ]
  const over = found.find(([, value, limit]) => value > limit)
  if (over) {
    const refused = refusal(over[0], over[2])
    return () => refused
  }
  const names = [...pageVariables(document)]
  const known = new LRUCache<string, boolean>({ max: KNOWN_COSTS })
  return (variables) => {
    const key = names.map((name) => String(variables[name])).join()
    let tooMuch = known.get(key)
    if (tooMuch === undefined) {
      tooMuch = operationCost({ schema, operation, fragments, variables }) > limits.cost
      known.set(key, tooMuch)
    }
    return tooMuch ? refusal('objects', limits.cost) : null
  }
}

/** The variables that say how long a page is. */
function pageVariables(document: DocumentNode): ReadonlySet<string> {
  const names = new Set<string>()
  visit(document, {
    Argument({ name, value }) {
      if (PAGE_ARGUMENTS.includes(name.value) && value.kind === Kind.VARIABLE) names.add(value.name.value)
    },
  })
  return names
}

export const refusal = (name: string, limit: number): GraphQLError =>
  new GraphQLError(`${ERROR_MESSAGES.QUERY_TOO_COMPLEX} At most ${limit} ${name}.`, {
    extensions: { code: 'QUERY_TOO_COMPLEX' },
  })

function measure(selectionSet: SelectionSetNode, fragments: Fragments, measured: Map<string, Size>): Size {
  return selectionSet.selections.map((selection) => sizeOf(selection, fragments, measured)).reduce(add, NOTHING)
}

function sizeOf(
  selection: SelectionSetNode['selections'][number],
  fragments: Fragments,
  measured: Map<string, Size>,
): Size {
  const directives = selection.directives?.length ?? 0
  if (selection.kind !== Kind.FIELD) {
    const inside =
      selection.kind === Kind.INLINE_FRAGMENT
        ? measure(selection.selectionSet, fragments, measured)
        : fragmentSize(selection.name.value, fragments, measured)
    return { ...inside, directives: inside.directives + directives }
  }
  const own: Size = { fields: 1, aliases: selection.alias ? 1 : 0, directives, depth: 1, breadth: 1 }
  // Introspection is as deep as its tool wants; a rule of validation bounds it.
  if (!selection.selectionSet || selection.name.value.startsWith('__')) return own
  const below = measure(selection.selectionSet, fragments, measured)
  return { ...add(own, below), depth: below.depth + 1, breadth: 1 }
}

function fragmentSize(name: string, fragments: Fragments, measured: Map<string, Size>): Size {
  let size = measured.get(name)
  if (!size) {
    const fragment = fragments.get(name)
    const inside = fragment ? measure(fragment.selectionSet, fragments, measured) : NOTHING
    size = { ...inside, directives: inside.directives + (fragment?.directives?.length ?? 0) }
    measured.set(name, size)
  }
  return size
}

const add = (a: Size, b: Size): Size => ({
  fields: a.fields + b.fields,
  aliases: a.aliases + b.aliases,
  directives: a.directives + b.directives,
  depth: Math.max(a.depth, b.depth),
  breadth: a.breadth + b.breadth,
})

/**
 * How many objects an answer may have: one for each field with fields, times the size of every list above it. A list
 * has the size that its own `first` or that of its connection asks for, else an assumed one; a mutation counts ten.
 */
export function operationCost({
  schema,
  operation,
  fragments,
  variables,
}: {
  schema: GraphQLSchema
  operation: OperationDefinitionNode
  fragments: Fragments
  variables: Variables
}): number {
  const costOf = (selectionSet: SelectionSetNode, typeName: string, pageSize: number | null): number => {
    let total = 0
    for (const selection of selectionSet.selections) {
      if (selection.kind === Kind.FIELD) total += fieldCost(selection, typeName, pageSize)
      else if (selection.kind === Kind.INLINE_FRAGMENT) {
        total += costOf(selection.selectionSet, selection.typeCondition?.name.value ?? typeName, pageSize)
      } else {
        const fragment = fragments.get(selection.name.value)
        if (fragment) total += costOf(fragment.selectionSet, fragment.typeCondition.name.value, pageSize)
      }
    }
    return total
  }
  const fieldCost = (node: FieldNode, typeName: string, pageSize: number | null): number => {
    const parent = schema.getType(typeName)
    if (!isObjectType(parent) && !isInterfaceType(parent)) return 0
    const field = parent.getFields()[node.name.value]
    if (!field || !node.selectionSet || !isCompositeType(getNamedType(field.type))) return 0
    const pages = field.args.some(({ name }) => PAGE_ARGUMENTS.includes(name))
    const asked = pages ? (pageArgument(node, variables) ?? ASSUMED_PAGE_SIZE) : null
    const isList = listDepth(field.type) > 0
    const count = isList ? (asked ?? pageSize ?? ASSUMED_LIST_SIZE) : 1
    const below = costOf(node.selectionSet, getNamedType(field.type).name, isList ? null : asked)
    return count * (1 + below)
  }
  const root = schema.getRootType(operation.operation)
  if (!root) return 0
  const writes = operation.operation === 'mutation' ? MUTATION_COST * operation.selectionSet.selections.length : 0
  return writes + costOf(operation.selectionSet, root.name, null)
}

function listDepth(type: GraphQLOutputType): number {
  if (isNonNullType(type)) return listDepth(type.ofType)
  return isListType(type) ? 1 + listDepth(type.ofType) : 0
}

/** The page asked for; what is no whole number is for the subgraph to refuse. */
function pageArgument(node: FieldNode, variables: Variables): number | null {
  for (const { name, value } of node.arguments ?? []) {
    if (!PAGE_ARGUMENTS.includes(name.value)) continue
    const given = value.kind === Kind.VARIABLE ? variables[value.name.value] : 'value' in value ? value.value : null
    const size = Number(given ?? Number.NaN)
    if (Number.isInteger(size) && size >= 0) return size
  }
  return null
}
