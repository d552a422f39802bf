import { inProcessWakeups, silentLogger, uuidv7 } from '@corridor/platform'
import { emitSdl } from '@corridor/subgraph'
import { asService, asUser, codesOf, createTestDatabase, dataOf, type TestDatabase, testClock } from '@corridor/testing'
import { type GraphQLError, parse, subscribe } from 'graphql'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createForexSubgraph, type ForexSubgraph, forexMigrations, standardPolicies } from '../src/index.ts'
import { simulatedMarket } from '../src/providers/simulated-market.ts'
import { FarLedger } from './far-side.ts'

const INTERVAL_MS = 2_000
const HOUR_MS = 3_600_000
const clock = testClock()
const market = simulatedMarket({ seed: 'test', intervalMs: INTERVAL_MS, clock })
let database: TestDatabase
let forex: ForexSubgraph

beforeAll(async () => {
  database = await createTestDatabase({ migrationsDirectory: forexMigrations })
  forex = await createForexSubgraph({
    databaseUrl: database.applicationUrl,
    clock,
    logger: silentLogger,
    wakeups: inProcessWakeups(),
    idempotencySecret: 'a secret for these tests alone',
    ledger: new FarLedger(),
    policies: standardPolicies({ intervalMs: INTERVAL_MS }),
  })
  await poll()
})
afterAll(async () => {
  await forex.close()
  await database.drop()
})

const poll = async (): Promise<number> => forex.recordTicks(await market.fetch(AbortSignal.timeout(1_000)))
const customer = (n: number) => asUser(`00000000-0000-4000-8000-00000000000${n}`, 'forex:read', 'forex:quote')
const data = <T>(source: string, variables = {}, context = customer(1)) =>
  dataOf<T>(forex.schema, context, source, variables)
const codes = (source: string, variables = {}, context = customer(1)) =>
  codesOf(forex.schema, context, source, variables)

const CREATE = `mutation ($input: CreateFxQuoteInput!) { createFxQuote(input: $input) {
  id from { amount currency } to { amount currency } appliedRate mid spreadBps path source status expiresAt } }`
const quote = async (input: object, context = customer(1)) =>
  (
    await data<{ createFxQuote: { id: string; status: string; from: { amount: string }; to: { amount: string } } }>(
      CREATE,
      { input: { idempotencyKey: uuidv7(), ...input } },
      context,
    )
  ).createFxQuote

describe('the schema', () => {
  it('is the committed one', async () => {
    await expect(emitSdl(forex.schema)).toMatchFileSnapshot('../schema.graphql')
  })
})

