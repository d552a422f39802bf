import { enqueueEvents } from '@corridor/events'
import { inTransaction, type Pool, type SqlClient } from '@corridor/platform'
import { lockRates, PUBLISH_CHANGED } from './publish-rates.ts'

export interface StandingOverride {
  readonly id: string
  readonly pair: string
  readonly expiresAt: Date | null
}

const COLUMNS = `id, pair, expires_at as "expiresAt"`

/** The manual rate that stands for a pair, locked; null where there is none. */
export async function lockStanding(client: SqlClient, pair: string): Promise<StandingOverride | null> {
  const { rows } = await client.query<StandingOverride>(
    `select ${COLUMNS} from rate_overrides where pair = $1 and ended_at is null for update`,
    [pair],
  )
  return rows[0] ?? null
}

/** Ends every manual rate whose time has come. Whoever meets one first does it: the instant it names is the same for all. */
export async function endExpiredOverrides(pool: Pool, now: Date): Promise<number> {
  return await inTransaction(pool, async (client) => {
    await lockRates(client)
    const { rows } = await client.query<StandingOverride>(
      `select ${COLUMNS} from rate_overrides where ended_at is null and expires_at <= $1 order by pair for update`,
      [now],
    )
    for (const standing of rows) await endOverride(client, standing, { by: null, now })
    return rows.length
  })
}

/** `by` null: it expired, and what follows it has been in force since then. Rates are locked. */
export async function endOverride(
  client: SqlClient,
  { id, pair, expiresAt }: StandingOverride,
  { by, now }: { by: string | null; now: Date },
): Promise<void> {
  await client.query('update rate_overrides set ended_at = $2, ended_by = $3, in_history = false where id = $1', [
    id,
    now,
    by,
  ])
  const since = by === null ? expiresAt : null
  const { rowCount } = await client.query(
    `with changed as (
       update current_rates c
       set bid = p.bid, mid = p.mid, ask = p.ask, source = p.source, path = array[p.pair], manual = false,
           observed_at = p.observed_at, version = c.version + 1,
           effective_at = greatest(least(now(), coalesce($2::timestamptz, now())), c.effective_at)
       from provider_rates p where p.pair = c.pair and c.pair = $1
       returning c.*
     ), ${PUBLISH_CHANGED}
     select pair from changed`,
    [pair, since],
  )
  if (rowCount === 0) await withdraw(client, pair, since)
  await enqueueEvents(client, [{ topic: 'forex.rates', key: pair, type: 'override.ended', data: { id, pair, by } }])
}

/** No provider quotes the pair itself: from now on its rate is derived again, or there is none. */
async function withdraw(client: SqlClient, pair: string, since: Date | null): Promise<void> {
  await client.query(
    `with gone as (delete from current_rates where pair = $1 returning *)
     insert into rate_versions
       (pair, version, bid, mid, ask, source, path, manual, observed_at, effective_at, withdrawn)
     select pair, version + 1, bid, mid, ask, source, path, manual, observed_at,
       greatest(least(now(), coalesce($2::timestamptz, now())), effective_at), true
     from gone`,
    [pair, since],
  )
}
