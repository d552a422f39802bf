import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { pipeline } from 'node:stream/promises'
import { Fault, type Tls } from '@corridor/platform'

export interface HttpReply {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  /** Parts are asked for no faster than the client takes them; whoever makes them is told when he leaves. */
  readonly body: string | Buffer | AsyncIterable<string>
}

export interface HttpRequest {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: Buffer
}

/** The body was larger than the endpoint takes. */
export class BodyTooLarge extends Error {
  override readonly name = 'BodyTooLarge'
}

const HEADERS_TIMEOUT_MS = 10_000
const REQUEST_TIMEOUT_MS = 60_000
/** Longer than any client of ours keeps an idle connection, so that it is the client who closes (no reset in flight). */
const KEEP_ALIVE_TIMEOUT_MS = 75_000

/** A client that takes nothing of a stream for this long is left. */
const STREAM_IDLE_TIMEOUT_MS = 60_000

export async function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > maxBytes) throw new BodyTooLarge(`The body is larger than ${maxBytes} bytes.`)
    chunks.push(chunk)
  }
  return chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)
}

export async function reply(response: ServerResponse, { status, headers, body }: HttpReply): Promise<void> {
  if (typeof body === 'string' || Buffer.isBuffer(body)) {
    response.writeHead(status, { 'content-length': Buffer.byteLength(body), ...headers })
    response.end(body)
    return
  }
  response.writeHead(status, headers)
  response.setTimeout(STREAM_IDLE_TIMEOUT_MS, () => void response.destroy())
  await pipeline(body, response)
}

export const jsonReply = (status: number, value: unknown): HttpReply => ({
  status,
  headers: { 'content-type': 'application/json; charset=utf-8' },
  body: JSON.stringify(value),
})

/**
 * Listens on `port` (0: any free one) of `host`; answers the server and the port it got. With `tls` it takes callers who
 * show a certificate of the same authority, and no others.
 */
export async function listen(
  handler: (request: IncomingMessage, response: ServerResponse) => void,
  { port, host, tls }: { port: number; host: string; tls?: Tls | undefined },
): Promise<{ server: Server; port: number }> {
  const limits = { headersTimeout: HEADERS_TIMEOUT_MS, requestTimeout: REQUEST_TIMEOUT_MS }
  const server: Server =
    tls === undefined
      ? createServer(limits, handler)
      : createTlsServer({ ...limits, ...tls, requestCert: true, rejectUnauthorized: true }, handler)
  server.keepAliveTimeout = KEEP_ALIVE_TIMEOUT_MS
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const taken = cause.code === 'EADDRINUSE'
      const problem = taken ? `Port ${port} is taken by another program.` : `Port ${port} cannot be opened.`
      reject(new Fault('SERVICE_UNAVAILABLE', problem, { cause, retryable: false }))
    })
    server.listen(port, host, resolve)
  })
  return { server, port: (server.address() as AddressInfo).port } // A TCP server's address is never a path.
}

/** Stops taking requests, lets those in flight finish, and closes idle connections at once. */
export async function closeServer(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve, reject) => server.close((error) => (error ? reject(error) : resolve())))
  server.closeIdleConnections()
  const idle = setInterval(() => server.closeIdleConnections(), 100)
  try {
    await closed
  } finally {
    clearInterval(idle)
  }
}