describe('rates', () => {
  it('shows a rate as its provider gave it, and derives the others with their path', async () => {
    const { direct, cross, inverse } = await data<
      Record<string, { mid: string; path: string[]; source: string; stale: boolean }>
    >(
      '{ direct: rate(pair: "USDINR") { mid path source stale } cross: rate(pair: "EURINR") { mid path source stale } inverse: rate(pair: "INRUSD") { mid path source stale } }',
    )
    expect(direct).toMatchObject({ path: ['USDINR'], source: 'simulated', stale: false })
    expect(cross).toMatchObject({ path: ['EURUSD', 'USDINR'] })
    expect(inverse).toMatchObject({ path: ['USDINR'] })
  })

  it('refuses what is no pair, and a pair that nobody quotes', async () => {
    for (const pair of ['USDUSD', 'usdinr', 'USDXXQ', 'USD', '']) {
      expect(await codes('query ($pair: CurrencyPair!) { rate(pair: $pair) { mid } }', { pair })).toEqual([
        'BAD_USER_INPUT',
      ])
    }
    expect(await codes('{ rate(pair: "USDISK") { mid } }')).toEqual(['RATE_UNAVAILABLE'])
  })

  it('changes nothing for a tick that is repeated or late', async () => {
    const late = await market.fetch(AbortSignal.timeout(1_000))
    clock.advanceMs(INTERVAL_MS)
    expect(await poll()).toBeGreaterThan(0)
    expect(await forex.recordTicks(late)).toBe(0)
    expect(await poll()).toBe(0)
  })

  it('names the rate that was in force at an instant', async () => {
    const [{ now }] = (await forex.pool.query('select clock_timestamp() as now')).rows
    const before = await data<{ rate: { mid: string; version: string } }>('{ rate(pair: "USDINR") { mid version } }')
    clock.advanceMs(INTERVAL_MS * 500)
    await poll()
    const past = await data<{ rateAt: { mid: string } }>(
      'query ($at: DateTime!) { rateAt(pair: "USDINR", at: $at) { mid version } }',
      {
        at: now.toISOString(),
      },
    )
    expect(past.rateAt).toEqual(before.rate)
  })

  it('is called stale when it is older than its policy allows, and then moves no money', async () => {
    clock.advanceMs(61_000)
    expect(await data('{ rate(pair: "USDINR") { stale } }')).toEqual({ rate: { stale: true } })
    const input = { idempotencyKey: 'stale', from: { amount: '10.00', currency: 'USD' }, toCurrency: 'INR' }
    expect(await codes(CREATE, { input })).toEqual(['RATE_STALE'])
    expect(await codes('{ convert(from: {amount: "1.00", currency: "USD"}, to: "INR") { to { amount } } }')).toEqual([
      'RATE_STALE',
    ])
    await poll()
    expect((await data<{ createFxQuote: { status: string } }>(CREATE, { input })).createFxQuote.status).toBe('OPEN')
  })

  it('moves on when the clock that it was observed by has been set back', async () => {
    clock.advanceMs(HOUR_MS)
    expect(await poll()).toBeGreaterThan(0)
    clock.advanceMs(INTERVAL_MS - HOUR_MS)
    expect(await poll()).toBeGreaterThan(0)
    expect(await poll()).toBe(0)
    clock.advanceMs(INTERVAL_MS)
    expect(await poll()).toBeGreaterThan(0)
  })

  it('sends every pair asked for as it stands, then each change', async () => {
    const stream = (await subscribe({
      schema: forex.schema,
      document: parse('subscription { rateChanged(pairs: ["USDINR", "EURINR"]) { pair version } }'),
      contextValue: customer(1),
    })) as AsyncGenerator<{ data: { rateChanged: { pair: string; version: string } } }>
    const next = async () => (await stream.next()).value.data.rateChanged
    const first = [await next(), await next()]
    expect(first.map(({ pair }) => pair)).toEqual(['USDINR', 'EURINR'])
    clock.advanceMs(INTERVAL_MS)
    await poll()
    const second = [await next(), await next()]
    expect(Number(second[0]?.version)).toBeGreaterThan(Number(first[0]?.version))
    await stream.return(undefined)
  })

  it('refuses to follow a pair that nobody quotes', async () => {
    const answer = (await subscribe({
      schema: forex.schema,
      document: parse('subscription { rateChanged(pairs: ["USDISK"]) { pair } }'),
      contextValue: customer(1),
    })) as { errors: GraphQLError[] }
    expect(answer.errors[0]?.originalError).toMatchObject({ code: 'RATE_UNAVAILABLE' })
  })
})

