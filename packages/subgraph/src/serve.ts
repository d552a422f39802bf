import type { IncomingMessage, ServerResponse } from 'node:http'
import { ApolloServer, HeaderMap } from '@apollo/server'
import { ApolloServerPluginCacheControlDisabled } from '@apollo/server/plugin/disabled'
import {
  type Clock,
  CONNECTION_LIMITS,
  type ConnectionLimits,
  checkService,
  closeHttp,
  contextOf,
  type DependencyState,
  Fault,
  inSpan,
  type Logger,
  listenHttp,
  stateOf,
  type Tls,
  type Verifier,
  withDatabaseTime,
} from '@corridor/platform'
import { SpanKind } from '@opentelemetry/api'
import type { GraphQLSchema } from 'graphql'
import { callOf } from './authorization.ts'
import type { SubgraphContext } from './context.ts'
import { toClientError } from './errors.ts'
import { BodyTooLarge, type HttpReply, type HttpRequest, jsonReply, readBody, reply } from './http.ts'
import { serveSubscriptions } from './serve-subscriptions.ts'

export type SubgraphName = 'forex' | 'ledger' | 'payment' | 'profile' | 'rule-engine' | 'wallet'

export interface Subgraph {
  readonly name: SubgraphName
  readonly schema: GraphQLSchema
  /** What it depends on beside databases, whose pools tell of themselves; each asked now. */
  ready?(): Promise<readonly DependencyState[]>
  close(): Promise<void>
}

export interface ServeOptions {
  readonly port: number
  readonly verifier: Verifier
  readonly logger: Logger
  readonly clock: Clock
  /** Loopback by default; containers listen on all addresses. */
  readonly host?: string
  /** Mutual TLS, by which callers show a certificate of the same authority; undefined: plain HTTP, for loopback. */
  readonly tls?: Tls | undefined
  readonly limits?: Partial<ConnectionLimits>
  /** Further routes by "METHOD /path"; a path that ends in `/*` takes all below it. They check their callers themselves. */
  readonly routes?: Readonly<Record<string, (request: HttpRequest & { path: string }) => Promise<HttpReply>>>
}

export interface RunningServer {
  readonly port: number
  readonly url: string
  close(): Promise<void>
}

const SERVER_TIMING = 'server-timing'
const DATABASE_TIMING = 'db;dur='
/** A batch of 1,000 journals of 16 transfers fits; only the router and services reach this. */
const MAX_BODY_BYTES = 16 * 1024 * 1024

/** Serves a subgraph: POST and WebSocket on /graphql to internal tokens alone, GET /health and /ready to anybody. */
export async function serveSubgraph(subgraph: Subgraph, options: ServeOptions): Promise<RunningServer> {
  const { logger, verifier, clock, routes = {} } = options
  const apollo = new ApolloServer<SubgraphContext>({
    schema: subgraph.schema,
    csrfPrevention: false, // A token in a header that no browser adds by itself is demanded anyway.
    persistedQueries: false,
    // Nobody caches what a subgraph answers; the plugin would look at every field of every answer.
    plugins: [ApolloServerPluginCacheControlDisabled()],
    introspection: false,
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    formatError: (formatted, error) => toClientError(formatted, error, logger),
    stringifyResult: (value) => JSON.stringify(value),
    logger: {
      debug: () => undefined,
      info: () => undefined,
      warn: (m) => logger.warn(m),
      error: (m) => logger.error(m),
    },
  })
  await apollo.start()

  const respond = async (request: IncomingMessage): Promise<HttpReply> => {
    const path = (request.url ?? '/').split('?', 1)[0] ?? '/'
    const route = `${request.method} ${path}`
    if (route === 'GET /health') return jsonReply(200, { status: 'ok', service: subgraph.name })
    if (route === 'GET /ready') return readiness(await readyOf(subgraph))
    if (route === 'POST /graphql')
      return traced(subgraph.name, route, request, () => timed(() => graphql({ request, apollo, verifier })))
    const pattern = route in routes ? route : `${route.slice(0, route.lastIndexOf('/'))}/*`
    const own = routes[pattern]
    if (own) {
      const call = async () => own({ path, headers: request.headers, body: await readBody(request, MAX_BODY_BYTES) })
      return request.method === 'POST' ? traced(subgraph.name, pattern, request, call) : call()
    }
    return errorReply(404, 'NOT_FOUND', 'There is nothing here.')
  }
  const { server, port } = await listenHttp(
    (request, response) => void answer({ request, response, respond, logger }),
    {
      port: options.port,
      host: options.host ?? '127.0.0.1',
      limits: { ...CONNECTION_LIMITS, ...options.limits },
      tls: options.tls && { ...options.tls, requestCert: true, rejectUnauthorized: true },
    },
  )
  const sockets = serveSubscriptions({
    server,
    service: `${subgraph.name}-service`,
    schema: subgraph.schema,
    verifier,
    logger,
    clock,
  })
  return {
    port,
    url: `${options.tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}/graphql`,
    async close() {
      await sockets.close()
      await closeHttp(server)
      await apollo.stop()
    },
  }
}

