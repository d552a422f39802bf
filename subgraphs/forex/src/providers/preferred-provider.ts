import { Fault, type Logger } from '@corridor/platform'
import type { Tick } from '../domain/rate.ts'
import type { RateProvider } from './rate-provider.ts'

/**
 * Several providers as one, in order of preference: of each pair the tick of the first that has it. One that fails is
 * reported and passed over, each within its share of time; that all fail is a `Fault`. Polled as the first one is.
 */
export function preferredProvider(
  providers: readonly [RateProvider, ...RateProvider[]],
  { logger, timeoutMs = 5_000 }: { logger: Logger; timeoutMs?: number },
): RateProvider {
  return {
    name: providers.map(({ name }) => name).join('+'),
    intervalMs: providers[0].intervalMs,
    fetch: async (signal) => {
      const ticks = new Map<string, Tick>()
      const failures: unknown[] = []
      for (const provider of providers) {
        try {
          const fetched = await provider.fetch(AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]))
          for (const tick of fetched) if (!ticks.has(tick.pair)) ticks.set(tick.pair, tick)
        } catch (error) {
          if (!(error instanceof Fault)) throw error
          logger.warn({ error, provider: provider.name }, 'a provider of rates failed; the next one is asked')
          failures.push(error)
        }
      }
      if (failures.length === providers.length) {
        throw new Fault('SERVICE_UNAVAILABLE', 'No provider of rates answers.', {
          cause: new AggregateError(failures),
        })
      }
      return [...ticks.values()]
    },
  }
}
