import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Collector {
  /** Where OTLP over HTTP is sent to. */
  readonly url: string
  /** All that came of a signal, as it came: protobuf keeps texts as they are. */
  readonly received: Readonly<Record<'traces' | 'metrics', readonly Buffer[]>>
  close(): Promise<void>
}

/** Takes traces and metrics and keeps them. */
export async function startCollector(): Promise<Collector> {
  const received = { traces: [] as Buffer[], metrics: [] as Buffer[] }
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
    received[request.url?.endsWith('/traces') ? 'traces' : 'metrics'].push(Buffer.concat(chunks))
    response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    received,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
