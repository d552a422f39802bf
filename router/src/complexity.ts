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
} from 'graphql'
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
  readonly depth: number
}

const NOTHING: Size = { fields: 0, aliases: 0, depth: 0 }

export const fragmentsOf = (document: DocumentNode): Fragments =>
  new Map(
    document.definitions
      .filter((definition) => definition.kind === Kind.FRAGMENT_DEFINITION)
      .map((fragment) => [fragment.name.value, fragment]),
  )

/**
 * Why a validated operation asks for too much, or null. Fragments count at every place that spreads them; each is
 * measured once, so that a document of fragments within fragments costs no more to refuse than to read.
 */
export function tooComplex(input: {
  document: DocumentNode
  operation: OperationDefinitionNode
  variables: Variables
  schema: GraphQLSchema
  limits: RouterLimits
}): GraphQLError | null {
  const { document, operation, variables, schema, limits } = input
  const fragments = fragmentsOf(document)
  const size = measure(operation.selectionSet, fragments, new Map())
  const found: readonly (readonly [name: string, value: number, limit: number])[] = [
    ['fields', size.fields, limits.fields],
    ['levels', size.depth, limits.depth],
    ['aliases', size.aliases, limits.aliases],
    ['root fields', operation.selectionSet.selections.length, limits.rootFields],
  ]
  for (const [name, value, limit] of found) if (value > limit) return refusal(name, limit)
  const cost = operationCost({ schema, operation, fragments, variables })
  return cost > limits.cost ? refusal('objects', limits.cost) : null
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
  if (selection.kind === Kind.INLINE_FRAGMENT) return measure(selection.selectionSet, fragments, measured)
  if (selection.kind === Kind.FIELD) {
    const aliases = selection.alias ? 1 : 0
    // Introspection is as deep as its tool wants; a rule of validation bounds it.
    if (!selection.selectionSet || selection.name.value.startsWith('__')) return { fields: 1, aliases, depth: 1 }
    const below = measure(selection.selectionSet, fragments, measured)
    return { fields: below.fields + 1, aliases: below.aliases + aliases, depth: below.depth + 1 }
  }
  const name = selection.name.value
  let size = measured.get(name)
  if (!size) {
    const fragment = fragments.get(name)
    size = fragment ? measure(fragment.selectionSet, fragments, measured) : NOTHING
    measured.set(name, size)
  }
  return size
}

const add = (a: Size, b: Size): Size => ({
  fields: a.fields + b.fields,
  aliases: a.aliases + b.aliases,
  depth: Math.max(a.depth, b.depth),
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
