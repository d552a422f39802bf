import { setTimeout as delay } from 'node:timers/promises'
import { isAway, type Logger } from '@corridor/platform'
import type { Consumer } from './bus.ts'
import type { DeliveredEvent } from './event.ts'
import { handleInTrace } from './handle-in-trace.ts'

/** What became of an event at a consumer: `left` stands behind one of its key that was refused, or the lane has closed. */
export type Outcome = 'handled' | 'refused' | 'left'

/** What a consumer refuses so often is given up. While what it needs is away, it is asked for as long as that lasts. */
export const MAX_REFUSALS = 5
const FIRST_RETRY_MS = 20
const MAX_RETRY_MS = 10_000
/** Consumers that share a statement among events at hand share it among so many. */
const EVENTS_AT_ONCE = 128

/** One consumer's events in one process: keys side by side, each key's in order, however far other consumers are. */
export class ConsumerLane {
  /** Whether what the consumer needs was away when it was last asked. */
  away = false
  /** By event; kept until they are forgotten, so that an event that comes again is not handled again. */
  private readonly taken = new Map<string, Promise<Outcome>>()
  private readonly lastOfKey = new Map<string, Promise<Outcome>>()
  /** By key, the event that was refused: until it is forgotten, nothing behind it is handled. */
  private readonly refused = new Map<string, string>()
  private readonly queue: (() => void)[] = []
  private free = EVENTS_AT_ONCE

  constructor(
    readonly consumer: Consumer,
    private readonly options: { readonly logger: Logger; readonly closing: AbortSignal },
  ) {}

  /** Takes an event on behind those of its key, unless it has it already. */
  submit(event: DeliveredEvent): Promise<Outcome> {
    const known = this.taken.get(event.id)
    if (known) return known
    const key = keyOf(event)
    const outcome = this.behind(this.lastOfKey.get(key), event)
    this.taken.set(event.id, outcome)
    this.lastOfKey.set(key, outcome)
    void outcome.then(() => {
      if (this.lastOfKey.get(key) === outcome) this.lastOfKey.delete(key)
    })
    return outcome
  }

  /** The next time the event comes, it is handled again. */
  forget(event: DeliveredEvent): void {
    this.taken.delete(event.id)
    if (this.refused.get(keyOf(event)) === event.id) this.refused.delete(keyOf(event))
  }

  private async behind(before: Promise<Outcome> | undefined, event: DeliveredEvent): Promise<Outcome> {
    await before
    if (this.refused.has(keyOf(event))) return 'left'
    const outcome = await this.handle(event)
    if (outcome === 'refused') this.refused.set(keyOf(event), event.id)
    return outcome
  }

  private async handle(event: DeliveredEvent): Promise<Outcome> {
    const { logger, closing } = this.options
    for (let attempt = 1, refusals = 0; !closing.aborted; attempt += 1) {
      try {
        await this.inTurn(() => handleInTrace(this.consumer, event))
        this.away = false
        return 'handled'
      } catch (error) {
        this.away = isAway(error)
        if (!this.away) refusals += 1
        logger.warn({ error, consumer: this.consumer.name, event: event.id, attempt }, 'consumer failed')
        if (refusals === MAX_REFUSALS) return 'refused'
      }
      const retryMs = Math.min(FIRST_RETRY_MS * 2 ** (attempt - 1), MAX_RETRY_MS)
      await delay(retryMs, undefined, { signal: closing }).catch(() => undefined) // Closed: the loop ends.
    }
    return 'left'
  }

  private async inTurn(work: () => Promise<void>): Promise<void> {
    if (this.free > 0) this.free -= 1
    else await new Promise<void>((resolve) => this.queue.push(resolve))
    try {
      await work()
    } finally {
      const next = this.queue.shift()
      if (next) next()
      else this.free += 1
    }
  }
}

const keyOf = ({ topic, key }: DeliveredEvent): string => `${topic}\n${key}`
