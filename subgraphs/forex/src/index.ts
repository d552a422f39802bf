import { fileURLToPath } from 'node:url'
import type { Consumer } from '@corridor/events'
import {
  type Cache,
  type Clock,
  createPool,
  Fault,
  IdempotencyKeys,
  inProcessCache,
  type Logger,
  type Pool,
  type Wakeups,
} from '@corridor/platform'
import { buildFederatedSchema, checkDependency, type ServiceClient, type Subgraph } from '@corridor/subgraph'
import { type ExposurePolicy, STANDARD_EXPOSURE_POLICY } from './domain/exposure.ts'
import type { Policies } from './domain/policy.ts'
import type { Tick } from './domain/rate.ts'
import { ExposureBook } from './exposure-book.ts'
import { observeRates } from './forex-metrics.ts'
import { type DynamoSettings, RateHistory } from './history/rate-history.ts'
import { RateBook } from './rate-book.ts'
import { RateCache } from './rate-cache.ts'
import { ExposureResolver } from './resolvers/exposure-resolver.ts'
import { InternalResolver } from './resolvers/internal-resolver.ts'
import { createQuoteReader, QuoteResolver } from './resolvers/quote-resolver.ts'
import { RateResolver } from './resolvers/rate-resolver.ts'
import { announceExpiredQuotes } from './use-cases/expire-quotes.ts'
import { ForexUseCases } from './use-cases/forex-use-cases.ts'
import { keepOverrides } from './use-cases/keep-overrides.ts'
import { Pricing } from './use-cases/pricing.ts'
import { type QuoteLimits, STANDARD_QUOTE_LIMITS } from './use-cases/quote-limits.ts'
import { RateOverrides } from './use-cases/rate-overrides.ts'
import { TickRecorder } from './use-cases/record-ticks.ts'
import { paymentOutcomes } from './use-cases/settle-quotes.ts'

export { DYNAMO_SETTINGS, dynamoOf, MARKET_SETTINGS, marketOf } from './config.ts'
export { type ExposurePolicy, STANDARD_EXPOSURE_POLICY } from './domain/exposure.ts'
export type { PairPolicy, Policies } from './domain/policy.ts'
export type { Rate, Tick } from './domain/rate.ts'
export { type DynamoSettings, RateHistory } from './history/rate-history.ts'
export {
  exposurePolicyOf,
  POLICY_SETTINGS,
  type PolicyDocument,
  quoteLimitsOf,
  standardPolicies,
} from './policy-config.ts'
export { ECB_DAILY_URL, ecbReferenceRates } from './providers/ecb.ts'
export { createRateProvider, type Market, type ProviderName, preferredIntervalMs } from './providers/market.ts'
export { OANDA_API_BASE, type OandaOptions, oandaRates } from './providers/oanda.ts'
export { preferredProvider } from './providers/preferred-provider.ts'
export type { RateProvider } from './providers/rate-provider.ts'
export { type QuoteLimits, STANDARD_QUOTE_LIMITS } from './use-cases/quote-limits.ts'

/** Numbered SQL; read where it lies, so that it need not be copied by the build. */
export const forexMigrations = fileURLToPath(new URL('../src/migrations', import.meta.url))

export interface ForexDeps {
  readonly databaseUrl: string
  readonly clock: Clock
  readonly logger: Logger
  readonly wakeups: Wakeups
  /** What instances share of the rates, closed by whoever opened it; this instance’s own where absent. */
  readonly cache?: Cache
  readonly idempotencySecret: string
  readonly policies: Policies
  readonly limits?: QuoteLimits
  readonly exposurePolicy?: ExposurePolicy
  /** Asked for the positions of the house. */
  readonly ledger: ServiceClient
  /** The history of rates, whose table is made and verified at start; without it `rateHistory` refuses. */
  readonly dynamo?: DynamoSettings | undefined
}

export interface ForexSubgraph extends Subgraph {
  readonly pool: Pool
  recordTicks(ticks: readonly Tick[]): Promise<number>
}

