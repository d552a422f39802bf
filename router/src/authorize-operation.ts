import { type Caller, ERROR_MESSAGES, type ErrorCode } from '@corridor/platform'
import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  GraphQLError,
  type GraphQLSchema,
  getNamedType,
  isCompositeType,
  isInterfaceType,
  isNonNullType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql'
import { fragmentsOf } from './complexity.ts'
import { isMet, type Requirement, type Requirements, requirementsOf } from './requirements.ts'

/** A field that was taken out of the operation, by response names; lists are not part of the path. */
export interface RemovedField {
  readonly path: readonly string[]
  /** Its absence may null what holds it, so that its place in the answer is no longer to be found. */
  readonly nullable: boolean
}

export type Authorized =
  | { readonly kind: 'refused'; readonly error: GraphQLError }
  | {
      readonly kind: 'allowed'
      /** What may run, fragments written out; null when nothing is left of it. */
      readonly document: DocumentNode | null
      readonly removed: readonly RemovedField[]
      /** The scopes that opened the fields that are left. */
      readonly scopesUsed: ReadonlySet<string>
    }

interface Walk {
  readonly schema: GraphQLSchema
  readonly requirements: Requirements
  readonly caller: Caller
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>
  readonly removed: RemovedField[]
  readonly scopesUsed: Set<string>
}

/** Selected where all else was refused: the object itself may be seen, and whether it exists must be asked. */
const TYPENAME: FieldNode = { kind: Kind.FIELD, name: { kind: Kind.NAME, value: '__typename' } }

/**
 * Judges one operation of a validated document for one caller. A mutation or subscription with a refused root field is
 * refused whole, whatever its other fields; elsewhere a refused field is taken out before planning, so that no
 * subgraph is asked for it. Fragments are followed, and aliases change nothing.
 */
export function authorizeOperation(input: {
  schema: GraphQLSchema
  requirements: Requirements
  document: DocumentNode
  operation: OperationDefinitionNode
  caller: Caller
}): Authorized {
  const { schema, requirements, document, operation, caller } = input
  const walk: Walk = {
    schema,
    requirements,
    caller,
    fragments: fragmentsOf(document),
    removed: [],
    scopesUsed: new Set(),
  }
  const root = schema.getRootType(operation.operation)
  if (!root) return { kind: 'refused', error: unauthorized(caller, []) }
  const selections = filterSelections(walk, operation.selectionSet, root, [])
  const refusedRoot = walk.removed.find(({ path }) => path.length === 1)
  if (refusedRoot && operation.operation !== 'query') {
    return { kind: 'refused', error: unauthorized(caller, refusedRoot.path) }
  }
  const { removed, scopesUsed } = walk
  if (selections.length === 0) return { kind: 'allowed', document: null, removed, scopesUsed }
  const allowed: OperationDefinitionNode = { ...operation, selectionSet: selectionSet(selections) }
  return {
    kind: 'allowed',
    document: { kind: Kind.DOCUMENT, definitions: [allowed] },
    removed,
    scopesUsed,
  }
}

function filterSelections(
  walk: Walk,
  { selections }: SelectionSetNode,
  parent: GraphQLCompositeType,
  path: readonly string[],
): SelectionNode[] {
  return selections.flatMap((selection) => filterSelection(walk, selection, parent, path) ?? [])
}

function filterSelection(
  walk: Walk,
  selection: SelectionNode,
  parent: GraphQLCompositeType,
  path: readonly string[],
): SelectionNode | null {
  if (selection.kind === Kind.FIELD) return filterField(walk, selection, parent, path)
  if (selection.kind === Kind.INLINE_FRAGMENT) {
    const type = selection.typeCondition ? walk.schema.getType(selection.typeCondition.name.value) : parent
    if (!isCompositeType(type)) return null
    const inner = filterSelections(walk, selection.selectionSet, type, path)
    return inner.length === 0 ? null : { ...selection, selectionSet: selectionSet(inner) }
  }
  const fragment = walk.fragments.get(selection.name.value)
  const type = fragment ? walk.schema.getType(fragment.typeCondition.name.value) : undefined
  if (!fragment || !isCompositeType(type)) return null
  const inner = filterSelections(walk, fragment.selectionSet, type, path)
  if (inner.length === 0) return null
  return {
    kind: Kind.INLINE_FRAGMENT,
    typeCondition: fragment.typeCondition,
    ...(selection.directives ? { directives: selection.directives } : {}),
    selectionSet: selectionSet(inner),
  }
}

function filterField(
  walk: Walk,
  node: FieldNode,
  parent: GraphQLCompositeType,
  path: readonly string[],
): FieldNode | null {
  if (node.name.value.startsWith('__')) return node
  const field = isObjectType(parent) || isInterfaceType(parent) ? parent.getFields()[node.name.value] : undefined
  if (!field) return null
  const here = [...path, node.alias?.value ?? node.name.value]
  const demands = requirementsOf(walk.requirements, walk.schema, parent, field)
  if (!demands.every((requirement) => isMet(requirement, walk.caller))) {
    walk.removed.push({ path: here, nullable: !isNonNullType(field.type) })
    return null
  }
  for (const requirement of demands) noteScopes(walk, requirement)
  const type = getNamedType(field.type)
  if (!node.selectionSet || !isCompositeType(type)) return node
  const inner = filterSelections(walk, node.selectionSet, type, here)
  return { ...node, selectionSet: selectionSet(inner.length === 0 ? [TYPENAME] : inner) }
}

function noteScopes({ caller, scopesUsed }: Walk, { scopes }: Requirement): void {
  const list = scopes?.find((all) => all.every((scope) => caller.scopes.has(scope)))
  for (const scope of list ?? []) scopesUsed.add(scope)
}

const selectionSet = (selections: readonly SelectionNode[]): SelectionSetNode => ({
  kind: Kind.SELECTION_SET,
  selections,
})

function unauthorized(caller: Caller, path: readonly string[]): GraphQLError {
  const code: ErrorCode = caller.kind === 'anonymous' ? 'UNAUTHENTICATED' : 'UNAUTHORIZED_FIELD_OR_TYPE'
  return new GraphQLError(ERROR_MESSAGES[code], { path, extensions: { code } })
}
