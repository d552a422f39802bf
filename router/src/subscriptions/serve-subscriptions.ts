import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { type Caller, type Clock, ERROR_MESSAGES, type Logger, RefusalError, refuse } from '@corridor/platform'
import {
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  GraphQLError,
  NoSchemaIntrospectionCustomRule,
  parse,
  specifiedRules,
  validate,
} from 'graphql'
import { CloseCode, type Context, GRAPHQL_TRANSPORT_WS_PROTOCOL, makeServer, type SubscribePayload } from 'graphql-ws'
import { LRUCache } from 'lru-cache'
import { type WebSocket, WebSocketServer } from 'ws'
import { toClientError, toFormatted, withTrace } from '../client-errors.ts'
import { isAllowedOrigin } from '../cross-origin.ts'
import { credentialsOf, type Identity } from '../identity.ts'
import type { RouterLimits } from '../limits.ts'
import type { OperationExecutor, OperationRequest } from '../operation-executor.ts'
import type { SupergraphModel } from '../supergraph.ts'
import { traceOf } from '../trace.ts'
import { atExpiry } from './at-expiry.ts'
import type { FederatedSubscriptions } from './federated-subscriptions.ts'
import { OLDER_KEEP_ALIVE, OLDER_PROTOCOL, takeOlder, toOlder } from './older-protocol.ts'

export interface ServeSubscriptionsOptions {
  readonly server: Server
  readonly path: string
  readonly supergraph: SupergraphModel
  readonly executor: OperationExecutor
  readonly subscriptions: FederatedSubscriptions
  readonly identity: Identity
  readonly allowedOrigins: readonly string[]
  readonly limits: RouterLimits
  readonly introspection: boolean
  readonly clock: Clock
  readonly logger: Logger
}

interface Extra {
  readonly socket: WebSocket
  readonly request: IncomingMessage
}

type Connection = Context<Record<string, unknown>, Extra>

/** Which is taken of those that a client offers, the first first. */
const PROTOCOLS = [GRAPHQL_TRANSPORT_WS_PROTOCOL, OLDER_PROTOCOL]
const NORMAL = 1000
const GOING_AWAY = 1001
const TRY_AGAIN_LATER = 1013
const KEEP_ALIVE_MS = 12_000
const CLOSE_TIMEOUT_MS = 2_000
const CACHED_DOCUMENTS = 1_000

/** GraphQL over WebSocket on the router's own URL: graphql-transport-ws, and the older graphql-ws. */
export function serveSubscriptions(options: ServeSubscriptionsOptions): { close(): Promise<void> } {
  const { server, path, limits, allowedOrigins, logger } = options
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: limits.messageBytes,
    perMessageDeflate: false,
    handleProtocols: (offered) => PROTOCOLS.find((name) => offered.has(name)) ?? false,
  })
  const protocol = createProtocol(options)

  const upgrade = (request: IncomingMessage, stream: Duplex, head: Buffer): void => {
    if ((request.url ?? '/').split('?', 1)[0] !== path) refuseUpgrade(stream, '404 Not Found')
    else if (!isAllowedOrigin(request, allowedOrigins)) refuseUpgrade(stream, '403 Forbidden')
    else if (sockets.clients.size >= limits.sockets) refuseUpgrade(stream, '503 Service Unavailable')
    else sockets.handleUpgrade(request, stream, head, (socket) => open(socket, request))
  }
  const open = (socket: WebSocket, request: IncomingMessage): void => {
    // Frames that break the protocol or its limits: ws itself closes with the code for it.
    socket.on('error', (error) => logger.debug({ error }, 'a socket failed'))
    const older = socket.protocol === OLDER_PROTOCOL
    const stopPings = keepAlive(socket, older)
    const closed = protocol.opened(
      {
        protocol: older ? GRAPHQL_TRANSPORT_WS_PROTOCOL : socket.protocol,
        send: (data) => send(socket, older ? toOlder(data) : data),
        close: (code, reason) => socket.close(code, reason),
        onMessage: (take) => {
          const taken = older ? takeOlder(take, () => socket.close(NORMAL)) : take
          socket.on('message', (data) => {
            taken(String(data)).catch((error: unknown) => {
              logger.error({ error }, 'a message could not be handled')
              socket.close(CloseCode.InternalServerError, 'Internal server error')
            })
          })
        },
      },
      { socket, request },
    )
    socket.once('close', (code, reason) => {
      stopPings()
      closed(code, String(reason)).catch((error: unknown) => logger.error({ error }, 'a socket did not end cleanly'))
    })
  }
  server.on('upgrade', upgrade)

  return {
    async close() {
      server.off('upgrade', upgrade)
      for (const socket of sockets.clients) socket.close(GOING_AWAY, 'Going away')
      const cut = setTimeout(() => {
        for (const socket of sockets.clients) socket.terminate()
      }, CLOSE_TIMEOUT_MS)
      await new Promise<void>((resolve, reject) => sockets.close((error) => (error ? reject(error) : resolve())))
      clearTimeout(cut)
    },
  }
}

