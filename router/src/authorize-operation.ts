import type { Caller } from '@corridor/platform'
import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type GraphQLError,
  type GraphQLSchema,
  getNamedType,
  isCompositeType,
  isInterfaceType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  SchemaMetaFieldDef,
  type SelectionNode,
  type SelectionSetNode,
  TypeMetaFieldDef,
} from 'graphql'
import { fragmentsOf } from './complexity.ts'
import { isMet, type Permissions, type Requirement, type Requirements, requirementsOf } from './requirements.ts'
import { unauthorized } from './unauthorized.ts'

export type Authorized =
  | { readonly kind: 'refused'; readonly error: GraphQLError }
  | {
      readonly kind: 'allowed'
      /** What may run, fragments written out; null when nothing is left of it. */
      readonly document: DocumentNode | null
      /** Fields of the document as it was, wherever a fragment brings them. */
      readonly removed: ReadonlySet<FieldNode>
      /** The scopes that opened the fields that are left. */
      readonly scopesUsed: ReadonlySet<string>
    }

interface Walk {
  readonly schema: GraphQLSchema
  readonly requirements: Requirements
  readonly caller: Caller
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>
  readonly removed: Set<FieldNode>
  refusedRoot: readonly string[] | null
  readonly scopesUsed: Set<string>
}

/** Selected where all else was refused: the object itself may be seen, and whether it exists must be asked. */
const TYPENAME: FieldNode = { kind: Kind.FIELD, name: { kind: Kind.NAME, value: '__typename' } }

/** Introspection, which the router answers itself: no plan is made for it. */
const FROM_THE_SCHEMA: ReadonlySet<string> = new Set([SchemaMetaFieldDef.name, TypeMetaFieldDef.name])

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
    removed: new Set(),
    refusedRoot: null,
    scopesUsed: new Set(),
  }
  const root = schema.getRootType(operation.operation)
  if (!root) return { kind: 'refused', error: unauthorized(caller, []) }
  const selections = filterSelections(walk, operation.selectionSet, root, [])
  if (walk.refusedRoot && operation.operation !== 'query') {
    return { kind: 'refused', error: unauthorized(caller, walk.refusedRoot) }
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
  if (FROM_THE_SCHEMA.has(node.name.value)) return null
  if (node.name.value.startsWith('__')) return node
  const field = isObjectType(parent) || isInterfaceType(parent) ? parent.getFields()[node.name.value] : undefined
  if (!field) return null
  const here = [...path, node.alias?.value ?? node.name.value]
  const demands = requirementsOf(walk.requirements, walk.schema, parent, field)
  if (!demands.every((requirement) => isMet(requirement, walk.caller))) {
    walk.removed.add(node)
    if (here.length === 1) walk.refusedRoot ??= here
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

/** All that the fields of an operation demand, as bits: who holds them need not be judged field by field. */
export function demandsOf(input: {
  schema: GraphQLSchema
  requirements: Requirements
  permissions: Permissions
  document: DocumentNode
  operation: OperationDefinitionNode
}): bigint {
  const { schema, requirements, permissions, document, operation } = input
  const fragments = fragmentsOf(document)
  const seen = new Set<string>()
  let demands = 0n
  const visit = ({ selections }: SelectionSetNode, parent: unknown): void => {
    if (!isCompositeType(parent)) return
    for (const selection of selections) {
      if (selection.kind === Kind.FIELD) visitField(selection, parent)
      else if (selection.kind === Kind.INLINE_FRAGMENT) {
        const { typeCondition } = selection
        visit(selection.selectionSet, typeCondition ? schema.getType(typeCondition.name.value) : parent)
      } else visitFragment(selection.name.value)
    }
  }
  const visitFragment = (name: string): void => {
    const fragment = fragments.get(name)
    if (!fragment || seen.has(name)) return
    seen.add(name)
    visit(fragment.selectionSet, schema.getType(fragment.typeCondition.name.value))
  }
  const visitField = (node: FieldNode, parent: GraphQLCompositeType): void => {
    const field = isObjectType(parent) || isInterfaceType(parent) ? parent.getFields()[node.name.value] : undefined
    if (!field) return
    for (const requirement of requirementsOf(requirements, schema, parent, field)) {
      demands |= permissions.namedBy(requirement)
    }
    if (node.selectionSet) visit(node.selectionSet, getNamedType(field.type))
  }
  visit(operation.selectionSet, schema.getRootType(operation.operation))
  return demands
}
