import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { Fault, type Tls } from '@corridor/platform'

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

const HEADERS_TIMEOUT_MS = 10_000
const REQUEST_TIMEOUT_MS = 60_000
/** Longer than proxies keep an idle connection, so that it is they who close (no reset in flight). */
const KEEP_ALIVE_TIMEOUT_MS = 75_000
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

/** Listens on `port` (0: any free one) of `host`. */
export async function listen(
  handler: (request: IncomingMessage, response: ServerResponse) => void,
  { port, host, tls }: { port: number; host: string; tls?: Tls | undefined },
): Promise<{ server: Server; port: number }> {
  const limits = { headersTimeout: HEADERS_TIMEOUT_MS, requestTimeout: REQUEST_TIMEOUT_MS }
  const { cert, key } = tls ?? {}
  const server: Server =
    cert === undefined ? createServer(limits, handler) : createTlsServer({ ...limits, cert, key }, handler)
  server.keepAliveTimeout = KEEP_ALIVE_TIMEOUT_MS
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
