import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { TlsOptions } from 'node:tls'
import { Fault } from './errors.ts'

/** How many may connect, and how long each may take. */
export interface ConnectionLimits {
  /** Open to this server, WebSockets among them; another is closed at once. */
  readonly connections: number
  /**
   * From the beginning of a connection, or of a request on it, to the end of the headers: then 408, and it is closed. The
   * same is what a handshake of TLS may take.
   */
  readonly headersTimeoutMs: number
  /** The same to the end of the body. */
  readonly bodyTimeoutMs: number
  /** Of a connection between two requests. Longer than clients keep one, so that it is they who close: no reset in flight. */
  readonly idleTimeoutMs: number
}

export const CONNECTION_LIMITS: ConnectionLimits = {
  connections: 20_000,
  headersTimeoutMs: 10_000,
  bodyTimeoutMs: 60_000,
  idleTimeoutMs: 75_000,
}

/** How often connections are looked for that take too long. */
const LOOK_EVERY_MS = 1_000
const IDLE_CHECK_MS = 100

/**
 * Listens on `port` (0: any free one) of `host`, by HTTPS where `tls` is given; answers the server and the port it got.
 * Whoever is slow to ask, or asks nothing, is shown out in his time.
 */
export async function listenHttp(
  handler: RequestListener,
  { port, host, limits, tls }: { port: number; host: string; limits: ConnectionLimits; tls?: TlsOptions | undefined },
): Promise<{ server: Server; port: number }> {
  const options = {
    headersTimeout: limits.headersTimeoutMs,
    requestTimeout: limits.bodyTimeoutMs,
    keepAliveTimeout: limits.idleTimeoutMs,
    connectionsCheckingInterval: LOOK_EVERY_MS,
  }
  const server: Server =
    tls === undefined
      ? createServer(options, handler)
      : createTlsServer({ ...options, ...tls, handshakeTimeout: limits.headersTimeoutMs }, handler)
  server.maxConnections = limits.connections
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const problem = cause.code === 'EADDRINUSE' ? 'is taken by another program' : 'cannot be opened'
      reject(new Fault('SERVICE_UNAVAILABLE', `Port ${port} ${problem}.`, { cause, retryable: false }))
    })
    server.listen(port, host, resolve)
  })
  return { server, port: (server.address() as AddressInfo).port } // A TCP server's address is never a path.
}

/** Takes no more requests, lets those in flight end, and cuts off what has not ended within `drainMs`, if given. */
export async function closeHttp(server: Server, drainMs?: number): Promise<void> {
  const closed = new Promise<void>((resolve, reject) => server.close((error) => (error ? reject(error) : resolve())))
  server.closeIdleConnections()
  const idle = setInterval(() => server.closeIdleConnections(), IDLE_CHECK_MS)
  const cut = drainMs === undefined ? undefined : setTimeout(() => server.closeAllConnections(), drainMs)
  try {
    await closed
  } finally {
    clearInterval(idle)
    clearTimeout(cut)
  }
}
