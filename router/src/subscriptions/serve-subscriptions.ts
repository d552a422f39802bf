import type { IncomingHttpHeaders, IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { type Caller, type Clock, ERROR_MESSAGES, type Logger, RefusalError, refuse } from '@corridor/platform'
import { type ExecutionArgs, type ExecutionResult, type FormattedExecutionResult, GraphQLError } from 'graphql'
import { CloseCode, type Context, GRAPHQL_TRANSPORT_WS_PROTOCOL, makeServer, type SubscribePayload } from 'graphql-ws'
import { type WebSocket, WebSocketServer } from 'ws'
import { toClientError, toFormatted, withTrace } from '../client-errors.ts'
import type { TraceHeaders } from '../context.ts'
import { isAllowedOrigin } from '../cross-origin.ts'
import { Departure } from '../departure.ts'
import { type Credentials, credentialsOf, type Identity } from '../identity.ts'
import type { RouterLimits } from '../limits.ts'
import type { Checked, OperationExecutor, OperationRequest } from '../operation-executor.ts'
import { type RegisteredOperations, UNREGISTERED, type Unregistered } from '../registered-operations.ts'
import { callerKey, type RequestLimits, retryAfter } from '../request-limits.ts'
import { responseText } from '../response-text.ts'
import { ending, openTrace } from '../spans.ts'
import { traceOf } from '../trace.ts'
import { atExpiry } from './at-expiry.ts'
import type { FederatedSubscriptions } from './federated-subscriptions.ts'
import { HeldByCaller } from './held-by-caller.ts'
import { KeepAlive } from './keep-alive.ts'
import { connectionError, isOlder, OLDER_PROTOCOL, takeOlder, toOlder } from './older-protocol.ts'
import { closeExpired, Sending } from './sending.ts'

export interface ServeSubscriptionsOptions {
  readonly server: Server
  readonly path: string
  /** The executor of the supergraph of now. */
  readonly executor: () => OperationExecutor
  readonly subscriptions: FederatedSubscriptions
  readonly identity: Identity
  readonly allowedOrigins: readonly string[]
  readonly limits: RouterLimits
  readonly requestLimits: RequestLimits
  /** The only operations that are taken now; null: all are. */
  readonly registered: () => RegisteredOperations | null
  readonly clock: Clock
  readonly logger: Logger
}

/** What is kept of a socket's handshake. */
interface Extra {
  readonly socket: WebSocket
  /** Null when they were judged: tokens are long. */
  credentials: Credentials | null
  /** Of the handshake: its trace is that of operations which name none themselves. */
  readonly headers: IncomingHttpHeaders
  readonly trace: TraceHeaders
  readonly address: string
  caller: Caller | null
}

type Connection = Context<Record<string, unknown>, Extra>

/** Which is taken of those that a client offers, the first first. */
const PROTOCOLS = [GRAPHQL_TRANSPORT_WS_PROTOCOL, OLDER_PROTOCOL]
const NORMAL = 1000
/** How graphql-ws says that a message is of a type which a client does not send. */
const UNEXPECTED = 'Unexpected message of type'
const GOING_AWAY = 1001
const TRY_AGAIN_LATER = 1013
const CLOSE_TIMEOUT_MS = 2_000
const SOCKET_LISTENERS = 10

/** GraphQL over WebSocket on the router's own URL: graphql-transport-ws, and the older graphql-ws. */
export function serveSubscriptions(options: ServeSubscriptionsOptions): { close(): Promise<void> } {
  const { server, path, limits, requestLimits, allowedOrigins, logger } = options
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: limits.messageBytes,
    perMessageDeflate: false,
    handleProtocols: (offered) => PROTOCOLS.find((name) => offered.has(name)) ?? false,
  })
  const protocol = createProtocol(options)
  const keepAlive = new KeepAlive(sockets.clients)

  const upgrade = (request: IncomingMessage, stream: Duplex, head: Buffer): void => {
    const address = requestLimits.addressOf(request)
    const waitMs = requestLimits.ofAddress(address)
    if (waitMs !== null) refuseUpgrade(stream, '429 Too Many Requests', `retry-after: ${retryAfter(waitMs)}\r\n`)
    else if ((request.url ?? '/').split('?', 1)[0] !== path) refuseUpgrade(stream, '404 Not Found')
    else if (!isAllowedOrigin(request, allowedOrigins)) refuseUpgrade(stream, '403 Forbidden')
    else if (sockets.clients.size >= limits.sockets) refuseUpgrade(stream, '503 Service Unavailable')
    else {
      const { headers } = request
      const extra = { credentials: credentialsOf(headers), headers, trace: traceOf(headers), address, caller: null }
      sockets.handleUpgrade(request, stream, head, (socket) => open({ ...extra, socket }))
    }
  }
  const open = (extra: Extra): void => {
    const { socket } = extra
    // Frames that break the protocol or its limits: ws itself closes with the code for it.
    socket.on('error', (error) => logger.debug({ error }, 'a socket failed'))
    // Of each operation that runs on it, and a few of its own.
    socket.setMaxListeners(limits.subscriptionsPerSocket + SOCKET_LISTENERS)
    const older = isOlder(socket)
    keepAlive.watch(socket)
    const closed = protocol.opened(
      {
        protocol: older ? GRAPHQL_TRANSPORT_WS_PROTOCOL : socket.protocol,
        send: (data) => send(socket, older ? toOlder(data) : data),
        close(code, reason) {
          if (older && code === CloseCode.Forbidden) socket.send(connectionError(reason ?? ''))
          socket.close(code, reason)
        },
        onMessage: (take) => {
          const taken = older ? takeOlder(take, () => socket.close(NORMAL)) : take
          socket.on('message', (data) => {
            taken(String(data)).catch((error: unknown) => {
              // A message that only a server sends.
              if (error instanceof Error && error.message.startsWith(UNEXPECTED)) {
                socket.close(CloseCode.BadRequest, 'Invalid message received')
                return
              }
              logger.error({ error }, 'a message could not be handled')
              socket.close(CloseCode.InternalServerError, 'Internal server error')
            })
          })
        },
      },
      extra,
    )
    socket.once('close', (code, reason) => {
      closed(code, String(reason)).catch((error: unknown) => logger.error({ error }, 'a socket did not end cleanly'))
    })
  }
  server.on('upgrade', upgrade)

  return {
    async close() {
      server.off('upgrade', upgrade)
      keepAlive.stop()
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
  const { subscriptions, clock, limits, requestLimits, logger } = options
  const heldSockets = new HeldByCaller(limits.socketsPerCaller)
  const heldSubscriptions = new HeldByCaller(limits.subscriptionsPerCaller)

  return makeServer<Record<string, unknown>, Extra>({
    async onConnect({ connectionParams, extra }) {
      const { socket } = extra
      const caller = await authenticate(options.identity, extra, connectionParams).catch((error: unknown) => {
        if (error instanceof RefusalError) return null
        logger.warn({ error }, 'a token could not be judged')
        socket.close(TRY_AGAIN_LATER, 'Try again later')
        return null
      })
      if (!caller) return false
      const leave = heldSockets.take(holderOf(caller, extra))
      if (!leave) {
        socket.close(TRY_AGAIN_LATER, 'Too many connections')
        return false
      }
      extra.caller = caller
      extra.credentials = null
      // Closed meanwhile, it will not say so again.
      if (socket.readyState === socket.OPEN) socket.once('close', leave)
      else leave()
      socket.once(
        'close',
        atExpiry(caller.expiresAt, clock, () => closeExpired(socket)),
      )
      return true
    },
    onSubscribe(connection: Connection, id, given) {
      const { extra } = connection
      const told = (error: GraphQLError) => [error]
      if (Object.keys(connection.subscriptions).length > limits.subscriptionsPerSocket) {
        return told(coded('TOO_MANY_REQUESTS'))
      }
      if (!extra.caller) return told(coded('UNAUTHENTICATED'))
      if (requestLimits.ofCaller(extra.caller) !== null) return told(coded('TOO_MANY_REQUESTS'))
      const admitted = options.registered()?.admit(given) ?? { asked: given }
      if ('refused' in admitted) return told(coded(admitted.refused))
      const payload = admitted.asked as SubscribePayload // With its document, if that was a hash.
      const executor = options.executor()
      const read = executor.documents.read(payload.query)
      if ('errors' in read) return read.errors
      const asked = requestOf(payload, extra.caller, extra, limits)
      const checked = executor.check(read.known, asked)
      if ('errors' in checked) return checked.errors.map(({ message, ...rest }) => new GraphQLError(message, rest))
      const isSubscription = checked.operation.operation.operation === 'subscription'
      const giveBack = isSubscription ? heldSubscriptions.take(holderOf(extra.caller, extra)) : () => undefined
      if (!giveBack) return told(coded('TOO_MANY_REQUESTS'))
      const trace = openTrace(traceHeadersOf(payload) ?? extra.headers, isSubscription ? 'subscribe' : 'execute')
      const request = { ...asked, context: { ...asked.context, trace } }
      return {
        schema: executor.supergraph.schema,
        document: read.known.document,
        operationName: request.operationName,
        contextValue: { executor, checked, request, socket: extra.socket, id, giveBack } satisfies OperationContext,
      }
    },
    async execute(args) {
      const { executor, checked, request, socket } = contextOf(args)
      const { span } = request.context.trace
      const departure = new Departure()
      const leave = (): void => departure.leave()
      socket.once('close', leave)
      try {
        const run = executor.run(checked, { ...request, context: { ...request.context, departure } })
        const executed = await (span === null ? run : ending(span, run))
        return resultOf(responseText(executed, request.context, logger))
      } finally {
        socket.off('close', leave)
      }
    },
    subscribe(args) {
      const operation = contextOf(args)
      const { request, socket, giveBack } = operation
      const onOverflow = (): void => socket.close(TRY_AGAIN_LATER, 'Reader too slow')
      const opened = subscriptions.subscribe({ ...operation, onOverflow })
      request.context.trace.span?.end() // Its events have spans of their own: it may last for days.
      if ('errors' in opened) {
        giveBack()
        return resultOf(responseText(opened, request.context, logger))
      }
      const { id } = operation
      return new Sending({ reader: opened, socket, id, expiresAt: request.context.caller.expiresAt, clock, giveBack })
    },
    /** Results are as clients see them already. */
    onNext: (_connection, _id, _payload, _args, result) => result as FormattedExecutionResult,
    onError({ extra: { trace } }, _id, _payload, errors) {
      return errors.map((error) => withTrace(toClientError(toFormatted(error), logger), trace.traceId))
    },
  })
}

interface OperationContext {
  readonly executor: OperationExecutor
  readonly checked: Checked
  readonly request: OperationRequest
  readonly socket: WebSocket
  readonly id: string
  /** Called when the subscription has ended: its caller may have another. */
  readonly giveBack: () => void
}

const contextOf = ({ contextValue }: Pick<ExecutionArgs, 'contextValue'>): OperationContext =>
  contextValue as OperationContext // Given by `onSubscribe`.

const requestOf = (
  { query, operationName, variables }: SubscribePayload,
  caller: Caller,
  { trace, headers }: Pick<Extra, 'trace' | 'headers'>,
  limits: RouterLimits,
): OperationRequest => ({
  text: query,
  operationName: operationName ?? undefined,
  variables: variables ?? {},
  context: { caller, trace, idempotencyKey: null, deadlineMs: performance.now() + limits.requestTimeoutMs, headers },
})

/** The trace that an operation itself names: browsers can give a handshake no headers. */
function traceHeadersOf({ extensions }: SubscribePayload): IncomingHttpHeaders | null {
  const { traceparent, tracestate } = extensions ?? {}
  if (typeof traceparent !== 'string') return null
  return { traceparent, ...(typeof tracestate === 'string' ? { tracestate } : {}) }
}

const MESSAGES = { ...ERROR_MESSAGES, ...UNREGISTERED }

const coded = (code: 'TOO_MANY_REQUESTS' | 'UNAUTHENTICATED' | Unregistered): GraphQLError =>
  new GraphQLError(MESSAGES[code], { extensions: { code } })

const resultOf = (text: string): ExecutionResult => JSON.parse(text) as ExecutionResult // Written by us.

/** The caller of a socket: by its handshake, by `connection_init`, or by both, of the same person. */
async function authenticate(
  identity: Identity,
  { credentials }: Extra,
  params: Readonly<Record<string, unknown>> | undefined,
): Promise<Caller> {
  if (!credentials) throw new RefusalError(refuse('UNAUTHENTICATED'))
  const authorization = params?.authorization ?? params?.Authorization
  if (authorization === undefined || authorization === null) return identity.authenticate(credentials)
  if (typeof authorization !== 'string') throw new RefusalError(refuse('UNAUTHENTICATED'))
  if (credentials.authorization !== undefined && credentials.authorization !== authorization) {
    throw new RefusalError(refuse('UNAUTHENTICATED'))
  }
  return identity.authenticate({ authorization, assertion: credentials.assertion })
}

/** Waits until the message is with the operating system: who does not read is not sent more. */
function send(socket: WebSocket, data: string): Promise<void> {
  if (socket.readyState !== socket.OPEN) return Promise.resolve()
  return new Promise((resolve, reject) => {
    // A socket that closed meanwhile takes nothing and wants nothing.
    socket.send(data, (error) => (error && socket.readyState === socket.OPEN ? reject(error) : resolve()))
  })
}

/** By whom sockets and subscriptions are counted; of nobody: from where. */
const holderOf = (caller: Caller, { address }: Extra): string => callerKey(caller) ?? `address:${address}`

function refuseUpgrade(stream: Duplex, status: string, headers = ''): void {
  stream.once('error', () => stream.destroy())
  stream.end(`HTTP/1.1 ${status}\r\n${headers}connection: close\r\ncontent-length: 0\r\n\r\n`)
}