describe('quotes', () => {
  it('fixes one side and lets the other follow, with where the rate came from', async () => {
    const fixedFrom = await quote({ from: { amount: '100.00', currency: 'USD' }, toCurrency: 'INR' })
    expect(fixedFrom).toMatchObject({
      from: { amount: '100.00', currency: 'USD' },
      spreadBps: 50,
      path: ['USDINR'],
      source: 'simulated',
      status: 'OPEN',
    })
    const fixedTo = await quote({ to: { amount: '25000.00', currency: 'INR' }, fromCurrency: 'USD' })
    expect(fixedTo.to.amount).toBe('25000.00')
    expect(await quote({ to: { amount: '5', currency: 'JPY' }, fromCurrency: 'KWD' })).toMatchObject({
      to: { amount: '5' },
    })
  })

  it('refuses malformed amounts, unknown currencies and both or neither side, and keeps the key free', async () => {
    const key = uuidv7()
    const refused: [object, string][] = [
      ...['1e3', '1.234', '-1', '01', '9'.repeat(40), '', ' 1'].map((amount): [object, string] => [
        { from: { amount, currency: 'USD' }, toCurrency: 'INR' },
        'BAD_USER_INPUT',
      ]),
      [{ from: { amount: '0.5', currency: 'JPY' }, toCurrency: 'INR' }, 'BAD_USER_INPUT'],
      [{ from: { amount: '1.00', currency: 'XXQ' }, toCurrency: 'INR' }, 'BAD_USER_INPUT'],
      [{ from: { amount: '1.00', currency: 'USD' }, toCurrency: 'usd' }, 'BAD_USER_INPUT'],
      [{ from: { amount: '0.00', currency: 'USD' }, toCurrency: 'INR' }, 'AMOUNT_NOT_POSITIVE'],
      [{ toCurrency: 'INR' }, 'BAD_USER_INPUT'],
      [{ from: { amount: '1.00', currency: 'USD' }, to: { amount: '1.00', currency: 'INR' } }, 'BAD_USER_INPUT'],
      [{ from: { amount: '1.00', currency: 'USD' }, fromCurrency: 'USD', toCurrency: 'INR' }, 'BAD_USER_INPUT'],
      [{ from: { amount: '1.00', currency: 'USD' }, toCurrency: 'USD' }, 'CURRENCY_MISMATCH'],
      [{ from: { amount: '1', currency: 'KRW' }, toCurrency: 'GBP' }, 'AMOUNT_TOO_SMALL'],
      [{ from: { amount: '1.00', currency: 'USD' }, toCurrency: 'ISK' }, 'RATE_UNAVAILABLE'],
      [{ from: { amount: '1.00', currency: 'USD' }, toCurrency: 'INR', lockSeconds: 86_401 }, 'LIMIT_EXCEEDED'],
      [{ from: { amount: '1.00', currency: 'USD' }, toCurrency: 'INR', lockSeconds: 0 }, 'BAD_USER_INPUT'],
    ]
    for (const [input, code] of refused)
      expect([input, await codes(CREATE, { input: { idempotencyKey: key, ...input } })]).toEqual([input, [code]])
    expect(
      await quote({ idempotencyKey: key, from: { amount: '1.00', currency: 'USD' }, toCurrency: 'INR' }),
    ).toBeDefined()
    expect(
      await codes(CREATE, {
        input: { idempotencyKey: '', from: { amount: '1.00', currency: 'USD' }, toCurrency: 'INR' },
      }),
    ).toEqual(['BAD_USER_INPUT'])
  })

  it('gives the same quote for the same key, also at once, and refuses another input under it', async () => {
    const input = { idempotencyKey: uuidv7(), from: { amount: '1.00', currency: 'USD' }, toCurrency: 'INR' }
    const made = await Promise.all(Array.from({ length: 8 }, () => quote(input, customer(2))))
    expect(new Set(made.map(({ id }) => id)).size).toBe(1)
    expect(await codes(CREATE, { input: { ...input, toCurrency: 'EUR' } }, customer(2))).toEqual([
      'IDEMPOTENCY_MISMATCH',
    ])
  })

  it('lets a customer have twenty open, however many are asked for at once', async () => {
    const answers = await Promise.allSettled(
      Array.from({ length: 30 }, () =>
        quote({ from: { amount: '1.00', currency: 'USD' }, toCurrency: 'INR' }, customer(3)),
      ),
    )
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(20)
  })

  it('shows a quote to its owner alone', async () => {
    const { id } = await quote({ from: { amount: '1.00', currency: 'USD' }, toCurrency: 'INR' })
    const document = 'query ($id: ID!) { fxQuote(id: $id) { id } }'
    expect(await data(document, { id })).toEqual({ fxQuote: { id } })
    expect(await data(document, { id }, customer(2))).toEqual({ fxQuote: null })
    expect(await data(document, { id: 'nonsense' })).toEqual({ fxQuote: null })
  })

  it('is used by one payment, once, by its owner, before it expires', async () => {
    const owner = customer(1).caller.subject
    const redeem = async (quoteId: string, paymentId: string, by = owner, wanted = {}): Promise<string> => {
      const { redeemFxQuotes } = await dataOf<{ redeemFxQuotes: { code: string | null }[] }>(
        forex.schema,
        asService('payment-service'),
        'mutation ($r: [RedeemFxQuoteInput!]!) { redeemFxQuotes(redemptions: $r) { code quote { id } } }',
        { r: [{ quoteId, paymentId, owner: by, ...wanted }] },
      )
      return redeemFxQuotes[0]?.code ?? 'REDEEMED'
    }
    const { id } = await quote({ from: { amount: '1.00', currency: 'USD' }, toCurrency: 'INR' })
    expect(await redeem(id, uuidv7(), uuidv7())).toBe('NOT_FOUND')
    // One that is refused for its currencies is not used by that.
    const others = { fromCurrency: 'USD', toCurrency: 'EUR' }
    expect(await redeem(id, uuidv7(), owner, others)).toBe('CURRENCY_MISMATCH')
    expect(await redeem(id, uuidv7(), owner, { ...others, fromCurrency: 'INR' })).toBe('CURRENCY_MISMATCH')
    const payments = Array.from({ length: 10 }, () => uuidv7())
    const answers = await Promise.all(payments.map((paymentId) => redeem(id, paymentId)))
    expect(answers.filter((answer) => answer === 'REDEEMED')).toHaveLength(1)
    const winner = payments[answers.indexOf('REDEEMED')] ?? ''
    expect(await redeem(id, winner, owner, { fromCurrency: 'USD', toCurrency: 'INR' })).toBe('REDEEMED')
    expect(answers.filter((answer) => answer === 'QUOTE_USED')).toHaveLength(9)
    const expired = await quote({ from: { amount: '1.00', currency: 'USD' }, toCurrency: 'INR', lockSeconds: 5 })
    clock.advanceMs(5_000)
    expect(await redeem(expired.id, uuidv7())).toBe('QUOTE_EXPIRED')
  })

  it('prices a group of payments, the same each time it is asked', async () => {
    await poll()
    const owner = uuidv7()
    const payments = [
      { paymentId: uuidv7(), owner, fromCurrency: 'USD', toCurrency: 'INR', debitMinor: '10000' },
      { paymentId: uuidv7(), owner, fromCurrency: 'USD', toCurrency: 'USD', debitMinor: '777' },
      { paymentId: uuidv7(), owner, fromCurrency: 'USD', toCurrency: 'ISK', debitMinor: '777' },
      { paymentId: uuidv7(), owner, fromCurrency: 'JPY', toCurrency: 'EUR', creditMinor: '500' },
    ]
    const price = () =>
      dataOf<{ pricePayments: Record<string, string | null>[] }>(
        forex.schema,
        asService('payment-processor'),
        'mutation ($p: [PricePaymentInput!]!) { pricePayments(payments: $p) { code debitMinor creditMinor fxQuoteId referenceUsdMinor } }',
        { p: payments },
      )
    const { pricePayments } = await price()
    expect(pricePayments).toMatchObject([
      { code: null, debitMinor: '10000', referenceUsdMinor: '10000' },
      { code: null, debitMinor: '777', creditMinor: '777', fxQuoteId: null },
      { code: 'RATE_UNAVAILABLE' },
      { code: null, creditMinor: '500' },
    ])
    clock.advanceMs(INTERVAL_MS * 700)
    await poll()
    expect((await price()).pricePayments).toEqual(pricePayments)
  })
})
