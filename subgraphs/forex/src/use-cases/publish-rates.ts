import type { SqlClient } from '@corridor/platform'

/** Whoever changes rates does it alone, until the transaction ends: versions follow each other, and no judgement is late. */
export async function lockRates(client: SqlClient): Promise<void> {
  await client.query({ name: 'forex-lock-rates', text: `select pg_advisory_xact_lock(hashtextextended('rates', 0))` })
}

/**
 * The tail of every statement that changes current rates: from the rows of a preceding `changed`, each one's version
 * and event, so that no change can be written without them.
 */
export const PUBLISH_CHANGED = `versions as (
  insert into rate_versions (pair, version, bid, mid, ask, source, path, manual, observed_at, effective_at)
  select pair, version, bid, mid, ask, source, path, manual, observed_at, effective_at from changed
), events as (
  insert into event_queue (id, topic, key, type, data)
  select gen_random_uuid(), 'forex.rates', c.pair, 'rate.changed', jsonb_build_object(
    'pair', c.pair, 'version', c.version::text, 'bid', c.bid::text, 'mid', c.mid::text, 'ask', c.ask::text,
    'source', c.source, 'path', c.path, 'manual', c.manual,
    'observedAt', to_char(c.observed_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))
  from changed c order by c.pair, c.version
)`

/** The version after all that a pair had, also where it has no current rate any more. */
export const nextVersion = (pair: string): string =>
  `coalesce((select max(v.version) from rate_versions v where v.pair = ${pair}), 0) + 1`
