import { inProcessWakeups, silentLogger, uuidv7, type Wakeups } from '@corridor/platform'
import type { ServiceClient, SubgraphContext } from '@corridor/subgraph'
import { asService, asUser, createTestDatabase, dataOf, type TestClock, testClock } from '@corridor/testing'
import {
  createRiskConsumers,
  createRuleEngineSubgraph,
  type RuleEngineDeps,
  type RuleEngineSubgraph,
  ruleEngineMigrations,
} from '../src/index.ts'

/** Noon in New York. */
export const NOON = new Date('2026-11-02T17:00:00.000Z')

/** The far side of the network: what a dollar is worth in dollars. */
const forex: ServiceClient = {
  request: async <Data>(_: string, variables: Record<string, unknown> = {}) =>
    ({ usdReference: { usdMinor: variables.a } }) as Data,
  close: async () => undefined,
}

export interface DecideResult {
  readonly subjectId: string
  readonly outcome: string
  readonly riskScore: number
}

/** Of a payment that was decided: outcome, score, and the codes of its reasons. */
export type Judged = [outcome: string, riskScore: number, codes: string[]]

/** A rule engine on a database of its own, with what it needs of the other domains. */
export class RulesFixture {
  private readonly others: RuleEngineSubgraph[] = []

  private constructor(
    readonly clock: TestClock,
    readonly rules: RuleEngineSubgraph,
    private readonly database: Awaited<ReturnType<typeof createTestDatabase>>,
    private readonly consumers: ReturnType<typeof createRiskConsumers>,
  ) {}

  static async start(options: Partial<RuleEngineDeps> = {}): Promise<RulesFixture> {
    const clock = testClock(NOON)
    const database = await createTestDatabase({ migrationsDirectory: ruleEngineMigrations })
    const databaseUrl = database.applicationUrl
    const rules = await createRuleEngineSubgraph({
      databaseUrl,
      clock,
      logger: silentLogger,
      wakeups: inProcessWakeups(),
      forex,
      ...options,
    })
    const consumers = createRiskConsumers({ databaseUrl, service: 'risk-counters' })
    return new RulesFixture(clock, rules, database, consumers)
  }

  /** Another instance over the same database; no wake-up of the first reaches it unless they share them. */
  async anotherInstance(wakeups: Wakeups = inProcessWakeups()): Promise<RuleEngineSubgraph> {
    const databaseUrl = this.database.applicationUrl
    const instance = await createRuleEngineSubgraph({
      databaseUrl,
      clock: this.clock,
      logger: silentLogger,
      wakeups,
      forex,
    })
    this.others.push(instance)
    return instance
  }

  async close(): Promise<void> {
    await this.consumers.close()
    for (const instance of [this.rules, ...this.others]) await instance.close()
    await this.database.drop()
  }

  async deliver(
    topic: 'profile.events' | 'payment.events',
    key: string,
    type: string,
    data = {},
    id = uuidv7(),
  ): Promise<void> {
    for (const consumer of this.consumers.consumers.filter(({ topics }) => topics.includes(topic))) {
      await consumer.handle({ id, topic, key, type, data, occurredAt: this.clock.now(), traceparent: null })
    }
  }

  /** A customer as his profile's events describe him. */
  async customer(profile: object = {}): Promise<string> {
    const id = uuidv7()
    await this.deliver('profile.events', id, 'profile.updated', {
      kycStatus: 'VERIFIED',
      kycLevel: 'BASIC',
      country: 'US',
      timeZone: 'America/New_York',
      version: '1',
      ...profile,
    })
    return id
  }

  async decide(inputs: readonly object[], { prepare = false, on = this.rules } = {}): Promise<DecideResult[]> {
    const { decide } = await dataOf<{ decide: DecideResult[] }>(
      on.schema,
      asService('payment-processor'),
      'mutation ($i: [DecideInput!]!, $p: Boolean) { decide(inputs: $i, prepare: $p) { subjectId outcome riskScore } }',
      { i: inputs, p: prepare },
    )
    return decide
  }

  async judge(customerId: string, dollars: number, more: object = {}): Promise<Judged> {
    const [result] = await this.decide([payment(customerId, dollars, more)])
    if (!result) throw new Error('no result')
    const { ruleDecision } = await this.asStaff<{ ruleDecision: { reasons: { code: string }[] } }>(
      'query ($id: ID!) { ruleDecision(id: $id) { reasons { code } trace inputs } }',
      { id: result.subjectId },
    )
    return [result.outcome, result.riskScore, ruleDecision.reasons.map(({ code }) => code)]
  }

  /** Count and volume of a customer in US cents, by period; of the present windows where he has used several. */
  async windows(customerId: string): Promise<Record<string, [number, bigint]>> {
    const { rows } = await this.rules.pool.query<{ period: string; payments: number; usd_minor: bigint }>(
      'select period, payments, usd_minor from usage_windows where customer_id = $1 order by starts_at',
      [customerId],
    )
    return Object.fromEntries(rows.map((row) => [row.period, [row.payments, row.usd_minor]]))
  }

  asStaff<Data>(document: string, variables: Record<string, unknown> = {}, context: SubgraphContext = staff()) {
    return dataOf<Data>(this.rules.schema, context, document, variables)
  }
}

export const staff = (subject: string = uuidv7()): SubgraphContext => asUser(subject, 'rules:read', 'rules:write')

export const payment = (customerId: string, dollars: number, more: object = {}) => ({
  subjectId: uuidv7(),
  kind: 'TRANSFER',
  customerId,
  currency: 'USD',
  amountUsdMinor: String(Math.round(dollars * 100)),
  ...more,
})
