import { createHash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { ApolloServer, HeaderMap } from '@apollo/server'
import {
  ApolloServerPluginLandingPageLocalDefault,
  ApolloServerPluginLandingPageProductionDefault,
} from '@apollo/server/plugin/landingPage/default'
import { ERROR_MESSAGES, Fault, type Logger, RefusalError } from '@corridor/platform'
import type { Gateway } from './apollo-types.ts'
import { toClientError, withTrace } from './client-errors.ts'
import type { RouterContext } from './context.ts'
import { errorReply, type Reply, readBody } from './http.ts'
import { type Credentials, credentialsOf, type Identity } from './identity.ts'
import type { RouterLimits } from './limits.ts'
import type { OperationExecutor } from './operation-executor.ts'
import type { SupergraphModel } from './supergraph.ts'
import { traceOf } from './trace.ts'

export interface GraphqlHttpOptions {
  readonly supergraph: SupergraphModel
  readonly supergraphSdl: string
  readonly executor: OperationExecutor
  readonly identity: Identity
  readonly limits: RouterLimits
  readonly logger: Logger
  readonly production: boolean
  readonly introspection: boolean
}

export interface GraphqlHttp {
  answer(request: IncomingMessage): Promise<Reply>
  close(): Promise<void>
}

/** Longer keys than any client of ours makes are not handed on. */
const MAX_IDEMPOTENCY_KEY = 255
/** A client that comes later sends the whole document once more. */
const PERSISTED_SECONDS = 24 * 60 * 60
const JSON_TYPE = /^application\/json\s*(;|$)/i

/** GraphQL over HTTP: Apollo Server in front of our executor of Apollo's plans. */
export async function createGraphqlHttp(options: GraphqlHttpOptions): Promise<GraphqlHttp> {
  const { executor, identity, limits, logger, production } = options
  const apollo = new ApolloServer<RouterContext>({
    gateway: gatewayOf(options),
    persistedQueries: { ttl: PERSISTED_SECONDS },
    introspection: options.introspection,
    includeStacktraceInErrorResponses: false,
    hideSchemaDetailsFromClientErrors: !options.introspection,
    stopOnTerminationSignals: false,
    parseOptions: { maxTokens: limits.tokens },
    nodeEnv: production ? 'production' : 'development',
    formatError: (formatted) => toClientError(formatted, logger),
    stringifyResult: (value) => JSON.stringify(value),
    logger: executor.apolloLogger,
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
    async answer(request) {
      const trace = traceOf(request.headers)
      const caller = await identity.authenticate(credentialsOf(request.headers)).catch((error: unknown) => error)
      if (caller instanceof Error) return refusalReply(caller, trace.traceId, logger)
      const body = request.method === 'POST' ? await jsonBody(request, limits) : { value: undefined }
      if ('problem' in body) return errorReply(body.status, 'BAD_REQUEST', body.problem, trace.traceId)
      if (!isOfItsHash(body.value)) {
        return errorReply(400, 'BAD_REQUEST', 'The document is not the one of its hash.', trace.traceId)
      }
      const context: RouterContext = {
        caller: caller as RouterContext['caller'], // Whatever is not an error is what was awaited.
        trace,
        idempotencyKey: idempotencyKeyOf(request),
        signal: AbortSignal.timeout(limits.requestTimeoutMs),
      }
      const {
        status,
        headers,
        body: answer,
      } = await apollo.executeHTTPGraphQLRequest({
        httpGraphQLRequest: {
          method: request.method ?? 'GET',
          headers: headersOf(request),
          search: searchOf(request),
          body: body.value,
        },
        context: async () => context,
      })
      if (answer.kind !== 'complete') return errorReply(500, 'INTERNAL_SERVER_ERROR', 'Not offered.', trace.traceId)
      return { status: status ?? 200, headers: Object.fromEntries(headers), body: answer.string }
    },
    close: () => apollo.stop(),
  }
}

/** What Apollo Server asks of a gateway: the schema to validate against, and who executes. */
function gatewayOf({ supergraph, supergraphSdl, executor }: GraphqlHttpOptions): Gateway {
  return {
    onSchemaLoadOrUpdate(tell) {
      tell({ apiSchema: supergraph.schema, coreSupergraphSdl: supergraphSdl })
      return () => undefined
    },
    load: async () => ({
      executor: ({ document, request, context }) =>
        executor.execute({
          document,
          operationName: request.operationName,
          variables: request.variables ?? {},
          context: context as RouterContext, // Given to every operation above.
        }),
    }),
    stop: async () => undefined,
  }
}

/** 401 for credentials that do not hold, 503 when they could not be judged. */
export function refusalReply(error: Error, traceId: string, logger: Logger): Reply {
  if (error instanceof RefusalError) {
    const refused = errorReply(401, error.code, error.message, traceId)
    return { ...refused, headers: { ...refused.headers, 'www-authenticate': 'Bearer error="invalid_token"' } }
  }
  if (!(error instanceof Fault)) throw error
  logger.warn({ error }, 'a token could not be judged')
  return errorReply(503, error.code, ERROR_MESSAGES[error.code], traceId)
}

export const hasCredentials = ({ authorization, assertion }: Credentials): boolean =>
  authorization !== undefined || assertion !== undefined

async function jsonBody(
  request: IncomingMessage,
  limits: RouterLimits,
): Promise<{ value: unknown } | { status: number; problem: string }> {
  if (!JSON_TYPE.test(request.headers['content-type'] ?? '')) {
    return { status: 415, problem: 'The body must be application/json.' }
  }
  const body = await readBody(request, limits.bodyBytes)
  try {
    return { value: JSON.parse(body.toString('utf8')) }
  } catch {
    // Told to the client as what it is; there is nothing to log.
    return { status: 400, problem: 'The body is no JSON.' }
  }
}

/** Whether a document that is to be persisted is the one that its hash names; otherwise others would run it. */
function isOfItsHash(body: unknown): boolean {
  if (typeof body !== 'object' || body === null || !('query' in body) || !('extensions' in body)) return true
  const { query } = body
  const extensions = body.extensions as { persistedQuery?: { sha256Hash?: unknown } | null } | null // Read by type below.
  const hash = extensions?.persistedQuery?.sha256Hash
  if (typeof query !== 'string' || typeof hash !== 'string') return true
  return createHash('sha256').update(query).digest('hex') === hash
}

function idempotencyKeyOf({ headers }: IncomingMessage): string | null {
  const key = headers['x-idempotency']
  return typeof key === 'string' && key.length > 0 && key.length <= MAX_IDEMPOTENCY_KEY ? key : null
}

function headersOf({ headers }: IncomingMessage): HeaderMap {
  const map = new HeaderMap()
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) map.set(name, Array.isArray(value) ? value.join(', ') : value)
  }
  return map
}

function searchOf({ url = '/' }: IncomingMessage): string {
  const start = url.indexOf('?')
  return start < 0 ? '' : url.slice(start)
}
