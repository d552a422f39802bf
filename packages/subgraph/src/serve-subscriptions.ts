import type { Server } from 'node:http'
import type { Clock, Logger, Verifier } from '@corridor/platform'
import { GraphQLError, type GraphQLFormattedError, type GraphQLSchema } from 'graphql'
import { useServer } from 'graphql-ws/use/ws'
import { WebSocketServer } from 'ws'
import { callOf } from './authorization.ts'
import type { SubgraphContext } from './context.ts'
import { toClientError } from './errors.ts'
import { subscribeInTrace } from './subscribe-in-trace.ts'

const MAX_MESSAGE_BYTES = 64 * 1024
const KEEP_ALIVE_MS = 12_000
const TOKEN_EXPIRED = 4403
const GOING_AWAY = 1001
/** Node's timers take no more; a longer token is looked at again then. */
const MAX_TIMER_MS = 2_147_483_647

/**
 * GraphQL over WebSocket (graphql-transport-ws) on /graphql. The token is checked at `connection_init`; the stream ends
 * with 4403 when the caller's own token expires, which is later than the internal token's 60 seconds.
 */
export function serveSubscriptions(input: {
  server: Server
  /** The service's name in traces. */
  service: string
  schema: GraphQLSchema
  verifier: Verifier
  logger: Logger
  clock: Clock
}): { close(): Promise<void> } {
  const { server, service, schema, verifier, logger, clock } = input
  const sockets = new WebSocketServer({
    server,
    path: '/graphql',
    maxPayload: MAX_MESSAGE_BYTES,
    perMessageDeflate: false,
  })
  const calls = new WeakMap<object, SubgraphContext>()
  const traceparents = new WeakMap<object, string>()
  const format = (error: GraphQLError | GraphQLFormattedError): GraphQLFormattedError => {
    const located = error instanceof GraphQLError ? error.toJSON() : error
    return toClientError(located, error, logger)
  }
  const protocol = useServer(
    {
      schema,
      context: (ctx) => calls.get(ctx.extra.socket),
      async onConnect(ctx) {
        const call = await callOf(ctx.connectionParams?.authorization, verifier)
        if (!call) return false
        const { socket } = ctx.extra
        calls.set(socket, call)
        const traceparent = ctx.connectionParams?.traceparent
        if (typeof traceparent === 'string') traceparents.set(call, traceparent)
        const stop = atExpiry(call.caller.expiresAt, clock, () => socket.close(TOKEN_EXPIRED, 'Token expired'))
        socket.once('close', stop)
        return true
      },
      subscribe: (args) =>
        subscribeInTrace(args, { service, traceparent: traceparents.get(args.contextValue as object) ?? null }),
      onError: (_ctx, _id, _payload, errors) => errors.map(format),
      onNext: (_ctx, _id, _payload, _args, { data, errors }) =>
        errors ? { data: data ?? null, errors: errors.map(format) } : undefined,
    },
    sockets,
    KEEP_ALIVE_MS,
  )
  return {
    async close() {
      for (const socket of sockets.clients) socket.close(GOING_AWAY, 'Going away')
      await protocol.dispose()
    },
  }
}

/** Calls `end` when `expiresAt` has come by the process's clock; the answer gives it up. */
function atExpiry(expiresAt: Date | null, clock: Clock, end: () => void): () => void {
  if (expiresAt === null) return () => undefined
  let timer: NodeJS.Timeout | undefined
  const wait = (): void => {
    const leftMs = expiresAt.getTime() - clock.now().getTime()
    if (leftMs <= 0) {
      end()
      return
    }
    timer = setTimeout(wait, Math.min(leftMs, MAX_TIMER_MS))
    timer.unref()
  }
  wait()
  return () => clearTimeout(timer)
}
