import { inProcessWakeups, silentLogger, uuidv5 } from '@corridor/platform'
import { asService, asUser, createTestDatabase, dataOf, startTestDynamo, testClock } from '@corridor/testing'
import { describe, expect, it } from 'vitest'
import { createForexSubgraph, forexMigrations, RateHistory, standardPolicies } from '../src/index.ts'
import { simulatedMarket } from '../src/providers/simulated-market.ts'
import { FarLedger, position } from './far-side.ts'

/** Two days of writes, on a machine that has other things to do. */
const REPLAY_TIMEOUT_MS = 180_000
const STEP_MS = 15 * 60_000
const STEPS_A_DAY = (24 * 60 * 60_000) / STEP_MS
/** Polls that are recorded together before the next quote. */
const STEPS_A_QUOTE = 6
const START = new Date('2026-11-02T00:00:00.000Z')
const SCOPES = ['forex:read', 'forex:quote', 'forex:exposure']
const PAIRS = [
  ['USD', 'INR'],
  ['EUR', 'JPY'],
  ['KWD', 'USD'],
  ['GBP', 'THB'],
] as const

/** What prices are derived from; the others would only cost time. */
const MARKET: ReadonlySet<string> = new Set(['EURUSD', 'GBPUSD', 'USDINR', 'USDJPY', 'USDKWD', 'USDTHB'])

/** All that may be known of a day, ids and instants of the database left out. */
async function replay() {
  const clock = testClock(START)
  const market = simulatedMarket({ seed: 'a day', intervalMs: STEP_MS, clock })
  const [dynamo, database] = await Promise.all([
    startTestDynamo(),
    createTestDatabase({ migrationsDirectory: forexMigrations }),
  ])
  const ledger = new FarLedger()
  ledger.positions = [position('INR', -1_234_567n), position('USD', 98_765n, { incoming: 4_321n })]
  const forex = await createForexSubgraph({
    databaseUrl: database.applicationUrl,
    clock,
    logger: silentLogger,
    wakeups: inProcessWakeups(),
    idempotencySecret: 'a secret for these tests alone',
    ledger,
    policies: standardPolicies({ intervalMs: STEP_MS }),
    exposurePolicy: { limitUsdMinor: 200_000n, currencies: {}, widenFromBps: 2_500, wideningBps: 30 },
    dynamo: { endpoint: dynamo.endpoint },
  })
  const history = new RateHistory({ endpoint: dynamo.endpoint })
  const quotes: object[] = []
  try {
    for (let step = 0; step < STEPS_A_DAY; step += STEPS_A_QUOTE) {
      const polls = []
      for (let n = 0; n < STEPS_A_QUOTE; n += 1) {
        clock.set(new Date(START.getTime() + (step + n) * STEP_MS))
        const ticks = await market.fetch(AbortSignal.timeout(1_000))
        polls.push(ticks.filter(({ pair }) => MARKET.has(pair)))
      }
      await Promise.all(polls.map((ticks) => forex.recordTicks(ticks)))
      quotes.push(await quoteAndUse(step))
    }
    const candles = []
    const end = new Date(clock.now().getTime() + 1)
    for (const interval of ['MINUTE', 'HOUR', 'DAY'] as const) {
      for (const pair of ['USDINR', 'EURUSD']) {
        candles.push(await history.candles(pair, interval, START, end))
      }
    }
    const auditor = asUser(uuidv5('auditor', NAMESPACE), ...SCOPES)
    const { exposure } = await dataOf<{ exposure: object[] }>(forex.schema, auditor, EXPOSURE)
    const { rates } = await dataOf<{ rates: object[] }>(forex.schema, auditor, RATES)
    return { candles, quotes, exposure, rates }
  } finally {
    history.close()
    await forex.close()
    await database.drop()
    await dynamo.close()
  }

  /** A quote; every other one is used. */
  async function quoteAndUse(step: number): Promise<object> {
    const [currency, toCurrency] = PAIRS[(step / STEPS_A_QUOTE) % PAIRS.length] ?? PAIRS[0]
    const owner = uuidv5(String(step), NAMESPACE)
    const from = { amount: `${step + 1}.37`, currency }
    const input = { idempotencyKey: String(step), from, toCurrency, lockSeconds: 86_400 }
    const { createFxQuote } = await dataOf<{ createFxQuote: { id: string } }>(
      forex.schema,
      asUser(owner, ...SCOPES),
      CREATE,
      { input },
    )
    const { id: quoteId, ...quote } = createFxQuote
    if (step % (2 * STEPS_A_QUOTE) === 0) {
      const redemption = { quoteId, owner, paymentId: uuidv5(`payment ${step}`, NAMESPACE) }
      await dataOf(forex.schema, asService('payment-service'), REDEEM, { r: [redemption] })
    }
    return quote
  }
}

const NAMESPACE = '6ba7b810-9dad-41d1-80b4-00c04fd430c8'
const CREATE = `mutation ($input: CreateFxQuoteInput!) { createFxQuote(input: $input) {
  id from { amount currency } to { amount currency } appliedRate mid spreadBps path source observedAt expiresAt
  ticks { pair bid mid ask source version observedAt ageSeconds manual } } }`
const REDEEM = 'mutation ($r: [RedeemFxQuoteInput!]!) { redeemFxQuotes(redemptions: $r) { code } }'
const EXPOSURE = `{ exposure { currency position { amount } committed { amount } valueUsd { amount } limitUsd { amount } } }`
const RATES = '{ rates { pair bid mid ask source version observedAt path manual } }'

describe('a day of the simulated market', () => {
  it(
    'replayed, gives the same candles, rates, quotes and exposure to the digit',
    async () => {
      const first = await replay()
      expect(first.quotes).toHaveLength(STEPS_A_DAY / STEPS_A_QUOTE)
      expect(first.candles.map((list) => list.length)).toEqual([STEPS_A_DAY, STEPS_A_DAY, 24, 24, 1, 1])
      expect(first.exposure.length).toBeGreaterThan(5)
      // Some prices were wider: what the house is committed to is part of what must repeat.
      expect(new Set(first.quotes.map((quote) => (quote as { spreadBps: number }).spreadBps)).size).toBeGreaterThan(1)
      expect(await replay()).toEqual(first)
    },
    REPLAY_TIMEOUT_MS,
  )
})
