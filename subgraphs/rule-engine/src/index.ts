import { fileURLToPath } from 'node:url'
import type { Consumer } from '@corridor/events'
import { type Clock, createPool, type Logger, type Pool, type Wakeups } from '@corridor/platform'
import { buildFederatedSchema, checkDatabase, type ServiceClient, type Subgraph } from '@corridor/subgraph'
import {
  createDecisionReader,
  LimitsResolver,
  RuleDecisionResolver,
  RuleSetResolver,
} from './resolvers/rule-resolver.ts'
import { ProfileType } from './resolvers/rule-types.ts'
import { RuleBook } from './rule-book.ts'
import { customerProjection, paymentCounters } from './use-cases/risk-consumers.ts'

/** Numbered SQL; read where it lies, so that it need not be copied by the build. */
export const ruleEngineMigrations = fileURLToPath(new URL('../src/migrations', import.meta.url))

export interface RuleEngineDeps {
  readonly databaseUrl: string
  readonly clock: Clock
  readonly logger: Logger
  readonly wakeups: Wakeups
  /** For valuing the amount of a dry run. */
  readonly forex: ServiceClient
}

export interface RuleEngineSubgraph extends Subgraph {
  readonly pool: Pool
}

/** Rules over payments: limits, compliance and fraud, by models kept in the database. */
export async function createRuleEngineSubgraph(deps: RuleEngineDeps): Promise<RuleEngineSubgraph> {
  const { clock, wakeups, forex } = deps
  const pool = createPool({ url: deps.databaseUrl, service: 'rule-engine-service' })
  const book = new RuleBook({ pool, wakeups, clock })
  await book.ship()
  const decisions = createDecisionReader(pool)
  const decideDeps = { pool, book, clock, wakeups }
  const schema = await buildFederatedSchema({
    resolvers: [
      new RuleDecisionResolver({ ...decideDeps, decisions, forex }),
      new LimitsResolver(decideDeps),
      new RuleSetResolver(book),
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
    ready: async () => [await checkDatabase(pool)],
    async close() {
      book.close()
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
