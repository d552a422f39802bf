import { inGroupSpan, inTransaction, type Logger, type Pool, type SqlClient, type Wakeups } from '@corridor/platform'
import { SpanKind } from '@opentelemetry/api'
import type { EventBus, Undeliverable } from './bus.ts'
import { queueChannel } from './enqueue.ts'
import type { DeliveredEvent, EventData, Topic } from './event.ts'
import { countRelayed, observeOutbox } from './event-metrics.ts'
import { Lease } from './lease.ts'
import { Loop } from './loop.ts'

export interface RelayOptions {
  readonly domain: string
  readonly pool: Pool
  readonly bus: EventBus
  readonly wakeups: Wakeups
  readonly logger: Logger
  readonly maxRows?: number
  readonly pollMs?: number
  readonly leaseTtlMs?: number
}

interface QueuedEvent {
  sequence: bigint
  id: string
  topic: Topic
  key: string
  type: string
  data: EventData
  traceparent: string | null
  occurred_at: Date
}

const DEFAULT_MAX_ROWS = 500
const DEFAULT_POLL_MS = 250
const DEFAULT_LEASE_TTL_MS = 5_000
/** Beyond so many events that a consumer has yet to take, others wait too. */
const MAX_WAITING = 50_000
const FIRST_AGAIN_MS = 250

/**
 * Delivers a domain's queued events: at least once, in order per key, in groups. A row leaves the queue after its
 * delivery; a crash between the two delivers it again. An event that cannot be delivered is parked, and its key's later
 * events wait in the queue behind it.
 */
export class Relay {
  private readonly lease: Lease
  private readonly loop: Loop
  /** Rows that a consumer has yet to take, and when they are handed over again: at most a thousand a second. */
  private readonly waiting = new Map<bigint, number>()
  private endReading: (() => void) | null = null

  constructor(private readonly options: RelayOptions) {
    this.lease = new Lease({ name: `relay:${options.domain}`, ttlMs: options.leaseTtlMs ?? DEFAULT_LEASE_TTL_MS })
    this.loop = new Loop({
      name: `relay:${options.domain}`,
      logger: options.logger,
      round: () => this.round(),
      pollMs: options.pollMs ?? DEFAULT_POLL_MS,
      wakeups: options.wakeups,
      channels: [queueChannel(options.domain)],
    })
  }

  start(): void {
    this.endReading ??= observeOutbox(this.options.domain, this.options.pool)
    this.loop.start()
  }

  async stop(): Promise<void> {
    this.endReading?.()
    this.endReading = null
    await this.loop.stop()
    await this.lease.release(this.options.pool)
  }

  /** Delivers one group; answers whether more may be waiting. */
  async round(): Promise<boolean> {
    const { pool, bus, maxRows = DEFAULT_MAX_ROWS } = this.options
    if ((await this.lease.hold(pool)) === null) return false
    const nowMs = performance.now()
    for (const [sequence, againMs] of this.waiting) if (againMs <= nowMs) this.waiting.delete(sequence)
    if (this.waiting.size >= MAX_WAITING) return false
    const queued = await readQueue(pool, { maxRows, except: [...this.waiting.keys()] })
    if (queued.length === 0) return false
    const failed = await inGroupSpan(
      { service: 'outbox-relay', name: `relay ${this.options.domain}`, kind: SpanKind.PRODUCER },
      queued.map(({ traceparent }) => traceparent),
      () => bus.publish(queued.map(toEvent)),
    )
    if (failed.length === 0) await this.remove(pool, queued)
    else await this.settle(queued, failed)
    countRelayed(this.options.domain, queued.length - failed.length)
    for (const { eventId, message, passing } of failed) {
      if (passing) continue
      this.options.logger.error({ domain: this.options.domain, event: eventId, reason: message }, 'event parked')
    }
    return queued.length === maxRows
  }

  /** Removes what was delivered, in one statement: it is what every round but few ends with. */
  private async remove(client: SqlClient, delivered: readonly QueuedEvent[]): Promise<void> {
    const { rowCount } = await client.query({
      name: 'relay-remove',
      text: `delete from event_queue where sequence = any($4::bigint[]) and ${Lease.HELD}`,
      values: [...this.lease.held, delivered.map(({ sequence }) => sequence)],
    })
    if (rowCount !== delivered.length) await this.lease.confirm(client) // Notices a lease that is lost.
  }

  /** Removes what was delivered and parks what never will be; what is not taken yet, and what a parked key holds, stays. */
  private async settle(queued: readonly QueuedEvent[], failed: readonly Undeliverable[]): Promise<void> {
    const failures = new Map(failed.map((failure) => [failure.eventId, failure]))
    const reasons = new Map(failed.filter(({ passing }) => !passing).map(({ eventId, message }) => [eventId, message]))
    const againMs = performance.now() + Math.max(FIRST_AGAIN_MS, this.waiting.size)
    const parkedKeys = new Set<string>()
    const delivered: QueuedEvent[] = []
    for (const row of queued) {
      const key = `${row.topic}\n${row.key}`
      if (reasons.has(row.id)) parkedKeys.add(key)
      else if (parkedKeys.has(key)) continue
      else if (failures.has(row.id)) this.waiting.set(row.sequence, againMs)
      else delivered.push(row)
    }
    await inTransaction(this.options.pool, async (client) => {
      if (!(await this.lease.confirm(client))) return
      await client.query(
        `with parked as (delete from event_queue q using unnest($1::uuid[], $2::text[]) as f (id, reason) where q.id = f.id
                         returning q.*, f.reason)
         insert into parked_events (sequence, id, topic, key, type, data, traceparent, occurred_at, reason)
         select sequence, id, topic, key, type, data, traceparent, occurred_at, reason from parked`,
        [[...reasons.keys()], [...reasons.values()]],
      )
      await this.remove(client, delivered)
    })
  }
}

/** The next rows of keys that are not parked, in order, but for some. */
async function readQueue(
  pool: Pool,
  { maxRows, except }: { maxRows: number; except: readonly bigint[] },
): Promise<QueuedEvent[]> {
  const { rows } = await pool.query<QueuedEvent>({
    name: 'relay-read',
    text: `select sequence, id, topic, key, type, data, traceparent, occurred_at
           from event_queue q
           where not exists (select 1 from parked_events p where p.topic = q.topic and p.key = q.key)
             and not exists (select 1 from unnest($2::bigint[]) as e (sequence) where e.sequence = q.sequence)
           order by sequence limit $1`,
    values: [maxRows, except],
  })
  return rows
}

function toEvent({ id, topic, key, type, data, traceparent, occurred_at }: QueuedEvent): DeliveredEvent {
  return { id, topic, key, type, data, traceparent, occurredAt: occurred_at }
}
