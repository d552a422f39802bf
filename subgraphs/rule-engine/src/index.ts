import { fileURLToPath } from 'node:url'
import type { Consumer } from '@corridor/events'
import { type Clock, createPool, type Logger, type Pool, type Wakeups } from '@corridor/platform'
import { buildFederatedSchema, type ServiceClient, type Subgraph } from '@corridor/subgraph'
import { type AmountBounds, DEFAULT_BOUNDS } from './domain/amount-bounds.ts'
import { createDecisionReader, LimitsResolver, RuleDecisionResolver } from './resolvers/rule-resolver.ts'
import { RiskListResolver, RuleSetResolver } from './resolvers/rule-set-resolver.ts'
import { ProfileType } from './resolvers/rule-types.ts'
import { RuleBook } from './rule-book.ts'
import { RuleEngine } from './rule-engine.ts'
import { preparedPurge } from './use-cases/prepared-purge.ts'
import { customerProjection, paymentCounters } from './use-cases/risk-consumers.ts'
import { shipRules } from './use-cases/ship-rules.ts'

export { type AmountBounds, DEFAULT_BOUNDS } from './domain/amount-bounds.ts'
export { type Rebuilt, rebuildCounters } from './use-cases/rebuild-counters.ts'

/** Numbered SQL; read where it lies, so that it need not be copied by the build. */
export const ruleEngineMigrations = fileURLToPath(new URL('../src/migrations', import.meta.url))

export interface RuleEngineDeps {
  readonly databaseUrl: string
  readonly clock: Clock
  readonly logger: Logger
  readonly wakeups: Wakeups
  /** For valuing the amount of a dry run. */
  readonly forex: ServiceClient
  /** Whether a rule set is activated by two people, as in production. */
  readonly twoPeople?: boolean
  /** The smallest and the largest payment, whatever the rule sets grant. */
  readonly bounds?: AmountBounds
}

export interface RuleEngineSubgraph extends Subgraph {
  readonly pool: Pool
}

/** Rules over payments: limits, compliance and fraud, by models kept in the database. */
export async function createRuleEngineSubgraph({
  databaseUrl,
  clock,
  logger,
  wakeups,
  forex,
  twoPeople = false,
  bounds = DEFAULT_BOUNDS,
}: RuleEngineDeps): Promise<RuleEngineSubgraph> {
  const pool = createPool({ url: databaseUrl, service: 'rule-engine-service' })
  const engine = new RuleEngine()
  const book = new RuleBook({ pool, wakeups, engine })
  await shipRules({ pool, clock })
  const purge = preparedPurge({ pool, clock, logger })
  purge.start()
  const decisions = createDecisionReader(pool)
  const deps = { pool, book, engine, clock, wakeups, bounds, twoPeople }
  const schema = await buildFederatedSchema({
    resolvers: [
      new RuleDecisionResolver({ ...deps, decisions, forex }),
      new LimitsResolver(deps),
      new RuleSetResolver(deps),
      new RiskListResolver(deps),
    ],
    orphanedTypes: [ProfileType],
    references: {
      RuleDecision: { load: (ids, context) => Promise.all(ids.map((id) => decisions(id, context))) },
      Profile: { load: async (ids) => ids.map((id) => ({ id })) },
    },
  })
  return {
    name: 'rule-engine',
    schema,
    pool,
    async close() {
      await purge.stop()
      book.close()
      engine.close()
      await pool.end()
    },
  }
}

/** The consumers that keep customers and counters in step with events, for the worker that runs them. */
export function createRiskConsumers({ databaseUrl, service }: { databaseUrl: string; service: string }): {
  consumers: readonly Consumer[]
  pool: Pool
  close(): Promise<void>
} {
  const pool = createPool({ url: databaseUrl, service, max: 8 })
  return { consumers: [customerProjection(pool), paymentCounters(pool)], pool, close: () => pool.end() }
}
