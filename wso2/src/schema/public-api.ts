import { ROUTER_SUPPORTED_SUPERGRAPH_FEATURES, Supergraph } from '@apollo/federation-internals'
import {
  type ConstDirectiveNode,
  type DocumentNode,
  type GraphQLSchema,
  isInputObjectType,
  Kind,
  type ObjectTypeDefinitionNode,
  parse,
  printSchema,
} from 'graphql'

export type Verb = 'QUERY' | 'MUTATION' | 'SUBSCRIPTION'

/** A root field as API Manager knows it. */
export interface Operation {
  readonly target: string
  readonly verb: Verb
  /** Whether it needs a token. */
  readonly isPublic: boolean
  /** Any of them opens it at the gateway. The router demands exactly what the schema says, also all of several. */
  readonly scopes: readonly string[]
}

/** What of the composed schema is published. */
export interface PublicApi {
  readonly schema: GraphQLSchema
  /** Without federation's machinery and without directives: both graphql-java and graphql-js read it. */
  readonly sdl: string
  readonly operations: readonly Operation[]
}

const VERBS: readonly (readonly [root: string, verb: Verb])[] = [
  ['Query', 'QUERY'],
  ['Mutation', 'MUTATION'],
  ['Subscription', 'SUBSCRIPTION'],
]
/** Whoever has no account yet has no token. Nothing else may be reached without one. */
const MAY_BE_PUBLIC = new Set(['registerProfile'])
/** API Manager builds GraphQL names from these; other characters have made invalid schemas of it. */
const SCOPE = /^[A-Za-z0-9_:.-]+$/

/**
 * Reads what is to be published from the composed schema; nothing is listed by hand.
 *
 * @throws Error when a root field but `registerProfile` would be public, or a scope's name is one that API Manager
 *   cannot keep.
 */
export function readPublicApi(supergraphSdl: string): PublicApi {
  const supergraph = Supergraph.build(supergraphSdl, { supportedFeatures: ROUTER_SUPPORTED_SUPERGRAPH_FEATURES })
  const schema = supergraph.apiSchema().toGraphQLJSSchema()
  refuseOneOf(schema)
  const operations = operationsOf(schema, parse(supergraphSdl, { noLocation: true }))
  const open = operations.filter(({ isPublic, target }) => isPublic && !MAY_BE_PUBLIC.has(target))
  if (open.length > 0) {
    throw new Error(
      `Would be open to everybody: ${open.map(({ target }) => target).join(', ')}. Nothing was published.`,
    )
  }
  return { schema, sdl: `${printSchema(schema)}\n`, operations }
}

function operationsOf(schema: GraphQLSchema, document: DocumentNode): Operation[] {
  const published = {
    Query: schema.getQueryType(),
    Mutation: schema.getMutationType(),
    Subscription: schema.getSubscriptionType(),
  }
  return VERBS.flatMap(([root, verb]) => {
    const fields = published[root as keyof typeof published]?.getFields() ?? {} // The roots of VERBS are its keys.
    const definition = document.definitions.find(
      (node): node is ObjectTypeDefinitionNode => node.kind === Kind.OBJECT_TYPE_DEFINITION && node.name.value === root,
    )
    return (definition?.fields ?? [])
      .filter(({ name }) => fields[name.value] !== undefined)
      .map(({ name, directives = [] }) => ({ target: name.value, verb, ...protectionOf(name.value, directives) }))
  })
}

function protectionOf(
  field: string,
  directives: readonly ConstDirectiveNode[],
): Pick<Operation, 'isPublic' | 'scopes'> {
  const named = (name: string) => directives.find((directive) => directive.name.value === name)
  const scopes = scopesOf(named('requiresScopes'))
  for (const scope of scopes) {
    if (!SCOPE.test(scope)) throw new Error(`${field}: API Manager cannot keep a scope named ${scope}.`)
  }
  return { scopes, isPublic: scopes.length === 0 && named('authenticated') === undefined }
}

/** All scopes of `@requiresScopes(scopes: [["a"], ["b", "c"]])`, each once. */
function scopesOf(directive: ConstDirectiveNode | undefined): string[] {
  const value = directive?.arguments?.find(({ name }) => name.value === 'scopes')?.value
  if (value?.kind !== Kind.LIST) return []
  const found = value.values.flatMap((all) => (all.kind === Kind.LIST ? all.values : []))
  return [...new Set(found.flatMap((scope) => (scope.kind === Kind.STRING ? [scope.value] : [])))]
}

/** graphql-java 19 has no `@oneOf`, which graphql-js would print. */
function refuseOneOf(schema: GraphQLSchema): void {
  for (const type of Object.values(schema.getTypeMap())) {
    if (isInputObjectType(type) && type.isOneOf)
      throw new Error(`${type.name} is @oneOf, which API Manager cannot read.`)
  }
}
