import { invariant } from '@corridor/platform'

export type Taken<Event> = { readonly done: false; readonly event: Event } | { readonly done: true }

export interface QueueLimits {
  readonly events: number
  /** Of the events that wait together. */
  readonly bytes: number
}

/**
 * What waits for one reader, in order and bounded. Of events with the same key the newest takes the place of the one
 * that waits; one event too many ends the queue, and `onOverflow` tells.
 */
export class EventQueue<Event extends { readonly bytes: number }> {
  readonly #waiting = new Map<string | symbol, Event>()
  #bytes = 0
  #wake: (() => void) | null = null
  #ended = false

  constructor(
    private readonly limits: QueueLimits,
    private readonly onOverflow: () => void,
  ) {}

  /** Adds an event; with `key` null it replaces nothing. After the end it does nothing. */
  push(event: Event, key: string | null): void {
    if (this.#ended) return
    const place = key ?? Symbol()
    const replaced = this.#waiting.get(place)
    const bytes = this.#bytes + event.bytes - (replaced?.bytes ?? 0)
    const tooMany = !replaced && this.#waiting.size >= this.limits.events
    // One event alone is never too large: a reader who waits for it takes it.
    if (tooMany || (bytes > this.limits.bytes && this.#waiting.size > 0)) {
      this.close()
      this.onOverflow()
      return
    }
    this.#bytes = bytes
    this.#waiting.set(place, event)
    this.#wake?.()
  }

  /** No more comes; what waits is still read. */
  end(): void {
    this.#ended = true
    this.#wake?.()
  }

  /** The reader has left: what waits is forgotten. */
  close(): void {
    this.#waiting.clear()
    this.#bytes = 0
    this.end()
  }

  /** The next event, when there is one. One reader, one call at a time. */
  async take(): Promise<Taken<Event>> {
    invariant(this.#wake === null, 'a queue has one reader')
    for (;;) {
      for (const [place, event] of this.#waiting) {
        this.#waiting.delete(place)
        this.#bytes -= event.bytes
        return { done: false, event }
      }
      if (this.#ended) return { done: true }
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
      this.#wake = null
    }
  }
}