function createProtocol(options: ServeSubscriptionsOptions) {
  const { executor, subscriptions, clock, limits, logger } = options
  const callers = new WeakMap<WebSocket, Caller>()
  const documents = documentReader(options)

  return makeServer<Record<string, unknown>, Extra>({
    async onConnect({ connectionParams, extra: { socket, request } }) {
      const caller = await authenticate(options.identity, request, connectionParams).catch((error: unknown) => {
        if (error instanceof RefusalError) return null
        logger.warn({ error }, 'a token could not be judged')
        socket.close(TRY_AGAIN_LATER, 'Try again later')
        return null
      })
      if (!caller) return false
      callers.set(socket, caller)
      socket.once(
        'close',
        atExpiry(caller.expiresAt, clock, () => socket.close(CloseCode.Forbidden, 'Token expired')),
      )
      return true
    },
    onSubscribe(connection: Connection, _id, payload) {
      if (Object.keys(connection.subscriptions).length > limits.subscriptionsPerSocket) {
        const extensions = { code: 'TOO_MANY_REQUESTS' }
        return [new GraphQLError(ERROR_MESSAGES.TOO_MANY_REQUESTS, { extensions })]
      }
      const document = documents(payload)
      if ('errors' in document) return document.errors
      const { socket, request } = connection.extra
      const caller = callers.get(socket)
      if (!caller)
        return [new GraphQLError(ERROR_MESSAGES.UNAUTHENTICATED, { extensions: { code: 'UNAUTHENTICATED' } })]
      const operation: OperationRequest = {
        document: document.parsed,
        operationName: payload.operationName ?? undefined,
        variables: payload.variables ?? {},
        context: {
          caller,
          trace: traceOf(request.headers),
          idempotencyKey: null,
          signal: AbortSignal.timeout(limits.requestTimeoutMs),
        },
      }
      return {
        schema: options.supergraph.schema,
        document: document.parsed,
        operationName: operation.operationName,
        variableValues: operation.variables,
        contextValue: { operation, socket },
      }
    },
    execute: (args) => executor.execute(contextOf(args).operation),
    subscribe(args) {
      const { operation, socket } = contextOf(args)
      return subscriptions.subscribe(operation, () => socket.close(TRY_AGAIN_LATER, 'Reader too slow')) as Subscribed
    },
    onNext: (_connection, _id, _payload, args, result) => formatted(result, contextOf(args).operation, logger),
    onError({ extra: { request } }, _id, _payload, errors) {
      const { traceId } = traceOf(request.headers)
      return errors.map((error) => withTrace(toClientError(toFormatted(error), logger), traceId))
    },
  })
}

/** What the protocol takes from `subscribe`: iterators such as ours, which are no generators and need not be. */
type Subscribed = ExecutionResult | AsyncIterable<ExecutionResult>

interface OperationContext {
  readonly operation: OperationRequest
  readonly socket: WebSocket
}

