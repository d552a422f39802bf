import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { freePort } from '@corridor/dev-services'
import {
  createForexSubgraph,
  createRateProvider,
  type ForexSubgraph,
  forexMigrations,
  MARKET_SETTINGS,
  marketOf,
  type RateProvider,
  standardPolicies,
} from '@corridor/forex'
import { ANONYMOUS, inProcessWakeups, migrate, provisionDatabase, readConfig, silentLogger } from '@corridor/platform'
import type { ServiceClient, SubgraphContext } from '@corridor/subgraph'
import { type TestClock, testClock } from '@corridor/testing'
import { type DocumentNode, execute, parse } from 'graphql'

/** How often the simulated market moves. */
export const STEP_MS = 10_000
/** Some history lies behind this instant, and some ahead. */
const BEGIN = new Date('2026-11-02T00:00:00.000Z')

/** The far side of the network: a ledger in which the house has no position. */
const ledger: ServiceClient = {
  request: async <Data>() => ({ housePositions: [] }) as Data,
  close: async () => undefined,
}

/** The forex subgraph on a PostgreSQL and a DynamoDB of its own, with a clock that the benchmark moves. */
export class MarketDesk {
  readonly forex: ForexSubgraph
  readonly market: RateProvider
  readonly clock: TestClock
  private readonly dynamo: ChildProcess

  private constructor(parts: Pick<MarketDesk, 'forex' | 'market' | 'clock'>, dynamo: ChildProcess) {
    this.forex = parts.forex
    this.market = parts.market
    this.clock = parts.clock
    this.dynamo = dynamo
  }

  static async open(adminUrl: string): Promise<MarketDesk> {
    const urls = await provisionDatabase({
      adminUrl,
      database: 'forex_db',
      ownerPassword: 'benchmark',
      applicationPassword: 'benchmark',
    })
    await migrate({ ownerUrl: urls.ownerUrl, directory: forexMigrations })
    const dynamo = fork(fileURLToPath(new URL('dynamo-process.ts', import.meta.url)), [String(await freePort())])
    const [endpoint] = (await once(dynamo, 'message')) as [string] // Its first message is its address.
    const clock = testClock(BEGIN)
    const config = readConfig({ FX_PROVIDER: 'simulated', RATE_INTERVAL_MS: String(STEP_MS) }, MARKET_SETTINGS)
    const forex = await createForexSubgraph({
      databaseUrl: urls.applicationUrl,
      clock,
      logger: silentLogger,
      wakeups: inProcessWakeups(),
      idempotencySecret: 'a secret for this benchmark alone',
      ledger,
      policies: standardPolicies({ intervalMs: STEP_MS }),
      dynamo: { endpoint },
    })
    const market = await createRateProvider(marketOf(config), { clock, logger: silentLogger })
    return new MarketDesk({ forex, market, clock }, dynamo)
  }

  /** What the market says next. */
  async nextPoll() {
    this.clock.advanceMs(STEP_MS)
    return await this.market.fetch(AbortSignal.timeout(STEP_MS))
  }

  /** An operation on the subgraph's schema, by a user of it or by a service. Throws for any error in its answer. */
  async ask<Data>(document: DocumentNode, variableValues: object, contextValue: SubgraphContext): Promise<Data> {
    const answer = await execute({
      schema: this.forex.schema,
      document,
      variableValues: { ...variableValues },
      contextValue,
    })
    if (answer.errors) throw answer.errors[0]?.originalError ?? answer.errors[0]
    return answer.data as Data // The document says its shape.
  }

  async count(sql: string): Promise<number> {
    const { rows } = await this.forex.pool.query<{ n: bigint }>(sql)
    return Number(rows[0]?.n ?? 0n)
  }

  async close(): Promise<void> {
    await this.forex.close()
    const ended = once(this.dynamo, 'exit')
    this.dynamo.disconnect()
    await ended
  }
}

export const RATE = parse(
  'query ($pair: CurrencyPair!) { rate(pair: $pair) { bid mid ask source path stale version } }',
)
export const HISTORY = parse(`query ($pair: CurrencyPair!, $from: DateTime!, $to: DateTime!) {
  rateHistory(pair: $pair, from: $from, to: $to, interval: HOUR) { openTime open high low close ticks } }`)
export const CREATE = parse('mutation ($input: CreateFxQuoteInput!) { createFxQuote(input: $input) { id expiresAt } }')
export const REDEEM = parse(
  'mutation ($r: [RedeemFxQuoteInput!]!) { redeemFxQuotes(redemptions: $r) { code quote { id } } }',
)

export const user = (subject: string): SubgraphContext => ({
  issuer: 'router',
  caller: { ...ANONYMOUS, kind: 'user', subject, scopes: new Set(['forex:read', 'forex:quote']) },
})
export const paymentService: SubgraphContext = {
  issuer: 'payment-service',
  caller: { ...ANONYMOUS, kind: 'service' },
}
