import { once } from 'node:events'
import { createServer, type ServerHttp2Stream } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { gunzipSync } from 'node:zlib'
import { type ReadSpan, readSpans } from '../traces/read-spans.ts'

/** What takes traces as Jaeger does: OTLP over gRPC, without TLS. */
export interface JaegerStandIn {
  /** Host and port. */
  readonly address: string
  readonly spans: readonly ReadSpan[]
  close(): void
}

/** Before each message: whether it is compressed, and its length. */
const PREFIX_BYTES = 5
/** A message of no fields. */
const EMPTY_ANSWER = Buffer.alloc(PREFIX_BYTES)

/** @see https://github.com/grpc/grpc/blob/v1.76.0/doc/PROTOCOL-HTTP2.md */
export async function startJaegerStandIn(): Promise<JaegerStandIn> {
  const spans: ReadSpan[] = []
  const server = createServer()
  server.on('stream', async (stream: ServerHttp2Stream) => {
    const chunks: Buffer[] = []
    for await (const chunk of stream as AsyncIterable<Buffer>) chunks.push(chunk)
    const call = Buffer.concat(chunks)
    const message = call.subarray(PREFIX_BYTES)
    spans.push(...readSpans(call[0] === 1 ? gunzipSync(message) : message))
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true })
    stream.once('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }))
    stream.end(EMPTY_ANSWER)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo // It listens on TCP.
  return { address: `127.0.0.1:${port}`, spans, close: () => void server.close() }
}
