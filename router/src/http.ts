import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { Fault, type Tls } from '@corridor/platform'
import type { RouterLimits } from './limits.ts'

export interface Reply {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body: string | Buffer
}

/** The body was larger than its endpoint takes. */
export class BodyTooLarge extends Error {
  override readonly name = 'BodyTooLarge'
  constructor(readonly limitBytes: number) {
    super(`The body is larger than ${limitBytes} bytes.`)
  }
}

/** How often connections are looked for that take too long. */
const LOOK_EVERY_MS = 1_000
const IDLE_CHECK_MS = 100
/** Requests that have not ended by then are cut off when the server closes. */
const DRAIN_TIMEOUT_MS = 5_000

/** The body, whole; rejects with `BodyTooLarge` as soon as it is, without reading the rest. */
export function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    if (Number(request.headers['content-length'] ?? 0) > maxBytes) {
      reject(new BodyTooLarge(maxBytes))
      return
    }
    const chunks: Buffer[] = []
    let size = 0
    request.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size <= maxBytes) chunks.push(chunk)
      else {
        request.pause()
        reject(new BodyTooLarge(maxBytes))
      }
    })
    request.once('end', () => {
      const [only] = chunks
      resolve(chunks.length === 1 && only ? only : Buffer.concat(chunks))
    })
    request.once('error', reject)
    request.once('close', () => request.complete || reject(new Error('The client left before its request was whole.')))
  })
}

export function send(response: ServerResponse, { status, headers, body }: Reply): void {
  if (response.headersSent || response.destroyed) return
  const bytes = typeof body === 'string' ? Buffer.from(body) : body
  response.writeHead(status, { 'content-length': bytes.length, ...headers })
  response.end(bytes)
}

export const jsonReply = (status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): Reply => ({
  status,
  headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
  body: JSON.stringify(value),
})

export const errorReply = (status: number, code: string, message: string, traceId?: string): Reply =>
  jsonReply(status, {
    errors: [{ message, extensions: traceId === undefined ? { code } : { code, traceId } }],
  })

/** Listens on `port` (0: any free one) of `host`. Whoever is slow to ask, or asks nothing, is shown out in his time. */
export async function listen(
  handler: (request: IncomingMessage, response: ServerResponse) => void,
  { port, host, limits, tls }: { port: number; host: string; limits: RouterLimits; tls?: Tls | undefined },
): Promise<{ server: Server; port: number }> {
  const options = {
    headersTimeout: limits.headersTimeoutMs,
    requestTimeout: limits.bodyTimeoutMs,
    keepAliveTimeout: limits.idleTimeoutMs,
    connectionsCheckingInterval: LOOK_EVERY_MS,
  }
  const { cert, key } = tls ?? {}
  const tlsOptions = { ...options, cert, key, handshakeTimeout: limits.headersTimeoutMs }
  const server: Server = cert === undefined ? createServer(options, handler) : createTlsServer(tlsOptions, handler)
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

/** Takes no more requests, lets those in flight end, and cuts off what has not ended in time. */
export async function closeServer(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve, reject) => server.close((error) => (error ? reject(error) : resolve())))
  server.closeIdleConnections()
  const idle = setInterval(() => server.closeIdleConnections(), IDLE_CHECK_MS)
  const cut = setTimeout(() => server.closeAllConnections(), DRAIN_TIMEOUT_MS)
  try {
    await closed
  } finally {
    clearInterval(idle)
    clearTimeout(cut)
  }
}
