import type { Logger, Pool, Wakeups } from '@corridor/platform'
import { liveStream } from '@corridor/subgraph'
import { hasArrived, type PaymentEvent } from './domain/payment.ts'
import { EVENTS_CHANNEL } from './use-cases/channels.ts'
import {
  type EventFilter,
  lastPosition,
  readAllEventsAfter,
  readEventsAfter,
  withPayments,
} from './use-cases/event-store.ts'

/** A wake-up that was lost costs a reader this long. */
const POLL_MS = 1_000
const BATCH = 1_000
/** One reader catches up by this many at a time, and takes the next only when he has taken them. */
const READ = 100
/** A reader behind whom more has gathered reads it from the database instead. */
const MAX_PENDING = 2_000

/** One reader. What is dispatched gathers in `pending`; while he is not `live` he reads from the database first. */
interface Watch {
  readonly filter: EventFilter
  pending: PaymentEvent[]
  live: boolean
  wake: () => void
}

/**
 * Hands payment events to their readers. However many there are, what is new is read once and given to those whom it
 * concerns; a reader reads for himself only what lies before he came.
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

  /** The events of one payment, or of a customer's payments, behind a position, each with its payment as it stands. */
  follow({ after: start, ...filter }: EventFilter & { readonly after: bigint }): AsyncIterableIterator<PaymentEvent> {
    let after = start
    const watch: Watch = { filter, pending: [], live: false, wake: () => undefined }
    return liveStream<PaymentEvent>({
      read: async () => {
        const old = watch.live ? [] : await this.catchUp(watch, after)
        after = old.at(-1)?.position ?? after
        // In the order of their positions: what was read and dispatched alike comes once.
        const fresh = watch.live ? watch.pending.filter(({ position }) => position > after) : []
        if (watch.live) watch.pending = []
        after = fresh.at(-1)?.position ?? after
        return [...old, ...fresh]
      },
      onWake: (wake) => {
        watch.wake = wake
        return this.add(watch)
      },
    })
  }

  close(): void {
    clearInterval(this.timer)
    this.stopListening()
  }

  /** Reads what lies behind a position; the reader goes on with what is dispatched once there is no more. */
  private async catchUp(watch: Watch, after: bigint): Promise<PaymentEvent[]> {
    watch.live = true // Taken back below, or by whoever finds that something was not dispatched meanwhile.
    const events = await readEventsAfter(this.deps.pool, { ...watch.filter, after, limit: READ })
    if (events.length === READ) {
      watch.live = false
      watch.wake()
    }
    return await withPayments(this.deps.pool, events)
  }

  private add(watch: Watch): () => void {
    const key = watch.filter.paymentId ?? watch.filter.customer
    const watches = this.watches.get(key) ?? new Set()
    this.watches.set(key, watches.add(watch))
    if (this.position === null) this.look()
    return () => {
      watches.delete(watch)
      if (watches.size === 0 && this.watches.get(key) === watches) this.watches.delete(key)
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
    const { pool } = this.deps
    if (this.position === null) {
      // What came until now was dispatched to nobody: all readers look for themselves, once.
      this.position = await lastPosition(pool)
      for (const watches of this.watches.values()) for (const watch of watches) reset(watch)
      return
    }
    const events = await readAllEventsAfter(pool, { after: this.position, limit: BATCH })
    const wanted = events.filter((event) => keysOf(event).some((key) => this.watches.has(key)))
    const read = new Map((await withPayments(pool, wanted)).map((event) => [event.position, event]))
    for (const event of events) this.dispatch(read.get(event.position) ?? event)
    this.position = events.at(-1)?.position ?? this.position
    if (events.length === BATCH) this.again = true
  }

  private dispatch(event: PaymentEvent): void {
    for (const key of keysOf(event)) {
      for (const watch of this.watches.get(key) ?? []) {
        if (!concerns(watch.filter, event)) continue
        if (event.payment === undefined || watch.pending.length >= MAX_PENDING) reset(watch)
        else watch.pending.push(event)
        watch.wake()
      }
    }
  }
}

/** What was not dispatched to a reader he reads for himself. */
function reset(watch: Watch): void {
  watch.pending = []
  watch.live = false
  watch.wake()
}

const keysOf = ({ paymentId, payer, payee }: PaymentEvent): string[] => [
  ...new Set([paymentId, payer, ...(payee === null ? [] : [payee])]),
]

/** A payee's events are those from the arrival on. */
const concerns = ({ paymentId, customer, arrivedOnly }: EventFilter, event: PaymentEvent): boolean =>
  paymentId === null ? event.payer === customer || hasArrived(event.status) : !arrivedOnly || hasArrived(event.status)
