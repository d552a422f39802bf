import { counter, invariant } from '@corridor/platform'

const conflated = counter({
  name: 'corridor.subscription.conflated',
  unit: '{event}',
  description: 'Events that a newer one of the same key replaced before their reader took them.',
}).of({})

/** Who takes the events of a queue, one at a time. */
export interface QueueReader<Event> {
  /** Takes one; the next comes when `taken` was called. */
  take(event: Event, taken: () => void): void
  /** Told once: nothing comes any more. */
  ended(): void
}

export interface QueueLimits {
  readonly events: number
  /** Of the events that wait together. */
  readonly bytes: number
}

/**
 * What comes for one reader, in order and bounded. A reader who is free gets an event at once, so that nothing is kept
 * for him; otherwise it waits. Of events with the same key the newest takes the place of the one that waits; one event
 * too many ends the queue, and `onOverflow` tells.
 */
export class EventQueue<Event extends { readonly bytes: number }> {
  #waiting: Map<string | symbol, Event> | null = null
  #bytes = 0
  #reader: QueueReader<Event> | null = null
  #isBusy = false
  #ended = false
  readonly #taken = (): void => {
    this.#isBusy = false
    this.#goOn()
  }

  constructor(
    private readonly limits: QueueLimits,
    private readonly onOverflow: () => void,
  ) {}

  /** Begins to give events; until then they wait. */
  read(reader: QueueReader<Event>): void {
    invariant(this.#reader === null, 'a queue has one reader')
    this.#reader = reader
    this.#goOn()
  }

  /** Adds an event; with `key` null it replaces nothing. After the end it does nothing. */
  push(event: Event, key: string | null): void {
    if (this.#ended) return
    if (this.#reader && !this.#isBusy) {
      this.#give(this.#reader, event)
      return
    }
    this.#waiting ??= new Map()
    const place = key ?? Symbol()
    const replaced = this.#waiting.get(place)
    const bytes = this.#bytes + event.bytes - (replaced?.bytes ?? 0)
    const tooMany = !replaced && this.#waiting.size >= this.limits.events
    // One event alone is never too large: a reader who waits for it takes it.
    if (tooMany || (bytes > this.limits.bytes && this.#waiting.size > 0)) {
      this.onOverflow()
      this.close()
      return
    }
    if (replaced) conflated.value += 1
    this.#bytes = bytes
    this.#waiting.set(place, event)
  }

  /** No more comes; what waits is still read, and `last` after it. */
  end(last: Event | null = null): void {
    if (this.#ended) return
    this.#ended = true
    if (last) {
      this.#waiting ??= new Map()
      this.#waiting.set(Symbol(), last)
    }
    if (!this.#isBusy) this.#goOn()
  }

  /** The reader has left: what waits is forgotten. */
  close(): void {
    this.#waiting = null
    this.#bytes = 0
    this.#ended = true
    this.#goOn()
  }

  #goOn(): void {
    const reader = this.#reader
    if (!reader) return
    for (const [place, event] of this.#waiting ?? []) {
      this.#waiting?.delete(place)
      this.#bytes -= event.bytes
      this.#give(reader, event)
      return
    }
    this.#waiting = null
    if (!this.#ended) return
    this.#reader = null
    reader.ended()
  }

  #give(reader: QueueReader<Event>, event: Event): void {
    this.#isBusy = true
    reader.take(event, this.#taken)
  }
}
