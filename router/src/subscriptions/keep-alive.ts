import type { WebSocket } from 'ws'
import { OLDER_KEEP_ALIVE, OLDER_PROTOCOL } from './older-protocol.ts'

const KEEP_ALIVE_MS = 12_000

/** Pings every socket, and gives up those that did not answer the last one. One timer for all of them. */
export class KeepAlive {
  readonly #unanswered = new WeakSet<WebSocket>()
  readonly #interval: NodeJS.Timeout

  constructor(sockets: Iterable<WebSocket>) {
    this.#interval = setInterval(() => {
      for (const socket of sockets) this.#ping(socket)
    }, KEEP_ALIVE_MS)
  }

  watch(socket: WebSocket): void {
    socket.on('pong', () => this.#unanswered.delete(socket))
  }

  stop(): void {
    clearInterval(this.#interval)
  }

  #ping(socket: WebSocket): void {
    if (this.#unanswered.has(socket)) socket.terminate()
    if (socket.readyState !== socket.OPEN) return
    this.#unanswered.add(socket)
    socket.ping()
    if (socket.protocol === OLDER_PROTOCOL) socket.send(OLDER_KEEP_ALIVE)
  }
}
