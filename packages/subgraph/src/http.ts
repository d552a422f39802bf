import type { IncomingMessage, ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'

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
