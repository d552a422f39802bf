import { Fault, type Logger } from '@corridor/platform'
import type { Tick } from '../domain/rate.ts'
import type { RateProvider } from './rate-provider.ts'

const FIRST_RETRY_MS = 1_000
/** As long as a rate of the provider may be used by default. */
const HELD_INTERVALS = 1.2

interface Asked {
  readonly provider: RateProvider
  /** The pairs it gave last: its own for as long as those rates may be used, also while it fails. */
  pairs: ReadonlySet<string>
  heldUntilMs: number
  failures: number
  lastFailure: unknown
  nextAtMs: number
}

export interface PreferredOptions {
  readonly logger: Logger
  /** Each provider's share of time. */
  readonly timeoutMs?: number
  /** A clock that never goes back. */
  readonly nowMs?: () => number
}

/**
 * Several providers as one, in order of preference: a pair is the first's that has it. Each is asked once per interval of
 * its own; one that fails is reported and passed over, within its share of time, and asked again after a growing delay. Its
 * pairs are left to the next one when its last rates are too old to be used, and not before. That all fail is a `Fault`. Polled as often as the quickest one has something new.
 */
export function preferredProvider(
  providers: readonly [RateProvider, ...RateProvider[]],
  { logger, timeoutMs = 5_000, nowMs = () => performance.now() }: PreferredOptions,
): RateProvider {
  const intervalMs = Math.min(...providers.map((provider) => provider.intervalMs))
  const all = providers.map(
    (provider): Asked => ({
      provider,
      pairs: new Set(),
      heldUntilMs: 0,
      failures: 0,
      lastFailure: null,
      nextAtMs: 0,
    }),
  )
  const ask = async (asked: Asked, signal: AbortSignal): Promise<readonly Tick[]> => {
    const startedMs = nowMs()
    try {
      const ticks = await asked.provider.fetch(AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]))
      // Half a poll early, so that one that falls a moment before its time is not a whole poll late.
      asked.nextAtMs = startedMs + asked.provider.intervalMs - intervalMs / 2
      asked.pairs = new Set(ticks.map(({ pair }) => pair))
      asked.heldUntilMs = startedMs + asked.provider.intervalMs * HELD_INTERVALS
      asked.failures = 0
      return ticks
    } catch (error) {
      if (!(error instanceof Fault)) throw error
      logger.warn({ error, provider: asked.provider.name }, 'a provider of rates failed; the next one is asked')
      asked.nextAtMs = nowMs() + Math.min(FIRST_RETRY_MS * 2 ** asked.failures, asked.provider.intervalMs)
      asked.failures += 1
      asked.lastFailure = error
      return []
    }
  }
  return {
    name: providers.map(({ name }) => name).join('+'),
    intervalMs,
    fetch: async (signal) => {
      const ticks = new Map<string, Tick>()
      const preferred = new Set<string>()
      for (const asked of all) {
        const fetched = nowMs() >= asked.nextAtMs ? await ask(asked, signal) : []
        for (const tick of fetched) if (!preferred.has(tick.pair)) ticks.set(tick.pair, tick)
        if (nowMs() < asked.heldUntilMs) for (const pair of asked.pairs) preferred.add(pair)
      }
      if (all.every(({ failures }) => failures > 0)) {
        throw new Fault('SERVICE_UNAVAILABLE', 'No provider of rates answers.', {
          cause: new AggregateError(all.map(({ lastFailure }) => lastFailure)),
        })
      }
      return [...ticks.values()]
    },
  }
}
