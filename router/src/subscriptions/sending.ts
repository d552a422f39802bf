import type { Clock } from '@corridor/platform'
import type { ExecutionResult } from 'graphql'
import { CloseCode } from 'graphql-ws'
import type { WebSocket } from 'ws'
import type { QueueReader } from './event-queue.ts'
import type { EventReader } from './federated-subscriptions.ts'
import { isOlder, OLDER_EVENT_TYPE } from './older-protocol.ts'
import type { Response } from './response.ts'

export interface SendingOptions {
  readonly reader: EventReader
  readonly socket: WebSocket
  /** The client's name for its subscription. */
  readonly id: string
  readonly expiresAt: Date | null
  readonly clock: Clock
  /** Called once, when it has ended. */
  readonly giveBack: () => void
}

type Done = IteratorReturnResult<void>
const DONE: Done = { done: true, value: undefined }

/**
 * Sends every event of a reader as the protocol's `next`. The events are JSON already, so the protocol's own code is
 * told of none of them: to it this is a stream that only ends. Between two events nothing of it waits in memory but its
 * own fields.
 */
export class Sending implements AsyncIterable<ExecutionResult, void, void>, QueueReader<Response> {
  readonly #head: string
  #end: { readonly resolve: (done: Done) => void; readonly reject: (error: Error) => void } | null = null
  #ended = false

  constructor(private readonly options: SendingOptions) {
    const { id, socket } = options
    this.#head = `{"id":${JSON.stringify(id)},"type":${isOlder(socket) ? OLDER_EVENT_TYPE : '"next"'},"payload":`
  }

  /** Called once: begins to send, and ends when all is sent. */
  next(): Promise<Done> {
    if (this.#ended) return Promise.resolve(DONE)
    return new Promise((resolve, reject) => {
      this.#end = { resolve, reject }
      this.options.reader.read(this)
    })
  }

  async return(): Promise<Done> {
    this.ended()
    return DONE
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  /** Waits until the message is with the operating system: who does not read is not sent more. */
  take(response: Response, taken: () => void): void {
    const { socket, expiresAt, clock } = this.options
    if (expiresAt !== null && expiresAt <= clock.now()) {
      closeExpired(socket)
      this.ended()
    } else if (socket.readyState !== socket.OPEN) taken()
    else {
      socket.send(response.frame(this.#head), { binary: false }, (error) => {
        // A socket that closed meanwhile takes nothing and wants nothing.
        if (!error || socket.readyState !== socket.OPEN) taken()
        else {
          this.#end?.reject(error)
          this.ended()
        }
      })
    }
  }

  ended(): void {
    if (this.#ended) return
    this.#ended = true
    this.options.reader.leave()
    this.options.giveBack()
    this.#end?.resolve(DONE)
  }
}

export const closeExpired = (socket: WebSocket): void => socket.close(CloseCode.Forbidden, 'Token expired')
