import { setImmediate } from 'node:timers/promises'
import {
  operationFromDocument,
  ROUTER_SUPPORTED_SUPERGRAPH_FEATURES,
  type Schema,
  Supergraph,
} from '@apollo/federation-internals'
import { type QueryPlan, QueryPlanner } from '@apollo/query-planner'
import { type DocumentNode, type GraphQLSchema, parse } from 'graphql'
import { directiveNames } from './directive-names.ts'
import { TypeIndex } from './execution/type-index.ts'
import { type LiveField, readLiveFields } from './live-fields.ts'
import { Permissions, type Requirements, readRequirements } from './requirements.ts'

/** Everything the router knows of the composed schema, made once from its text. */
export interface SupergraphModel {
  /** What clients see. */
  readonly schema: GraphQLSchema
  /** With what is inaccessible: internal fields and directives. */
  readonly supergraphSchema: GraphQLSchema
  readonly apiSchema: Schema
  /** Kinds of types, inaccessible ones too. */
  readonly types: TypeIndex
  readonly requirements: Requirements
  readonly permissions: Permissions
  /** Subscription fields by name. */
  readonly live: ReadonlyMap<string, LiveField>
  /** Addresses of the subgraphs as composed, by name. */
  readonly routingUrls: ReadonlyMap<string, string>
  /** The plan of a document with one operation. */
  plan(document: DocumentNode): QueryPlan
}

/** Reads a supergraph. Throws when the text is none, or needs a feature that this router does not know. */
export function readSupergraph(sdl: string): SupergraphModel {
  const steps = reading(sdl)
  let step = steps.next()
  while (!step.done) step = steps.next()
  return step.value
}

/** The same a step at a time, between which requests are answered: each takes some tens of milliseconds. */
export async function readSupergraphInSteps(sdl: string): Promise<SupergraphModel> {
  const steps = reading(sdl)
  let step = steps.next()
  while (!step.done) {
    await setImmediate()
    step = steps.next()
  }
  return step.value
}

function* reading(sdl: string): Generator<undefined, SupergraphModel> {
  const supergraph = Supergraph.build(sdl, { supportedFeatures: ROUTER_SUPPORTED_SUPERGRAPH_FEATURES })
  yield
  const apiSchema = supergraph.apiSchema()
  yield
  const planner = new QueryPlanner(supergraph)
  yield
  const supergraphSchema = supergraph.schema.toGraphQLJSSchema()
  yield
  const document = parse(sdl, { noLocation: true })
  const names = directiveNames(document)
  const requirements = readRequirements(document, names)
  return {
    schema: apiSchema.toGraphQLJSSchema(),
    supergraphSchema,
    apiSchema,
    types: new TypeIndex(supergraphSchema),
    requirements,
    permissions: new Permissions(requirements),
    live: readLiveFields(document, names),
    routingUrls: new Map(supergraph.subgraphsMetadata().map(({ name, url }) => [name, url])),
    plan: (operation) => planner.buildQueryPlan(operationFromDocument(apiSchema, operation)),
  }
}
