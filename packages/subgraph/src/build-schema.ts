import 'reflect-metadata'
import { buildSubgraphSchema } from '@apollo/subgraph'
import { invariant } from '@corridor/platform'
import { printSchemaWithDirectives } from '@graphql-tools/utils'
import { type GraphQLSchema, isObjectType, parse } from 'graphql'
import { buildSchema, createResolversMap, type PubSub } from 'type-graphql'
import type { SubgraphContext } from './context.ts'
import { type FieldRequirement, REQUIREMENT } from './directives.ts'
import { guardFields } from './guard.ts'
import { requestLoader } from './request-loader.ts'
import { rememberInstances } from './subscribe-with.ts'
import { traceFields } from './trace-fields.ts'

const FEDERATION_LINK = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key",
  "@shareable", "@external", "@requires", "@provides", "@inaccessible", "@authenticated", "@requiresScopes", "@composeDirective"])`

const LIVE_LINK = `extend schema @link(url: "https://corridor.dev/live/v1.0", import: ["@live"]) @composeDirective(name: "@live")
directive @live(shared: Boolean! = false, conflateBy: String, cursor: String, after: String, start: String) on FIELD_DEFINITION`

/** Loads entities of one type by id, in the order asked; null for what does not exist or is not the caller's to see. */
export interface Reference {
  load(ids: readonly string[], context: SubgraphContext): Promise<readonly (object | null)[]>
}

export interface FederatedSchemaOptions {
  /** Instances: a resolver gets its use cases by its constructor. */
  readonly resolvers: readonly object[]
  /** Types that no field of this subgraph names. type-graphql keeps its metadata globally: nothing else is taken. */
  readonly orphanedTypes?: readonly (new (
    ...args: never[]
  ) => object)[]
  readonly references?: Readonly<Record<string, Reference>>
}

/** type-graphql asks for one; ours read data by position instead, by each field's own `subscribe`. */
const NO_PUB_SUB: PubSub = {
  publish: () => invariant(false, 'events are read by position, never published here'),
  subscribe: () => invariant(false, 'a subscription field names its own `subscribe`') as never,
}

type Constructor = new (...args: never[]) => object

/**
 * Builds a subgraph's schema from its type-graphql classes. References are loaded in batches, and every field that
 * names scopes or issuers is guarded by them.
 */
export async function buildFederatedSchema(options: FederatedSchemaOptions): Promise<GraphQLSchema> {
  const instances = new Map(options.resolvers.map((instance) => [instance.constructor, instance]))
  const classes = [...instances.keys()] as unknown as [Constructor, ...Constructor[]] // A constructor is what built them.
  const source = await buildSchema({
    resolvers: classes as never, // type-graphql wants a non-empty tuple of functions.
    orphanedTypes: [...(options.orphanedTypes ?? [])] as never,
    container: { get: (resolver) => instances.get(resolver as never) },
    skipCheck: true, // Federation's directives are unknown to graphql-js; composition checks them.
    validate: false, // Input is judged by the use cases.
    pubSub: NO_PUB_SUB,
  })
  const sdl = printSchemaWithDirectives(source)
  const links = /@live\b/.test(sdl) ? `${FEDERATION_LINK}\n${LIVE_LINK}` : FEDERATION_LINK
  const resolvers = createResolversMap(source) as Record<string, Record<string, unknown>>
  for (const [type, reference] of Object.entries(options.references ?? {})) {
    resolvers[type] = { ...resolvers[type], __resolveReference: batched(reference) }
  }
  const schema = buildSubgraphSchema([{ typeDefs: parse(`${links}\n${sdl}`), resolvers: resolvers as never }])
  rememberInstances(schema, instances)
  return traceFields(guardFields(schema, requirementsOf(source)))
}

function batched(reference: Reference): (ref: { id: string }, context: SubgraphContext) => Promise<object | null> {
  const load = requestLoader((ids, context) => reference.load(ids, context))
  return ({ id }, context) => load(id, context)
}

function requirementsOf(source: GraphQLSchema): ReadonlyMap<string, FieldRequirement> {
  const requirements = new Map<string, FieldRequirement>()
  for (const type of Object.values(source.getTypeMap())) {
    if (!isObjectType(type)) continue
    for (const field of Object.values(type.getFields())) {
      const requirement = field.extensions[REQUIREMENT] as FieldRequirement | undefined // Written by our decorators alone.
      if (requirement) requirements.set(`${type.name}.${field.name}`, requirement)
    }
  }
  return requirements
}