const contextOf = ({ contextValue }: Pick<ExecutionArgs, 'contextValue'>): OperationContext =>
  contextValue as OperationContext // Given by `onSubscribe`.

/** The caller of a socket: by its handshake, by `connection_init`, or by both, of the same person. */
async function authenticate(
  identity: Identity,
  request: IncomingMessage,
  params: Readonly<Record<string, unknown>> | undefined,
): Promise<Caller> {
  const byHandshake = credentialsOf(request.headers)
  const authorization = params?.authorization ?? params?.Authorization
  if (authorization === undefined || authorization === null) return identity.authenticate(byHandshake)
  if (typeof authorization !== 'string') throw new RefusalError(refuse('UNAUTHENTICATED'))
  if (byHandshake.authorization !== undefined && byHandshake.authorization !== authorization) {
    throw new RefusalError(refuse('UNAUTHENTICATED'))
  }
  return identity.authenticate({ authorization, assertion: byHandshake.assertion })
}

type Read = { readonly parsed: DocumentNode } | { readonly errors: readonly GraphQLError[] }

/** Reads and validates documents; the same text gives the same document, so that its plans are kept with it. */
function documentReader(options: ServeSubscriptionsOptions): (payload: SubscribePayload) => Read {
  const { introspection, limits } = options
  const { schema } = options.supergraph
  const rules = introspection ? specifiedRules : [...specifiedRules, NoSchemaIntrospectionCustomRule]
  const known = new LRUCache<string, DocumentNode>({ max: CACHED_DOCUMENTS })
  return ({ query }) => {
    const cached = known.get(query)
    if (cached) return { parsed: cached }
    try {
      const parsed = parse(query, { maxTokens: limits.tokens })
      const errors = validate(schema, parsed, rules, { hideSuggestions: !introspection })
      if (errors.length > 0) return { errors: errors.map((error) => coded(error, 'GRAPHQL_VALIDATION_FAILED')) }
      known.set(query, parsed)
      return { parsed }
    } catch (error) {
      if (!(error instanceof GraphQLError)) throw error
      return { errors: [coded(error, 'GRAPHQL_PARSE_FAILED')] }
    }
  }
}

const coded = (error: GraphQLError, code: string): GraphQLError =>
  new GraphQLError(error.message, {
    ...(error.nodes ? { nodes: error.nodes } : {}),
    ...(error.source ? { source: error.source } : {}),
    ...(error.positions ? { positions: error.positions } : {}),
    extensions: { code },
  })

/** With the errors as clients see them; undefined leaves the result as it is. */
function formatted(
  { data, errors }: { data?: unknown; errors?: readonly GraphQLError[] | undefined },
  { context }: OperationRequest,
  logger: Logger,
) {
  if (!errors) return undefined
  const told = errors.map((error) => withTrace(toClientError(toFormatted(error), logger), context.trace.traceId))
  return data === undefined ? { errors: told } : { data: data as Record<string, unknown> | null, errors: told }
}

/** Waits until the message is with the operating system: who does not read is not sent more. */
function send(socket: WebSocket, data: string): Promise<void> {
  if (socket.readyState !== socket.OPEN) return Promise.resolve()
  return new Promise((resolve, reject) => {
    // A socket that closed meanwhile takes nothing and wants nothing.
    socket.send(data, (error) => (error && socket.readyState === socket.OPEN ? reject(error) : resolve()))
  })
}

/** Pings, and gives up who did not answer the last one. */
function keepAlive(socket: WebSocket, older: boolean): () => void {
  let answered = true
  socket.on('pong', () => {
    answered = true
  })
  const interval = setInterval(() => {
    if (!answered) socket.terminate()
    if (socket.readyState !== socket.OPEN) return
    answered = false
    socket.ping()
    if (older) socket.send(OLDER_KEEP_ALIVE)
  }, KEEP_ALIVE_MS)
  return () => clearInterval(interval)
}

function refuseUpgrade(stream: Duplex, status: string): void {
  stream.once('error', () => stream.destroy())
  stream.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`)
}
