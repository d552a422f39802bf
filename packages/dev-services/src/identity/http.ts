import type { IncomingMessage, ServerResponse } from 'node:http'

/** No form and no user is larger. */
const MAX_BODY_BYTES = 64 * 1024

export class BodyTooLarge extends Error {
  override readonly name = 'BodyTooLarge'
}

/** @throws BodyTooLarge */
export async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request) {
    const bytes = chunk as Buffer // A request without an encoding gives buffers.
    size += bytes.length
    if (size > MAX_BODY_BYTES) throw new BodyTooLarge(`more than ${MAX_BODY_BYTES} bytes`)
    chunks.push(bytes)
  }
  return Buffer.concat(chunks).toString('utf8')
}

export function send(
  response: ServerResponse,
  status: number,
  { headers = {}, body = '' }: { headers?: Readonly<Record<string, string>>; body?: string },
): void {
  response.writeHead(status, { ...headers, 'content-length': String(Buffer.byteLength(body)) })
  response.end(body)
}
