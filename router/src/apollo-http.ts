import type { IncomingMessage } from 'node:http'
import { ApolloServer, HeaderMap } from '@apollo/server'
import {
  ApolloServerPluginLandingPageLocalDefault,
  ApolloServerPluginLandingPageProductionDefault,
} from '@apollo/server/plugin/landingPage/default'
import type { Logger } from '@corridor/platform'
import { GraphQLError, type GraphQLSchema } from 'graphql'
import { toClientError, withTrace } from './client-errors.ts'
import type { RouterContext } from './context.ts'
import { createGateway, type GatewayExecutor } from './gateway.ts'
import { errorReply, type Reply } from './http.ts'
import type { RouterLimits } from './limits.ts'
import type { Executed, OperationExecutor } from './operation-executor.ts'

export interface ApolloHttpOptions {
  readonly supergraphSdl: string
  /** The executor of the supergraph of now. */
  readonly executor: () => OperationExecutor
  readonly limits: RouterLimits
  readonly logger: Logger
  readonly production: boolean
  readonly introspection: boolean
}

/** What a request asks, in its body or in its URL. */
export interface Asked {
  readonly body?: unknown
  /** From the question mark on; empty without one. */
  readonly search: string
}

export interface ApolloHttp {
  answer(request: IncomingMessage, asked: Asked, context: RouterContext): Promise<Reply>
  /** Takes another schema, with the text of the supergraph that it was read from. */
  replace(schema: GraphQLSchema, supergraphSdl: string): void
  close(): Promise<void>
}

/** A client that comes later sends the whole document once more. */
const PERSISTED_SECONDS = 24 * 60 * 60

/** JSON that is written already, on its way through Apollo Server. */
class JsonText {
  constructor(readonly text: string) {}
}

/**
 * GraphQL over HTTP by Apollo Server, in front of our executor: every kind of request, and for every document the
 * first.
 */
export async function createApolloHttp(options: ApolloHttpOptions): Promise<ApolloHttp> {
  const { executor, limits, logger, production, introspection } = options
  const apolloLogger = quiet(logger)
  const execute: GatewayExecutor = async ({ source, request, context }) =>
    toApollo(
      await executor().execute({
        text: source,
        operationName: request.operationName,
        variables: request.variables ?? {},
        context: context as unknown as RouterContext, // Given to every operation below.
      }),
    )
  const gateway = createGateway({ supergraphSdl: options.supergraphSdl, executor: execute, logger: apolloLogger })
  const apollo = new ApolloServer<RouterContext>({
    gateway,
    persistedQueries: { ttl: PERSISTED_SECONDS },
    introspection,
    includeStacktraceInErrorResponses: false,
    hideSchemaDetailsFromClientErrors: !introspection,
    stopOnTerminationSignals: false,
    parseOptions: { maxTokens: limits.tokens },
    nodeEnv: production ? 'production' : 'development',
    formatError: (formatted) => toClientError(formatted, logger),
    stringifyResult,
    logger: apolloLogger,
    plugins: [
      production
        ? ApolloServerPluginLandingPageProductionDefault({ footer: false })
        : ApolloServerPluginLandingPageLocalDefault({ embed: true, footer: false }),
      {
        // Errors of every stage pass here last, and only here is the operation's trace known.
        async requestDidStart({ contextValue }) {
          return {
            async willSendResponse({ response }) {
              if (response.body.kind !== 'single' || !response.body.singleResult.errors) return
              const { traceId } = contextValue.trace
              const errors = response.body.singleResult.errors.map((error) => withTrace(error, traceId))
              response.body.singleResult = { ...response.body.singleResult, errors }
            },
          }
        },
      },
    ],
  })
  await apollo.start()

  return {
    async answer(request, { body, search }, context) {
      const answered = await apollo.executeHTTPGraphQLRequest({
        httpGraphQLRequest: {
          method: request.method ?? 'GET',
          headers: headersOf(request),
          search,
          body,
        },
        context: async () => context,
      })
      if (answered.body.kind !== 'complete') {
        return errorReply(500, 'INTERNAL_SERVER_ERROR', 'Not offered.', context.trace.traceId)
      }
      const headers = Object.fromEntries(answered.headers)
      return { status: answered.status ?? 200, headers, body: answered.body.string }
    },
    replace: (schema, sdl) => gateway.replace(schema, sdl),
    close: () => apollo.stop(),
  }
}

function toApollo({ data, errors, valueCompletion }: Executed): Awaited<ReturnType<GatewayExecutor>> {
  const raised = errors.map(
    ({ message, path, extensions }) =>
      new GraphQLError(message, { ...(path ? { path } : {}), ...(extensions ? { extensions } : {}) }),
  )
  return {
    // Apollo Server hands it from here to `stringifyResult` without looking into it.
    ...(data === undefined ? {} : { data: new JsonText(data) as unknown as Record<string, unknown> }),
    ...(raised.length === 0 ? {} : { errors: raised }),
    ...(valueCompletion === undefined ? {} : { extensions: { valueCompletion } }),
  }
}

function stringifyResult(result: object): string {
  const parts = Object.entries(result).flatMap(([name, value]: [string, unknown]) => {
    const text = value instanceof JsonText ? value.text : JSON.stringify(value)
    return text === undefined ? [] : [`${JSON.stringify(name)}:${text}`]
  })
  return `{${parts.join()}}`
}

const quiet = (logger: Logger) => ({
  debug: () => undefined,
  info: () => undefined,
  warn: (message?: unknown) => logger.warn(String(message)),
  error: (message?: unknown) => logger.error(String(message)),
})

function headersOf({ headers }: IncomingMessage): HeaderMap {
  const map = new HeaderMap()
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) map.set(name, Array.isArray(value) ? value.join(', ') : value)
  }
  return map
}

export function searchOf({ url = '/' }: IncomingMessage): string {
  const start = url.indexOf('?')
  return start < 0 ? '' : url.slice(start)
}
