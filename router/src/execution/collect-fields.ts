import {
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type GraphQLSchema,
  isAbstractType,
  isInterfaceType,
  isObjectType,
  Kind,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql'

/** One `@skip` or `@include`: what its argument must be for the selection to count. */
export interface Condition {
  readonly wanted: boolean
  /** A variable's name, or the value itself. */
  readonly of: string | boolean
}

/** A selection with the conditions of all that it stands in; all of them must hold. */
export interface Conditional<Node> {
  readonly node: Node
  readonly conditions: readonly Condition[]
}

export type Selections = readonly Conditional<SelectionSetNode>[]
export type Fragments = ReadonlyMap<string, FragmentDefinitionNode>

/** The fields that `selections` ask of a type, by response name in the order of the answer. */
export function collectFields(input: {
  schema: GraphQLSchema
  fragments: Fragments
  type: GraphQLCompositeType
  selections: Selections
}): ReadonlyMap<string, readonly Conditional<FieldNode>[]> {
  const { schema, fragments, type } = input
  const fields = new Map<string, Conditional<FieldNode>[]>()
  const addAll = ({ node, conditions }: Conditional<SelectionSetNode>): void => {
    for (const selection of node.selections) add(selection, [...conditions, ...conditionsOf(selection)])
  }
  const add = (selection: SelectionNode, conditions: readonly Condition[]): void => {
    if (conditions.some(({ of, wanted }) => typeof of === 'boolean' && of !== wanted)) return
    if (selection.kind === Kind.FIELD) {
      const name = selection.alias?.value ?? selection.name.value
      const known = fields.get(name)
      if (known) known.push({ node: selection, conditions })
      else fields.set(name, [{ node: selection, conditions }])
      return
    }
    const fragment = selection.kind === Kind.FRAGMENT_SPREAD ? fragments.get(selection.name.value) : selection
    if (fragment && isOf(schema, type, fragment.typeCondition?.name.value)) {
      addAll({ node: fragment.selectionSet, conditions })
    }
  }
  for (const selection of input.selections) addAll(selection)
  return fields
}

function isOf(schema: GraphQLSchema, type: GraphQLCompositeType, condition: string | undefined): boolean {
  if (condition === undefined || condition === type.name) return true
  const wanted = schema.getType(condition)
  return isAbstractType(wanted) && (isObjectType(type) || isInterfaceType(type)) && schema.isSubType(wanted, type)
}

function conditionsOf({ directives = [] }: SelectionNode): readonly Condition[] {
  return directives.flatMap(({ name, arguments: given = [] }): Condition[] => {
    if (name.value !== 'skip' && name.value !== 'include') return []
    const value = given.find((argument) => argument.name.value === 'if')?.value
    const wanted = name.value === 'include'
    if (value?.kind === Kind.VARIABLE) return [{ wanted, of: value.name.value }]
    return value?.kind === Kind.BOOLEAN ? [{ wanted, of: value.value }] : []
  })
}
