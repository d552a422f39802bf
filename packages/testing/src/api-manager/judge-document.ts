import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  GraphQLError,
  type GraphQLOutputType,
  getNamedType,
  isInterfaceType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  parse,
  type SelectionSetNode,
  validate,
} from 'graphql'
import type { DeployedApi, PublishedOperation } from './published-api.ts'

/** Why a document does not pass, with API Manager's code over HTTP and the one of its error frames on a WebSocket. */
export interface Refusal {
  readonly status: number
  readonly code: number
  readonly frameCode: number
  readonly message: string
}

const INVALID = { status: 422, code: 900422, frameCode: 4022 }
const NO_RESOURCE = { status: 404, code: 900906, frameCode: 4005 }
const FORBIDDEN = { status: 403, code: 900910, frameCode: 4002 }
const TOO_DEEP = { status: 400, code: 900820, frameCode: 4020 }
const TOO_COMPLEX = { status: 400, code: 900821, frameCode: 4021 }
const NO_SUBSCRIPTION = { status: 400, code: 4005, frameCode: 4005 }

/** The arguments whose values count; every other one counts 1. */
const SIZES = new Set(['first', 'last', 'limit'])

/** A document that was judged: what it elects, or why it is refused. */
export type Judged =
  | { readonly operations: readonly PublishedOperation[] }
  | { readonly refusal: Refusal; readonly operations?: undefined }

/**
 * Judges a document as API Manager 4.5 does: by its first operation alone, whichever is executed, and by the fields in
 * it that are called like root fields, at any depth, fragments of the root not looked into. `scopes` null is nobody.
 */
export function judgeDocument(input: {
  readonly api: DeployedApi
  readonly text: string
  readonly scopes: ReadonlySet<string> | null
  readonly transport: 'http' | 'socket'
}): Judged {
  const { api, text, scopes, transport } = input
  const document = parsed(text)
  if (document instanceof GraphQLError)
    return { refusal: { ...INVALID, message: `INVALID QUERY : ${document.message}` } }
  const operation = document.definitions.find((node) => node.kind === Kind.OPERATION_DEFINITION)
  if (!operation) return { refusal: { ...INVALID, message: 'Operation definition cannot be empty' } }
  if (transport === 'socket' && operation.operation !== 'subscription') {
    const message = 'Invalid operation. Only allowed Subscription type operations'
    return { refusal: { ...NO_SUBSCRIPTION, message } }
  }
  const [invalid] = validate(api.schema, document)
  if (invalid) return { refusal: { ...INVALID, message: `INVALID QUERY : ${invalid.message}` } }
  const operations = electedOperations(api, operation)
  if (operations.length === 0 || (transport === 'socket' && operations.length > 1)) {
    return { refusal: { ...NO_RESOURCE, message: 'No matching resource found for given API Request' } }
  }
  const refusal = refusalByScopes(operations, scopes) ?? refusalBySize(api, document, operation)
  return refusal ? { refusal } : { operations }
}

/** Each needs any of its scopes; all must pass. */
export function refusalByScopes(
  operations: readonly PublishedOperation[],
  scopes: ReadonlySet<string> | null,
): Refusal | null {
  const denied = operations.find(
    (operation) =>
      operation.authType !== 'None' &&
      (scopes === null || (operation.scopes.length > 0 && !operation.scopes.some((scope) => scopes.has(scope)))),
  )
  if (!denied) return null
  const message = `User is NOT authorized to access the Resource: ${denied.target}. Scope validation failed.`
  return { ...FORBIDDEN, message }
}

/** Fields of any depth that are called like a root field of the operation's kind. Fragments are not followed. */
function electedOperations(api: DeployedApi, operation: OperationDefinitionNode): PublishedOperation[] {
  const verb = operation.operation.toUpperCase()
  const roots = new Map(api.operations.filter((each) => each.verb === verb).map((each) => [each.target, each]))
  const elected = new Set<PublishedOperation>()
  const collect = ({ selections }: SelectionSetNode): void => {
    for (const selection of selections) {
      if (selection.kind !== Kind.FIELD) continue
      const found = roots.get(selection.name.value)
      if (found) elected.add(found)
      if (selection.selectionSet) collect(selection.selectionSet)
    }
  }
  collect(operation.selectionSet)
  return [...elected]
}

function refusalBySize(api: DeployedApi, document: DocumentNode, operation: OperationDefinitionNode): Refusal | null {
  const root = api.schema.getRootType(operation.operation)
  if (!root) return null
  const fragments = new Map(
    document.definitions.flatMap((node) => (node.kind === Kind.FRAGMENT_DEFINITION ? [[node.name.value, node]] : [])),
  )
  const { depth, points } = sizeOf({ api, fragments }, operation.selectionSet, root)
  if (depth > api.maxDepth) return { ...TOO_DEEP, message: `QUERY TOO DEEP: ${depth} > ${api.maxDepth}` }
  if (points > api.maxComplexity)
    return { ...TOO_COMPLEX, message: `QUERY TOO COMPLEX: ${points} > ${api.maxComplexity}` }
  return null
}

interface Sized {
  readonly api: DeployedApi
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>
}

/** Depth in fields, and points: (sum of sizes, each other argument 1) x (weight + points of the fields below). */
function sizeOf(sized: Sized, set: SelectionSetNode, type: GraphQLOutputType): { depth: number; points: number } {
  let depth = 0
  let points = 0
  const add = (below: { depth: number; points: number }): void => {
    depth = Math.max(depth, below.depth)
    points += below.points
  }
  for (const selection of set.selections) {
    if (selection.kind === Kind.FIELD) add(sizeOfField(sized, selection, type))
    else {
      const fragment = selection.kind === Kind.INLINE_FRAGMENT ? selection : sized.fragments.get(selection.name.value)
      if (!fragment) continue
      const condition = fragment.typeCondition?.name.value
      const narrowed = condition === undefined ? undefined : sized.api.schema.getType(condition)
      add(sizeOf(sized, fragment.selectionSet, isObjectType(narrowed) || isInterfaceType(narrowed) ? narrowed : type))
    }
  }
  return { depth, points }
}

function sizeOfField(sized: Sized, field: FieldNode, parent: GraphQLOutputType): { depth: number; points: number } {
  const type = getNamedType(parent)
  const name = field.name.value
  const weight = sized.api.weights.find((each) => each.type === type.name && each.field === name)?.complexityValue ?? 1
  const output = isObjectType(type) || isInterfaceType(type) ? type.getFields()[name]?.type : undefined
  const below = field.selectionSet && output ? sizeOf(sized, field.selectionSet, output) : { depth: 0, points: 0 }
  const times = (field.arguments ?? []).map(({ name: argument, value }) =>
    SIZES.has(argument.value) && value.kind === Kind.INT ? Number(value.value) : 1,
  )
  const factor = times.length === 0 ? 1 : times.reduce((sum, size) => sum + size, 0)
  return { depth: below.depth + 1, points: factor * (weight + below.points) }
}

function parsed(text: string): DocumentNode | GraphQLError {
  try {
    return parse(text)
  } catch (error) {
    if (error instanceof GraphQLError) return error
    throw error
  }
}
