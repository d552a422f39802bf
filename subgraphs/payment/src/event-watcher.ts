import { hasScope, type Logger, type Pool, type Wakeups } from '@corridor/platform'
import { type LiveSource, liveStream, type SubgraphContext } from '@corridor/subgraph'
import { hasArrived, type Payment, type PaymentEvent } from './domain/payment.ts'
import { EVENTS_CHANNEL } from './processor/channels.ts'
import { lastPosition, readChangedAfter, readEventsAfter } from './use-cases/event-store.ts'

/** A wake-up that was lost costs a reader this long. */
const POLL_MS = 1_000
const BATCH = 1_000
/** One reader reads this many at a time, and the next only when he has taken them. */
const READ = 100

interface Watch {
  readonly keys: readonly string[]
  readonly wake: () => void
}

/**
 * Wakes the readers of payment events. However many there are, one statement per wake-up says whose payments changed;
 * only those then read, each from his own position.
 */
export class PaymentEventWatcher {
  private readonly watches = new Map<string, Set<Watch>>()
  private readonly stopListening: () => void
  private readonly timer: NodeJS.Timeout
  private position: bigint | null = null
  private looking = false
  private again = false

  constructor(private readonly deps: { pool: Pool; wakeups: Wakeups; logger: Logger }) {
    this.stopListening = deps.wakeups.subscribe(EVENTS_CHANNEL, () => this.look())
    this.timer = setInterval(() => this.look(), POLL_MS)
    this.timer.unref()
  }

  /** The events of one payment, or of a customer's payments, behind a position. */
  follow(filter: { after: bigint; paymentId: string | null; customer: string }): AsyncIterableIterator<PaymentEvent> {
    let after = filter.after
    const source: LiveSource<PaymentEvent> & { wake: () => void } = {
      wake: () => undefined,
      read: async () => {
        const events = await readEventsAfter(this.deps.pool, { ...filter, after, limit: READ })
        after = events.at(-1)?.position ?? after
        if (events.length === READ) source.wake()
        return events
      },
      onWake: (wake) => {
        source.wake = wake
        return this.watch({ keys: [filter.paymentId ?? filter.customer], wake })
      },
    }
    return liveStream(source)
  }

  close(): void {
    clearInterval(this.timer)
    this.stopListening()
  }

  private watch(watch: Watch): () => void {
    for (const key of watch.keys) {
      const watches = this.watches.get(key) ?? new Set()
      this.watches.set(key, watches.add(watch))
    }
    return () => {
      for (const key of watch.keys) {
        const watches = this.watches.get(key)
        watches?.delete(watch)
        if (watches?.size === 0) this.watches.delete(key)
      }
    }
  }

  private look(): void {
    if (this.watches.size === 0) {
      this.position = null // Whoever comes next reads from his own position first.
      return
    }
    if (this.looking) {
      this.again = true
      return
    }
    this.looking = true
    this.lookOnce()
      .catch((error: unknown) => this.deps.logger.warn({ error }, 'payment events could not be looked up'))
      .finally(() => {
        this.looking = false
        if (!this.again) return
        this.again = false
        this.look()
      })
  }

  private async lookOnce(): Promise<void> {
    if (this.position === null) {
      // Nobody knows what was missed: all readers look for themselves, once.
      this.position = await lastPosition(this.deps.pool)
      for (const watches of this.watches.values()) for (const { wake } of watches) wake()
      return
    }
    const changed = await readChangedAfter(this.deps.pool, this.position, BATCH)
    this.position = changed.at(-1)?.position ?? this.position
    const keys = new Set(changed.flatMap(({ paymentId, payer, payee }) => [paymentId, payer, payee ?? payer]))
    for (const key of keys) for (const { wake } of this.watches.get(key) ?? []) wake()
    if (changed.length === BATCH) this.again = true
  }
}

/** How a caller sees a payment: as its payer, as staff, as its payee once it has arrived, or not at all. */
export type Sight = 'payer' | 'staff' | 'payee'

export function sightOf(
  { caller }: Pick<SubgraphContext, 'caller'>,
  { payer, payee, status }: Pick<Payment, 'payer' | 'payee' | 'status'>,
): Sight | null {
  if (caller.kind === 'user' && caller.subject === payer) return 'payer'
  if (hasScope(caller, 'payments:review') || hasScope(caller, 'ledger:audit')) return 'staff'
  return caller.kind === 'user' && caller.subject === payee && hasArrived(status) ? 'payee' : null
}
