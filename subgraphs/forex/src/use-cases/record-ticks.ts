import { queueChannel } from '@corridor/events'
import { inTransaction, type Pool, uuidv7, type Wakeups } from '@corridor/platform'
import type { Tick } from '../domain/rate.ts'

/**
 * Makes the newest ticks the current rates, with their versions and events, in one transaction. A tick that is not newer
 * than what is known changes nothing, and a manual rate is never overwritten. Answers how many pairs changed.
 */
export async function recordTicks(
  { pool, wakeups }: { pool: Pool; wakeups: Wakeups },
  ticks: readonly Tick[],
): Promise<number> {
  if (ticks.length === 0) return 0
  const rows = ticks.toSorted((a, b) => (a.pair < b.pair ? -1 : 1)) // Rows are locked in this order by every writer.
  const changed = await inTransaction(pool, async (client) => {
    const { rowCount } = await client.query({
      name: 'forex-record-ticks',
      text: RECORD_TICKS,
      values: [
        rows.map(({ pair }) => pair),
        rows.map(({ bid }) => bid.toString()),
        rows.map(({ mid }) => mid.toString()),
        rows.map(({ ask }) => ask.toString()),
        rows.map(({ source }) => source),
        rows.map(({ observedAt }) => observedAt),
        rows.map(() => uuidv7()),
      ],
    })
    return rowCount ?? 0
  })
  if (changed > 0) wakeups.wake(queueChannel('forex'))
  return changed
}

const RECORD_TICKS = `
with ticks as (
  select * from unnest($1::text[], $2::numeric[], $3::numeric[], $4::numeric[], $5::text[], $6::timestamptz[], $7::uuid[])
    as t (pair, bid, mid, ask, source, observed_at, event_id)
), changed as (
  insert into current_rates as c (pair, bid, mid, ask, source, path, version, observed_at, effective_at)
  select pair, bid, mid, ask, source, array[pair], 1, observed_at, now() from ticks order by pair
  on conflict (pair) do update
    set bid = excluded.bid, mid = excluded.mid, ask = excluded.ask, source = excluded.source, path = excluded.path,
        observed_at = excluded.observed_at, effective_at = excluded.effective_at, version = c.version + 1
    where not c.manual and excluded.observed_at > c.observed_at
  returning c.*
), versions as (
  insert into rate_versions (pair, version, bid, mid, ask, source, path, manual, observed_at, effective_at)
  select pair, version, bid, mid, ask, source, path, manual, observed_at, effective_at from changed
), events as (
  insert into event_queue (id, topic, key, type, data)
  select t.event_id, 'forex.rates', c.pair, 'rate.changed', jsonb_build_object(
    'pair', c.pair, 'version', c.version::text, 'bid', c.bid::text, 'mid', c.mid::text, 'ask', c.ask::text,
    'source', c.source, 'path', c.path, 'manual', c.manual,
    'observedAt', to_char(c.observed_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))
  from changed c join ticks t using (pair) order by c.pair
)
select pair from changed`
