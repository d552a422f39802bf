import {
  type ConstDirectiveNode,
  type InterfaceTypeDefinitionNode,
  isTypeDefinitionNode,
  Kind,
  type ObjectTypeDefinitionNode,
  parse,
  type TypeDefinitionNode,
  type TypeNode,
  valueFromASTUntyped,
} from 'graphql'

export type Operation = 'Query' | 'Mutation' | 'Subscription'
export const OPERATIONS: readonly Operation[] = ['Query', 'Mutation', 'Subscription']

/** A field that clients can ask for, with what the supergraph says of it. */
export interface ApiField {
  /** `Wallet.balance`. */
  readonly coordinate: string
  readonly parent: string
  readonly name: string
  /** The named type inside lists and non-nulls. */
  readonly returns: string
  readonly nullable: boolean
  /** Any of the inner lists, all within one; undefined where no scope is asked for. */
  readonly scopes: readonly (readonly string[])[] | undefined
  /** Whether a token is asked for, with or without a scope. */
  readonly guarded: boolean
  /** The subgraphs that supply it, by their names in `join__Graph`. */
  readonly graphs: readonly string[]
}

/** The public part of a supergraph: what is `@inaccessible`, and federation's own, is left out. */
export interface SupergraphModel {
  /** By type, objects and interfaces alike. */
  readonly fields: ReadonlyMap<string, readonly ApiField[]>
  /** Of an interface or a union: the object types it may be. */
  readonly possibleTypes: ReadonlyMap<string, readonly string[]>
}

type TypeWithFields = ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode
type Directives = readonly ConstDirectiveNode[]

/** Reads a composed supergraph's SDL. */
export function readSupergraph(sdl: string): SupergraphModel {
  const types = parse(sdl, { noLocation: true }).definitions.filter(isTypeDefinitionNode)
  const guards = new Map(types.map((type) => [type.name.value, type.directives ?? []]))
  const open = types.filter(isTypeWithFields).filter((type) => !has(type, 'inaccessible'))
  const fields = new Map(open.map((type) => [type.name.value, fieldsOf(type, guards)]))
  const possibleTypes = new Map<string, string[]>()
  for (const [abstract, object] of types.flatMap(possibilities)) {
    possibleTypes.set(abstract, [...(possibleTypes.get(abstract) ?? []), object])
  }
  return { fields, possibleTypes }
}

function possibilities(type: TypeDefinitionNode): [abstract: string, object: string][] {
  const name = type.name.value
  if (type.kind === Kind.UNION_TYPE_DEFINITION) return (type.types ?? []).map((member) => [name, member.name.value])
  if (type.kind !== Kind.OBJECT_TYPE_DEFINITION) return []
  return (type.interfaces ?? []).map((abstract) => [abstract.name.value, name])
}

/** Every type that an operation of this kind can come to, its root type left out. */
export function typesReachedFrom(
  operation: Operation,
  { fields, possibleTypes }: SupergraphModel,
): ReadonlySet<string> {
  const reached = new Set<string>()
  const waiting = (fields.get(operation) ?? []).map(({ returns }) => returns)
  for (let type = waiting.pop(); type !== undefined; type = waiting.pop()) {
    if (reached.has(type)) continue
    reached.add(type)
    waiting.push(...(fields.get(type) ?? []).map(({ returns }) => returns), ...(possibleTypes.get(type) ?? []))
  }
  return reached
}

function fieldsOf(type: TypeWithFields, guards: ReadonlyMap<string, Directives>): ApiField[] {
  const own = graphsOf(type.directives ?? [], 'join__type')
  return (type.fields ?? [])
    .filter((field) => !has(field, 'inaccessible'))
    .map((field) => {
      const returns = namedType(field.type)
      const directives = [...(field.directives ?? []), ...(guards.get(returns) ?? [])]
      const scopes = scopesOf(directives)
      const graphs = graphsOf(field.directives ?? [], 'join__field')
      return {
        coordinate: `${type.name.value}.${field.name.value}`,
        parent: type.name.value,
        name: field.name.value,
        returns,
        nullable: field.type.kind !== Kind.NON_NULL_TYPE,
        scopes,
        guarded: scopes !== undefined || directives.some(({ name }) => name.value === 'authenticated'),
        graphs: graphs.length > 0 ? graphs : own,
      }
    })
}

/** Of several `@requiresScopes`, on a field and on its type, all must be met: their lists are joined pair by pair. */
function scopesOf(directives: Directives): readonly (readonly string[])[] | undefined {
  const requirements = directives
    .filter(({ name }) => name.value === 'requiresScopes')
    .map((directive) => argumentOf(directive, 'scopes') as string[][]) // So the directive's definition types it.
  if (requirements.length === 0) return undefined
  return requirements.reduce((all, lists) => all.flatMap((left) => lists.map((right) => [...left, ...right])), [[]])
}

/** The graphs that supply, not those that only need: `external: true` names one that does not. */
const graphsOf = (directives: Directives, name: string): string[] => [
  ...new Set(
    directives
      .filter((directive) => directive.name.value === name && argumentOf(directive, 'external') !== true)
      .map((directive) => argumentOf(directive, 'graph'))
      .filter((graph) => typeof graph === 'string'),
  ),
]

function argumentOf(directive: ConstDirectiveNode, name: string): unknown {
  const argument = directive.arguments?.find((candidate) => candidate.name.value === name)
  return argument && valueFromASTUntyped(argument.value)
}

const namedType = (type: TypeNode): string => (type.kind === Kind.NAMED_TYPE ? type.name.value : namedType(type.type))

const has = ({ directives }: { readonly directives?: Directives }, name: string): boolean =>
  directives?.some((directive) => directive.name.value === name) ?? false

const isTypeWithFields = (type: TypeDefinitionNode): type is TypeWithFields =>
  type.kind === Kind.OBJECT_TYPE_DEFINITION || type.kind === Kind.INTERFACE_TYPE_DEFINITION