/** Rates, and quotes locked on them, over `forex_db`. */
export async function createForexSubgraph(deps: ForexDeps): Promise<ForexSubgraph> {
  const { clock, wakeups, logger, policies, ledger } = deps
  const { limits = STANDARD_QUOTE_LIMITS, exposurePolicy = STANDARD_EXPOSURE_POLICY } = deps
  const pool = createPool({ url: deps.databaseUrl, service: 'forex-service' })
  const keys = new IdempotencyKeys(deps.idempotencySecret)
  const cache = deps.cache ?? inProcessCache()
  const book = new RateBook({ pool, wakeups, cache: new RateCache(cache), logger, clock })
  const endReading = observeRates(book, clock)
  const history = deps.dynamo && new RateHistory(deps.dynamo)
  if (history) await ensureHistory(history, logger)
  const overrides = new RateOverrides({ pool, wakeups, clock, book })
  const exposures = new ExposureBook({ pool, ledger, clock, logger })
  const pricing = new Pricing({ book, exposures, policies, exposurePolicy, clock })
  const useCases = new ForexUseCases({ pool, clock, exposures, pricing, keys, limits })
  const recorder = new TickRecorder({ pool, wakeups, policies, clock, logger, history })
  const reader = createQuoteReader(useCases)
  const schema = await buildFederatedSchema({
    resolvers: [
      new RateResolver({ pool, book, pricing, overrides, history, policies, clock }),
      new QuoteResolver({ useCases, reader, keys, clock }),
      new ExposureResolver({ exposures, pricing, exposurePolicy }),
      new InternalResolver({ pool, exposures, pricing, useCases }),
    ],
    references: { FxQuote: { load: (ids, context) => Promise.all(ids.map((id) => reader(id, context))) } },
  })
  return {
    name: 'forex',
    schema,
    pool,
    async recordTicks(ticks) {
      const recorded = await recorder.record(ticks)
      await book.reread()
      return recorded
    },
    ready: async () => (history ? [await checkDependency('dynamodb', () => history.check())] : []),
    async close() {
      endReading()
      book.close()
      history?.close()
      await pool.end()
    },
  }
}

/** A table of that name with other keys ends the start; a store that is away is waited for by whoever needs it. */
async function ensureHistory(history: RateHistory, logger: Logger): Promise<void> {
  try {
    await history.ensureTable()
  } catch (error) {
    if (!(error instanceof Fault) || !error.retryable) throw error
    logger.warn({ error }, 'the history of rates cannot be reached yet')
  }
}

/** What the poller needs of forex: to record ticks, to announce the end of quotes, and to keep manual rates. */
export function createTickRecorder(
  deps: Pick<ForexDeps, 'databaseUrl' | 'wakeups' | 'clock'> & { service: string } & Partial<
      Pick<ForexDeps, 'policies' | 'logger' | 'dynamo'>
    >,
) {
  const pool = createPool({ url: deps.databaseUrl, service: deps.service, max: 2 })
  const history = deps.dynamo && new RateHistory(deps.dynamo)
  const recorder = new TickRecorder({ ...deps, pool, history })
  return {
    pool,
    recordTicks: (ticks: readonly Tick[]) => recorder.record(ticks),
    announceExpiredQuotes: () => announceExpiredQuotes({ pool, clock: deps.clock }),
    keepOverrides: async () => (history ? await keepOverrides({ pool, history }) : false),
    close: async () => {
      history?.close()
      await pool.end()
    },
  }
}

/** The consumer that keeps the house's commitments in step with payments, for the process that runs it. */
export function createForexConsumers({ databaseUrl, service }: { databaseUrl: string; service: string }): {
  consumers: readonly Consumer[]
  close(): Promise<void>
} {
  const pool = createPool({ url: databaseUrl, service, max: 2 })
  return { consumers: [paymentOutcomes(pool)], close: () => pool.end() }
}
