import { enqueueEvents } from '@corridor/events'
import { Decimal } from '@corridor/money'
import {
  CallGroup,
  type Clock,
  inTransaction,
  type Logger,
  type Pool,
  type SqlClient,
  type Wakeups,
} from '@corridor/platform'
import { isFromFuture, judgeTick, STANDARD_MAX_JUMP_BPS, type TickFault } from '../domain/judge-tick.ts'
import { type Policies, policyOf } from '../domain/policy.ts'
import type { Tick } from '../domain/rate.ts'
import type { RateHistory } from '../history/rate-history.ts'
import { wakeRates } from '../rates-channel.ts'
import { lockRates } from './publish-rates.ts'
import { type NewVersion, readStanding, type Standing, writeVersions } from './rate-versions.ts'

export interface TickRecorderDeps {
  readonly pool: Pool
  readonly wakeups: Wakeups
  /** For each pair's sanity bound; the standard one where absent. */
  readonly policies?: Policies
  readonly clock: Clock
  /** Told of each tick that is quarantined. */
  readonly logger?: Logger
  /** Where believed ticks are kept before they become the rate. */
  readonly history?: RateHistory | undefined
}

interface BadTick {
  readonly tick: Tick
  readonly reason: TickFault
}

/** What became of the ticks of one call. */
interface Judged {
  readonly good: readonly Tick[]
  readonly bad: readonly BadTick[]
}

/** Calls that share a transaction; with some dozens of pairs a call, some thousand ticks. */
const MAX_CALLS = 64

/**
 * Makes the newest believed ticks of each call the current rates, with their versions and events, in one transaction. A
 * tick that is not newer than what is known changes nothing, a manual rate is never overwritten, and a bad tick is
 * quarantined with its event. What is believed is in the history first, also what comes late: no rate is without its tick.
 * Concurrent calls are taken together, in their order.
 */
export class TickRecorder {
  private readonly calls: CallGroup<readonly Tick[], number>

  constructor(private readonly deps: TickRecorderDeps) {
    this.calls = new CallGroup({
      span: { service: 'forex-service', name: 'record ticks' },
      answer: (calls) => this.recordCalls(calls),
      maxSize: MAX_CALLS,
      groupsAtOnce: 1,
    })
  }

  /** Answers how many pairs changed. Throws `Fault` when the history is away, and then nothing has changed. */
  async record(ticks: readonly Tick[]): Promise<number> {
    return ticks.length === 0 ? 0 : await this.calls.submit(ticks)
  }

  private async recordCalls(calls: readonly (readonly Tick[])[]): Promise<number[]> {
    const { pool, wakeups, history } = this.deps
    const pairs = [...new Set(calls.flat().map(({ pair }) => pair))]
    if (history) {
      const judged = this.judge(calls, await readStanding(pool, pairs))
      await history.record(judged.flatMap(({ good }) => good))
    }
    const { changed, quarantined } = await inTransaction(pool, async (client) => {
      await lockRates(client)
      const standing = await readStanding(client, pairs)
      const judged = this.judge(calls, standing)
      const now = this.deps.clock.now()
      const versions = judged.map(({ good }) => versionsOf(newestOf(good), standing, now))
      await writeVersions(client, versions.flat())
      return {
        quarantined: await quarantine(
          client,
          judged.flatMap(({ bad }) => bad),
        ),
        changed: versions.map((ofCall) => ofCall.filter(({ version }) => version !== null).length),
      }
    })
    if (changed.some((count) => count > 0) || quarantined.length > 0) wakeRates(wakeups)
    this.report(quarantined)
    return changed
  }

  /** Each call's ticks in the order they were observed, by the last believed mid and a manual rate that stands. */
  private judge(calls: readonly (readonly Tick[])[], standing: ReadonlyMap<string, Standing>): Judged[] {
    const { clock, policies } = this.deps
    const now = clock.now()
    const believed = new Map<string, Decimal>()
    return calls.map((ticks) => {
      const good: Tick[] = []
      const bad: BadTick[] = []
      for (const tick of ticks.toSorted((a, b) => a.observedAt.getTime() - b.observedAt.getTime())) {
        const { pair } = tick
        const maxJumpBps = (policies && policyOf(policies, pair).maxJumpBps) ?? STANDARD_MAX_JUMP_BPS
        const known = standing.get(pair)
        const references = [believed.get(pair) ?? known?.providerMid, known?.manualMid].filter((mid) => mid != null)
        const reason = judgeTick(tick, { references, maxJumpBps, now })
        if (reason !== null) bad.push({ tick, reason })
        else {
          good.push(tick)
          believed.set(pair, tick.mid)
        }
      }
      return { good, bad }
    })
  }

  private report(quarantined: readonly BadTick[]): void {
    for (const { tick, reason } of quarantined) {
      const { pair, source, mid } = tick
      this.deps.logger?.warn({ pair, source, mid: mid.toString(), reason }, 'a tick was quarantined')
    }
  }
}

/** Of several ticks of a pair, in the order they were observed, the last. */
const newestOf = (ticks: readonly Tick[]): Tick[] => [...new Map(ticks.map((tick) => [tick.pair, tick])).values()]

/**
 * What the ticks of a call change, each on top of what stands by then; what stands is moved on. What was observed by a clock
 * that has been set back since does not stand in the way of what comes after it.
 */
function versionsOf(ticks: readonly Tick[], standing: Map<string, Standing>, now: Date): NewVersion[] {
  return ticks.flatMap((tick) => {
    const known = standing.get(tick.pair)
    if (!known) return []
    const observedAt = known.observedAt !== null && isFromFuture(known.observedAt, now) ? null : known.observedAt
    if (observedAt !== null && tick.observedAt <= observedAt) return []
    const version = known.manualMid === null ? known.version + 1n : null
    standing.set(tick.pair, { ...known, observedAt: tick.observedAt, version: version ?? known.version })
    return [{ tick, version }]
  })
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
