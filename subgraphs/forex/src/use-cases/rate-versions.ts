import { Decimal } from '@corridor/money'
import type { SqlClient } from '@corridor/platform'
import type { Tick } from '../domain/rate.ts'
import { nextVersion, PUBLISH_CHANGED } from './publish-rates.ts'

/** What is known of a pair. */
export interface Standing {
  /** The last believed mid of its providers, and when it was observed; null where none ever was. */
  readonly providerMid: Decimal | null
  readonly observedAt: Date | null
  /** Of a manual rate that stands. */
  readonly manualMid: Decimal | null
  readonly version: bigint
}

/** A tick that is newer than what was known; without a version while a manual rate stands. */
export interface NewVersion {
  readonly tick: Tick
  readonly version: bigint | null
}

/** Of each pair what stands. What changes rates reads it under `lockRates`. */
export async function readStanding(client: SqlClient, pairs: readonly string[]): Promise<Map<string, Standing>> {
  const { rows } = await client.query<{
    pair: string
    mid: string | null
    observedAt: Date | null
    manual: string | null
    version: bigint
  }>({
    name: 'forex-standing',
    text: `select w.pair, p.mid::text as mid, p.observed_at as "observedAt", c.mid::text as manual,
             coalesce(v.version, ${nextVersion('w.pair')} - 1) as version
           from unnest($1::text[]) as w (pair)
           left join provider_rates p on p.pair = w.pair
           left join current_rates v on v.pair = w.pair
           left join current_rates c on c.pair = w.pair and c.manual`,
    values: [pairs],
  })
  return new Map(
    rows.map(({ pair, mid, observedAt, manual, version }) => [
      pair,
      {
        providerMid: mid === null ? null : Decimal.parse(mid),
        observedAt,
        manualMid: manual === null ? null : Decimal.parse(manual),
        version,
      },
    ]),
  )
}

/** Writes versions, in their order, with the newest of each pair as its current rate, in one statement. */
export async function writeVersions(client: SqlClient, versions: readonly NewVersion[]): Promise<void> {
  if (versions.length === 0) return
  const newest = new Map(versions.map((version) => [version.tick.pair, version]))
  await client.query({
    name: 'forex-write-versions',
    text: WRITE_VERSIONS,
    values: [
      versions.map(({ tick }) => tick.pair),
      versions.map(({ tick }) => tick.bid.toString()),
      versions.map(({ tick }) => tick.mid.toString()),
      versions.map(({ tick }) => tick.ask.toString()),
      versions.map(({ tick }) => tick.source),
      versions.map(({ tick }) => tick.observedAt),
      versions.map(({ version }) => version),
      versions.map((version) => newest.get(version.tick.pair) === version),
    ],
  })
}

const WRITE_VERSIONS = `
with ticks as (
  select * from unnest($1::text[], $2::numeric[], $3::numeric[], $4::numeric[], $5::text[], $6::timestamptz[],
      $7::bigint[], $8::boolean[])
    as t (pair, bid, mid, ask, source, observed_at, version, newest)
), believed as (
  insert into provider_rates (pair, bid, mid, ask, source, observed_at)
  select pair, bid, mid, ask, source, observed_at from ticks where newest
  on conflict (pair) do update
    set bid = excluded.bid, mid = excluded.mid, ask = excluded.ask, source = excluded.source,
        observed_at = excluded.observed_at
), changed as (
  select t.pair, t.version, t.bid, t.mid, t.ask, t.source, array[t.pair] as path, false as manual, t.observed_at,
    greatest(now(), c.effective_at) as effective_at, t.newest -- Instants rise with versions.
  from ticks t left join current_rates c on c.pair = t.pair
  where t.version is not null
), current as (
  insert into current_rates (pair, bid, mid, ask, source, path, version, observed_at, effective_at)
  select pair, bid, mid, ask, source, path, version, observed_at, effective_at from changed where newest
  on conflict (pair) do update
    set bid = excluded.bid, mid = excluded.mid, ask = excluded.ask, source = excluded.source, path = excluded.path,
        observed_at = excluded.observed_at, version = excluded.version, effective_at = excluded.effective_at
), ${PUBLISH_CHANGED}
select 1`
