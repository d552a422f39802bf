import { once } from 'node:events'
import { type AddressInfo, createConnection, createServer, type Server, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

/** A TCP proxy on loopback in front of a server, for faults of the way to it. Nothing is wrong until it is told to be. */
export class FaultProxy {
  /** How long each piece of what passes is held back, in both directions. */
  delayMs = 0
  /** How many connections were asked for. */
  asked = 0
  private isAway = false
  private readonly sockets = new Set<Socket>()

  private constructor(
    private readonly server: Server,
    private readonly targetPort: number,
  ) {}

  static async start({ targetPort }: { targetPort: number }): Promise<FaultProxy> {
    const server = createServer()
    const proxy = new FaultProxy(server, targetPort)
    server.on('connection', (client) => proxy.connect(client))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return proxy
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port // A TCP server's address is never a path.
  }

  /** Ends every connection, and each new one at once, as soon as it is made: so they can be counted. */
  goAway(): void {
    this.isAway = true
    for (const socket of this.sockets) socket.destroy()
  }

  comeBack(): void {
    this.isAway = false
  }

  async close(): Promise<void> {
    this.goAway()
    this.server.close()
    await once(this.server, 'close')
  }

  private connect(client: Socket): void {
    this.asked += 1
    this.keep(client)
    if (this.isAway) {
      client.destroy()
      return
    }
    const target = this.keep(createConnection({ host: '127.0.0.1', port: this.targetPort }))
    for (const [from, to] of [
      [client, target],
      [target, client],
    ] as const) {
      void this.pass(from, to)
    }
  }

  private keep(socket: Socket): Socket {
    this.sockets.add(socket)
    // A fault of one side is the end of both; whoever is at the other end sees that.
    return socket
      .setNoDelay(true)
      .on('error', () => undefined)
      .on('close', () => this.sockets.delete(socket))
  }

  private async pass(from: Socket, to: Socket): Promise<void> {
    try {
      for await (const piece of from) {
        if (this.delayMs > 0) await delay(this.delayMs, undefined, { ref: false })
        if (!to.write(piece)) await once(to, 'drain')
      }
      to.end()
    } catch {
      // What was cut off is passed on as cut off.
      to.destroy()
    }
  }
}
