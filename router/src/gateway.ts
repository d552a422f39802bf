import { ApolloGateway } from '@apollo/gateway'
import { type ConstDirectiveNode, type GraphQLSchema, Kind, parse, print, visit } from 'graphql'
import { silenceApolloTelemetry } from './apollo-telemetry.ts'
import { argumentsOf } from './directive-names.ts'

type Loaded = Awaited<ReturnType<ApolloGateway['load']>>
type SchemaListener = Parameters<ApolloGateway['onSchemaLoadOrUpdate']>[0]
export type GatewayExecutor = Loaded['executor']

export interface RouterGateway extends ApolloGateway {
  /** Tells of another supergraph, that was read already: to read it once more here would take as long again. */
  replace(apiSchema: GraphQLSchema, supergraphSdl: string): void
}

interface GatewayLogger {
  debug(message?: unknown): void
  info(message?: unknown): void
  warn(message?: unknown): void
  error(message?: unknown): void
}

/** Directives of the specifications that the router enforces itself, and that Apollo's gateway refuses to ignore. */
const ENFORCED = /\/(authenticated|requiresScopes)\/v[\d.]+$/

/** Apollo's gateway with an executor of our own: it keeps the supergraph, and tells Apollo Server of every new one. */
export function createGateway(input: {
  supergraphSdl: string
  executor: GatewayExecutor
  logger: GatewayLogger
}): RouterGateway {
  silenceApolloTelemetry()
  const { supergraphSdl, executor, logger } = input

  class Gateway extends ApolloGateway implements RouterGateway {
    readonly #listeners = new Set<SchemaListener>()

    constructor() {
      super({
        supergraphSdl: withoutPurpose(supergraphSdl),
        // Asked for by the gateway for each subgraph; our executor has connections of its own.
        buildService: ({ name }) => ({
          process: () => Promise.reject(new Error(`subgraph ${name} is asked by the router's own executor alone`)),
        }),
        logger,
      })
    }

    override async load(options?: Parameters<ApolloGateway['load']>[0]): Promise<Loaded> {
      const { schema } = await super.load(options)
      return { schema, executor }
    }

    override onSchemaLoadOrUpdate(listener: SchemaListener): () => void {
      const unsubscribe = super.onSchemaLoadOrUpdate(listener)
      this.#listeners.add(listener)
      return () => {
        this.#listeners.delete(listener)
        unsubscribe()
      }
    }

    replace(apiSchema: GraphQLSchema, coreSupergraphSdl: string): void {
      for (const tell of this.#listeners) tell({ apiSchema, coreSupergraphSdl })
    }
  }
  return new Gateway()
}

/** The supergraph without `for: SECURITY` at what the router enforces, which the gateway takes for unknown. */
function withoutPurpose(sdl: string): string {
  const document = parse(sdl, { noLocation: true })
  return print(
    visit(document, {
      Directive(node) {
        if (node.name.value !== 'link') return undefined
        const { url } = argumentsOf(node as ConstDirectiveNode) // Of a schema they are constant.
        if (typeof url !== 'string' || !ENFORCED.test(url)) return undefined
        return { ...node, arguments: (node.arguments ?? []).filter(({ name }) => name.value !== 'for') }
      },
      enter(node) {
        // Only the schema's own definition links anything.
        const isLink = node.kind === Kind.DOCUMENT || node.kind === Kind.SCHEMA_DEFINITION
        return isLink || node.kind === Kind.SCHEMA_EXTENSION || node.kind === Kind.DIRECTIVE ? undefined : false
      },
    }),
  )
}
