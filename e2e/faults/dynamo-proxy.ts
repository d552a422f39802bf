import { once } from 'node:events'
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { pipeline } from 'node:stream/promises'
import { setTimeout as delay } from 'node:timers/promises'

/** As DynamoDB says it; the client knows the fault by its type. */
const THROTTLED = JSON.stringify({
  __type: 'com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException',
  message: 'The level of configured provisioned throughput for the table was exceeded.',
})

/** In front of a DynamoDB: passes every request on, unless it is told to refuse them or to let them wait. */
export class DynamoProxy {
  throttling = false
  delayMs = 0
  /** Requests that met a fault. */
  hindered = 0
  private readonly closing = new AbortController()

  private constructor(
    private readonly server: Server,
    private readonly target: URL,
  ) {}

  static async start(target: string): Promise<DynamoProxy> {
    const server = createServer()
    const proxy = new DynamoProxy(server, new URL(target))
    server.on('request', (incoming, outgoing) => {
      // Either side may leave while it waits; the other sees that its answer does not come.
      proxy.answer(incoming, outgoing).catch(() => outgoing.destroy())
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return proxy
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}` // A TCP server's address is never a path.
  }

  async close(): Promise<void> {
    this.closing.abort()
    this.server.closeAllConnections()
    this.server.close()
    await once(this.server, 'close')
  }

  private async answer(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    if (this.throttling || this.delayMs > 0) this.hindered += 1
    if (this.throttling) {
      incoming.resume()
      outgoing.writeHead(400, { 'content-type': 'application/x-amz-json-1.0' }).end(THROTTLED)
      return
    }
    if (this.delayMs > 0) await delay(this.delayMs, undefined, { signal: this.closing.signal })
    const { method, url, headers } = incoming
    const passed = request(new URL(url ?? '/', this.target), { method, headers })
    const answered = once(passed, 'response') as Promise<[IncomingMessage]> // What the event carries.
    await pipeline(incoming, passed)
    const [answer] = await answered
    outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
    await pipeline(answer, outgoing)
  }
}
