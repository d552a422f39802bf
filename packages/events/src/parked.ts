import { inTransaction, type Pool, type SqlClient } from '@corridor/platform'
import type { Topic } from './event.ts'

/** An event that could not be delivered, and what waits behind it. */
export interface ParkedEvent {
  readonly id: string
  readonly topic: Topic
  readonly key: string
  readonly type: string
  readonly reason: string
  readonly parkedAt: Date
  /** Later events of its key, which wait until it is replayed. */
  readonly waiting: number
}

/** How far the relay of a domain is behind. */
export interface RelayLag {
  /** Committed events that are not delivered; those behind a parked one included. */
  readonly waiting: number
  /** How long the oldest of them has waited, by the database's clock; zero when there is none. */
  readonly oldestMs: number
  readonly parked: number
}

const MAX_LISTED = 1_000

/** The oldest parked events of a domain, up to a thousand. */
export async function listParked(client: SqlClient): Promise<readonly ParkedEvent[]> {
  const { rows } = await client.query<Omit<ParkedEvent, 'parkedAt'> & { parked_at: Date }>(
    `select p.id, p.topic, p.key, p.type, p.reason, p.parked_at,
       (select count(*)::int from event_queue q where q.topic = p.topic and q.key = p.key) as waiting
     from parked_events p order by p.sequence limit $1`,
    [MAX_LISTED],
  )
  return rows.map(({ parked_at: parkedAt, ...row }) => ({ ...row, parkedAt }))
}

/**
 * Puts parked events back into their place in the queue: one, or all. Wake the relay afterwards. Answers how many there
 * were. What fails again is parked again.
 */
export async function replayParked(pool: Pool, eventId: string | null): Promise<number> {
  return inTransaction(pool, async (client) => {
    const { rowCount } = await client.query(
      `with replayed as (delete from parked_events where $1::uuid is null or id = $1 returning *)
       insert into event_queue (sequence, id, topic, key, type, data, traceparent, occurred_at) overriding system value
       select sequence, id, topic, key, type, data, traceparent, occurred_at from replayed`,
      [eventId],
    )
    return rowCount ?? 0
  })
}

export async function readLag(client: SqlClient): Promise<RelayLag> {
  const { rows } = await client.query<{ waiting: number; oldest_ms: number; parked: number }>(
    `select count(*)::int as waiting,
       coalesce(extract(epoch from clock_timestamp() - min(occurred_at)) * 1000, 0)::float8 as oldest_ms,
       (select count(*)::int from parked_events) as parked
     from event_queue`,
  )
  const [lag] = rows
  return { waiting: lag?.waiting ?? 0, oldestMs: Math.max(lag?.oldest_ms ?? 0, 0), parked: lag?.parked ?? 0 }
}
