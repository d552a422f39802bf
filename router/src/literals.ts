import {
  type ASTVisitor,
  type DocumentNode,
  GraphQLError,
  type GraphQLInputType,
  getNullableType,
  isScalarType,
  Kind,
  type ListValueNode,
  type ObjectValueNode,
  type ValidationContext,
  visit,
} from 'graphql'

/** Scalars that take lists and objects as they are. */
const TAKES_ANYTHING = /^JSON/

/** How deep lists and objects stand within one another in the values of a document. */
export function literalDepth(document: DocumentNode): number {
  let deepest = 0
  let depth = 0
  const enter = (): void => {
    depth += 1
    deepest = Math.max(deepest, depth)
  }
  const leave = (): void => {
    depth -= 1
  }
  visit(document, { ListValue: { enter, leave }, ObjectValue: { enter, leave } })
  return deepest
}

/**
 * A list or an object is no value of a scalar. The composed schema knows nothing of how scalars are read, and would let
 * it through to the planner.
 */
export function LiteralsOfScalarsRule(context: ValidationContext): ASTVisitor {
  const judge = (type: GraphQLInputType | null | undefined, node: ListValueNode | ObjectValueNode): void => {
    const expected = getNullableType(type)
    if (!isScalarType(expected) || TAKES_ANYTHING.test(expected.name)) return
    const found = node.kind === Kind.LIST ? 'a list' : 'an object'
    context.reportError(
      new GraphQLError(`Expected a value of type "${expected.name}", found ${found}.`, { nodes: node }),
    )
  }
  return {
    // Within a list the type is already that of its items.
    ListValue: (node) => judge(context.getParentInputType(), node),
    ObjectValue: (node) => judge(context.getInputType(), node),
  }
}
