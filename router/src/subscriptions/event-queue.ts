import { invariant } from '@corridor/platform'

export type Taken<Event> = { readonly done: false; readonly event: Event } | { readonly done: true }

/**
 * What waits for one reader, in order and bounded. Of events with the same key the newest takes the place of the one
 * that waits; one event too many ends the queue, and `onOverflow` tells.
 */
export class EventQueue<Event> {
  readonly #waiting = new Map<string | symbol, Event>()
  #wake: (() => void) | null = null
  #ended = false

  constructor(
    private readonly limit: number,
    private readonly onOverflow: () => void,
  ) {}

  /** Adds an event; with `key` null it replaces nothing. After the end it does nothing. */
  push(event: Event, key: string | null): void {
    if (this.#ended) return
    const place = key ?? Symbol()
    if (!this.#waiting.has(place) && this.#waiting.size >= this.limit) {
      this.close()
      this.onOverflow()
      return
    }
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
    this.end()
  }

  /** The next event, when there is one. One reader, one call at a time. */
  async take(): Promise<Taken<Event>> {
    invariant(this.#wake === null, 'a queue has one reader')
    for (;;) {
      for (const [place, event] of this.#waiting) {
        this.#waiting.delete(place)
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
