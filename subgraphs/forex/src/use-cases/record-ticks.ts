import { enqueueEvents } from '@corridor/events'
import { Decimal } from '@corridor/money'
import {
  type Clock,
  inTransaction,
  type Logger,
  type Pool,
  type SqlClient,
  systemClock,
  type Wakeups,
} from '@corridor/platform'
import { judgeTick, STANDARD_MAX_JUMP_BPS, type TickFault } from '../domain/judge-tick.ts'
import { type Policies, policyOf } from '../domain/policy.ts'
import type { Tick } from '../domain/rate.ts'
import type { RateHistory } from '../history/rate-history.ts'
import { wakeRates } from '../rates-channel.ts'
import { nextVersion, PUBLISH_CHANGED } from './publish-rates.ts'

export interface TickRecorderDeps {
  readonly pool: Pool
  readonly wakeups: Wakeups
  /** For each pair's sanity bound; the standard one where absent. */
  readonly policies?: Policies
  readonly clock?: Clock
  /** Told of each tick that is quarantined. */
  readonly logger?: Logger
  /** Where believed ticks are kept before they become the rate. */
  readonly history?: RateHistory | undefined
}

interface BadTick {
  readonly tick: Tick
  readonly reason: TickFault
}

/**
 * Makes the newest believed ticks the current rates, with their versions and events, in one transaction. A tick that is
 * not newer than what is known changes nothing, a manual rate is never overwritten, and a bad tick is quarantined with
 * its event. What is believed is in the history first, also what comes late: no rate is without its tick. Answers how many pairs changed.
 */
export async function recordTicks(deps: TickRecorderDeps, ticks: readonly Tick[]): Promise<number> {
  if (ticks.length === 0) return 0
  if (deps.history) await deps.history.record((await judge(deps, deps.pool, ticks)).good)
  const { changed, quarantined } = await inTransaction(deps.pool, async (client) => {
    const { good, bad } = await judge(deps, client, ticks)
    return { quarantined: await quarantine(client, bad), changed: await record(client, newestOf(good)) }
  })
  if (changed > 0 || quarantined.length > 0) wakeRates(deps.wakeups)
  for (const { tick, reason } of quarantined) {
    const { pair, source, mid } = tick
    deps.logger?.warn({ pair, source, mid: mid.toString(), reason }, 'a tick was quarantined')
  }
  return changed
}

/** Judges ticks in the order they were observed. */
async function judge(deps: TickRecorderDeps, client: SqlClient, ticks: readonly Tick[]) {
  const now = (deps.clock ?? systemClock).now()
  const references = await readReferences(client, [...new Set(ticks.map(({ pair }) => pair))])
  const good: Tick[] = []
  const bad: BadTick[] = []
  for (const tick of ticks.toSorted((a, b) => a.observedAt.getTime() - b.observedAt.getTime())) {
    const { pair } = tick
    const known = references.get(pair) ?? { provider: null, manual: null }
    const maxJumpBps = (deps.policies && policyOf(deps.policies, pair).maxJumpBps) ?? STANDARD_MAX_JUMP_BPS
    const mids = [known.provider, known.manual].filter((mid) => mid !== null)
    const reason = judgeTick(tick, { references: mids, maxJumpBps, now })
    if (reason !== null) bad.push({ tick, reason })
    else {
      good.push(tick)
      references.set(pair, { ...known, provider: tick.mid })
    }
  }
  return { good, bad }
}

/** Of several ticks of a pair, in the order they were observed, the last. */
const newestOf = (ticks: readonly Tick[]): Tick[] => [...new Map(ticks.map((tick) => [tick.pair, tick])).values()]

interface Reference {
  readonly provider: Decimal | null
  readonly manual: Decimal | null
}

/** The last believed mids, locked in the order of their pairs: what is judged by them is still true when it is written. */
async function readReferences(client: SqlClient, pairs: readonly string[]): Promise<Map<string, Reference>> {
  const provider = await client.query<{ pair: string; mid: string }>({
    name: 'forex-lock-provider-rates',
    text: 'select pair, mid::text from provider_rates where pair = any($1::text[]) order by pair for update',
    values: [pairs],
  })
  const manual = await client.query<{ pair: string; mid: string }>({
    name: 'forex-manual-mids',
    text: 'select pair, mid::text from current_rates where manual and pair = any($1::text[])',
    values: [pairs],
  })
  const references = new Map<string, Reference>()
  for (const { pair, mid } of provider.rows) references.set(pair, { provider: Decimal.parse(mid), manual: null })
  for (const { pair, mid } of manual.rows) {
    references.set(pair, { provider: references.get(pair)?.provider ?? null, manual: Decimal.parse(mid) })
  }
  return references
}

/** Keeps each bad tick once, however often its provider repeats it; answers those that are new. */
async function quarantine(client: SqlClient, bad: readonly BadTick[]): Promise<BadTick[]> {
  const fresh: BadTick[] = []
  for (const { tick, reason } of bad) {
    const { pair, source, observedAt, bid, mid, ask } = tick
    const { rowCount } = await client.query(
      `insert into quarantined_ticks (pair, source, observed_at, bid, mid, ask, reason)
       values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing`,
      [pair, source, observedAt, bid.toString(), mid.toString(), ask.toString(), reason],
    )
    if (rowCount === 1) fresh.push({ tick, reason })
  }
  await enqueueEvents(
    client,
    fresh.map(({ tick: { pair, source, observedAt }, reason }) => ({
      topic: 'forex.rates',
      key: pair,
      type: 'tick.quarantined',
      data: { pair, source, observedAt: observedAt.toISOString(), reason },
    })),
  )
  return fresh
}

async function record(client: SqlClient, ticks: readonly Tick[]): Promise<number> {
  if (ticks.length === 0) return 0
  const rows = ticks.toSorted((a, b) => (a.pair < b.pair ? -1 : 1)) // Rows are locked in this order by every writer.
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
    ],
  })
  return rowCount ?? 0
}

const RECORD_TICKS = `
with ticks as (
  select * from unnest($1::text[], $2::numeric[], $3::numeric[], $4::numeric[], $5::text[], $6::timestamptz[])
    as t (pair, bid, mid, ask, source, observed_at)
), newer as (
  insert into provider_rates as p (pair, bid, mid, ask, source, observed_at)
  select pair, bid, mid, ask, source, observed_at from ticks order by pair
  on conflict (pair) do update
    set bid = excluded.bid, mid = excluded.mid, ask = excluded.ask, source = excluded.source,
        observed_at = excluded.observed_at
    where excluded.observed_at > p.observed_at
  returning p.*
), changed as (
  insert into current_rates as c (pair, bid, mid, ask, source, path, version, observed_at, effective_at)
  select pair, bid, mid, ask, source, array[pair], ${nextVersion('newer.pair')}, observed_at, now()
  from newer order by pair
  on conflict (pair) do update
    set bid = excluded.bid, mid = excluded.mid, ask = excluded.ask, source = excluded.source, path = excluded.path,
        observed_at = excluded.observed_at, version = c.version + 1,
        effective_at = greatest(excluded.effective_at, c.effective_at) -- Instants rise with versions.
    where not c.manual
  returning c.*
), ${PUBLISH_CHANGED}
select pair from changed`