async function answer(input: {
  request: IncomingMessage
  response: ServerResponse
  respond: (request: IncomingMessage) => Promise<HttpReply>
  logger: Logger
}): Promise<void> {
  const { request, response, respond, logger } = input
  try {
    await reply(response, await respond(request))
  } catch (error) {
    if (request.destroyed && !request.complete) return // The client left before its request was whole.
    if (response.headersSent) return brokenOff(error, logger)
    if (error instanceof BodyTooLarge) return reply(response, errorReply(413, 'BAD_USER_INPUT', error.message))
    logger.error({ error }, 'request failed')
    const code = error instanceof Fault ? error.code : 'INTERNAL_SERVER_ERROR'
    await reply(response, errorReply(error instanceof Fault ? 503 : 500, code, 'The request could not be answered.'))
  }
}

/** An answer that ended in its middle: the connection is cut, so that nobody takes the part for the whole. */
function brokenOff(error: unknown, logger: Logger): void {
  if (error instanceof Error && 'code' in error && error.code === 'ERR_STREAM_PREMATURE_CLOSE') return // The client left.
  logger.error({ error }, 'an answer was broken off')
}

/** The request's span, part of the caller's trace. */
const traced = (
  name: SubgraphName,
  route: string,
  { headers }: IncomingMessage,
  work: () => Promise<HttpReply>,
): Promise<HttpReply> => {
  const { traceparent } = headers
  const parent = contextOf(typeof traceparent === 'string' ? traceparent : null)
  return inSpan({ service: `${name}-service`, name: route, kind: SpanKind.SERVER, parent }, async (span) => {
    const reply = await work()
    span.setAttribute('http.response.status_code', reply.status)
    return reply
  })
}

/** Says in the answer how long the statements behind it took (W3C Server Timing), for the router to sum up. */
async function timed(work: () => Promise<HttpReply>): Promise<HttpReply> {
  const { value, databaseMs } = await withDatabaseTime(work)
  return { ...value, headers: { ...value.headers, [SERVER_TIMING]: `${DATABASE_TIMING}${databaseMs.toFixed(1)}` } }
}

async function graphql(input: {
  request: IncomingMessage
  apollo: ApolloServer<SubgraphContext>
  verifier: Verifier
}): Promise<HttpReply> {
  const { request, apollo, verifier } = input
  const call = await callOf(request.headers.authorization, verifier)
  if (!call) return errorReply(401, 'UNAUTHENTICATED', 'Only the router and services of the platform may call this.')
  const body = parseJson(await readBody(request, MAX_BODY_BYTES))
  if (body === undefined) return errorReply(400, 'BAD_REQUEST', 'The body is no JSON.')
  const answered = await apollo.executeHTTPGraphQLRequest({
    httpGraphQLRequest: { method: 'POST', headers: headersOf(request), search: '', body },
    context: async () => call,
  })
  if (answered.body.kind !== 'complete')
    return errorReply(500, 'INTERNAL_SERVER_ERROR', 'Incremental delivery is not offered.')
  return { status: answered.status ?? 200, headers: Object.fromEntries(answered.headers), body: answered.body.string }
}

function headersOf(request: IncomingMessage): HeaderMap {
  const headers = new HeaderMap()
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(', ') : value)
  }
  return headers
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    // Answered as 400 by the caller.
    return undefined
  }
}

async function readyOf(subgraph: Subgraph): Promise<readonly DependencyState[]> {
  const asked = await Promise.all([subgraph.ready?.() ?? [], checkService(`${subgraph.name}-service`)])
  return asked.flat()
}

function readiness(dependencies: readonly DependencyState[]): HttpReply {
  const status = stateOf(dependencies)
  return jsonReply(status === 'down' ? 503 : 200, { status, dependencies })
}

const errorReply = (status: number, code: string, message: string): HttpReply =>
  jsonReply(status, { errors: [{ message, extensions: { code } }] })
