import type { DeliveredEvent, Topic } from './event.ts'

/** Takes effect on events of some topics. It may see an event twice, and never out of order within a key. */
export interface Consumer {
  /** Stable: handled ids and consumer groups go by it. */
  readonly name: string
  /** In traces; default: its name. */
  readonly service?: string
  readonly topics: readonly Topic[]
  handle(event: DeliveredEvent): Promise<void>
}

/**
 * An event that no attempt could deliver: the relay parks it with its key and goes on with other keys. Or, when what hinders
 * it is `passing`, one that is not delivered yet: it stays in the queue and is published again.
 */
export class Undeliverable extends Error {
  override readonly name = 'Undeliverable'
  readonly passing: boolean
  constructor(
    readonly eventId: string,
    reason: string,
    { passing = false }: { passing?: boolean } = {},
  ) {
    super(reason)
    this.passing = passing
  }
}

export interface EventBus {
  /**
   * Delivers events in order per key: resolves when all of them are at the broker, or, in process, handled by every
   * consumer of their topic. Answers those that failed; to whom an event failed, its later ones of the same key are not
   * delivered before it.
   */
  publish(events: readonly DeliveredEvent[]): Promise<readonly Undeliverable[]>
  subscribe(consumer: Consumer): Promise<void>
  close(): Promise<void>
}
