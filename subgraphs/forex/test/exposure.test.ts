import { Decimal } from '@corridor/money'
import { inProcessWakeups, silentLogger, uuidv7 } from '@corridor/platform'
import { asService, asUser, codesOf, createTestDatabase, dataOf, type TestDatabase, testClock } from '@corridor/testing'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import {
  createForexConsumers,
  createForexSubgraph,
  createTickRecorder,
  type ForexSubgraph,
  forexMigrations,
  STANDARD_QUOTE_LIMITS,
  standardPolicies,
  type Tick,
} from '../src/index.ts'
import { readCommitments } from '../src/use-cases/commitments.ts'
import { FarLedger, position } from './far-side.ts'

const clock = testClock()
const ledger = new FarLedger()
const wakeups = inProcessWakeups()
const LIMIT_USD_MINOR = 100_000n
let database: TestDatabase
let forex: ForexSubgraph
let recorder: ReturnType<typeof createTickRecorder>
let outcomes: ReturnType<typeof createForexConsumers>

const open = () =>
  createForexSubgraph({
    databaseUrl: database.applicationUrl,
    clock,
    logger: silentLogger,
    wakeups,
    idempotencySecret: 'a secret for these tests alone',
    ledger,
    policies: { ...standardPolicies({ intervalMs: 2_000 }), pairs: { EURUSD: { spreadBps: 0 } } },
    limits: { ...STANDARD_QUOTE_LIMITS, maxDailyUsdMinor: 10_000_000n },
    exposurePolicy: {
      limitUsdMinor: 1_000_000_000n,
      currencies: { INR: LIMIT_USD_MINOR },
      widenFromBps: 5_000,
      wideningBps: 30,
    },
  })

beforeAll(async () => {
  database = await createTestDatabase({ migrationsDirectory: forexMigrations })
  recorder = createTickRecorder({ databaseUrl: database.applicationUrl, wakeups, clock, service: 'forex-poller' })
  outcomes = createForexConsumers({ databaseUrl: database.applicationUrl, service: 'forex-poller' })
  await tick('USDINR', '80')
  await tick('EURUSD', '1.25')
  await tick('USDJPY', '150')
  forex = await open()
})
/** What was read of the ledger may be a second old: each test begins with a subgraph of its own and no quotes. */
afterEach(async () => {
  ledger.away = false
  ledger.positions = []
  await forex.close()
  await recorder.pool.query(
    'update fx_quotes set settled_at = now(), expired_at = case when payment_id is null then now() end',
  )
  clock.advanceMs(86_400_000)
  for (const [pair, mid] of [
    ['USDINR', '80'],
    ['EURUSD', '1.25'],
    ['USDJPY', '150'],
  ] as const)
    await tick(pair, mid)
  forex = await open()
})
afterAll(async () => {
  await forex.close()
  await recorder.close()
  await outcomes.close()
  await database.drop()
})

async function tick(pair: string, mid: string): Promise<void> {
  const price = Decimal.parse(mid)
  const tick: Tick = { pair, bid: price, mid: price, ask: price, source: 'test', observedAt: clock.now() }
  await recorder.recordTicks([tick])
}

const auditor = asUser(uuidv7(), 'forex:exposure')
const customer = () => asUser(uuidv7(), 'forex:read', 'forex:quote')
interface Shown {
  currency: string
  position: { amount: string }
  committed: { amount: string }
  valueUsd: { amount: string }
  limitUsd: { amount: string }
}
const EXPOSURE =
  '{ exposure { currency position { amount } committed { amount } valueUsd { amount } limitUsd { amount } } }'
const exposure = async () =>
  (await dataOf<{ exposure: Shown[] }>(forex.schema, auditor, EXPOSURE)).exposure.map(
    ({ currency, position: held, committed, valueUsd }) =>
      `${currency} ${held.amount} + ${committed.amount} = ${valueUsd.amount} USD`,
  )

const CREATE = `mutation ($input: CreateFxQuoteInput!) { createFxQuote(input: $input) {
  id to { amount } spreadBps appliedRate ticks { pair mid source version ageSeconds manual } } }`
interface Quote {
  id: string
  to: { amount: string }
  spreadBps: number
  appliedRate: string
  ticks: object[]
}
const input = (from: string, amount: string, toCurrency: string, more = {}) => ({
  input: { idempotencyKey: uuidv7(), from: { amount, currency: from }, toCurrency, ...more },
})
const quote = async (
  from: string,
  amount: string,
  to: string,
  { caller = customer(), ...more }: { caller?: ReturnType<typeof customer>; lockSeconds?: number } = {},
) => (await dataOf<{ createFxQuote: Quote }>(forex.schema, caller, CREATE, input(from, amount, to, more))).createFxQuote
const refusal = async (from: string, amount: string, to: string, caller = customer()) =>
  (await codesOf(forex.schema, caller, CREATE, input(from, amount, to)))[0]

async function redeem(quoteId: string, paymentId: string, code: string | null = null): Promise<void> {
  const { rows } = await forex.pool.query('select owner from fx_quotes where id = $1', [quoteId])
  const { redeemFxQuotes } = await dataOf<{ redeemFxQuotes: { code: string | null }[] }>(
    forex.schema,
    asService('payment-service'),
    'mutation ($r: [RedeemFxQuoteInput!]!) { redeemFxQuotes(redemptions: $r) { code } }',
    { r: [{ quoteId, paymentId, owner: rows[0].owner }] },
  )
  expect(redeemFxQuotes).toEqual([{ code }])
}

async function hear(type: string, paymentId: string, kind = 'PAYOUT'): Promise<void> {
  const data = { kind, payer: uuidv7(), payee: kind === 'TRANSFER' ? uuidv7() : null }
  const event = { id: uuidv7(), topic: 'payment.events', key: paymentId, type, data, traceparent: null } as const
  for (const consumer of outcomes.consumers) await consumer.handle({ ...event, occurredAt: clock.now() })
}

const events = async (type: string) =>
  (await forex.pool.query('select key, data from event_queue where type = $1 order by sequence', [type])).rows

describe('exposure', () => {
  it('is the position, what is pending on it, and the quotes that could still be called, valued at the mid', async () => {
    ledger.positions = [
      position('INR', -800_005n, { held: 80_000n }),
      position('USD', 10_000n, { incoming: 1_000n }),
      position('JPY', 225n),
    ]
    await quote('USD', '1.00', 'INR')
    // -8000.05 less 800 held less 79.60 quoted, at 1/80; 2.25 dollars of yen are half-even of 1.50.
    expect(await exposure()).toEqual([
      'INR -8000.05 + -879.60 = -111.00 USD',
      'JPY 225 + 0 = 1.50 USD',
      'USD 100.00 + 11.00 = 111.00 USD',
    ])
    const { exposure: shown } = await dataOf<{ exposure: Shown[] }>(forex.schema, auditor, EXPOSURE)
    expect(shown.map(({ limitUsd }) => limitUsd.amount)).toEqual(['1000.00', '10000000.00', '10000000.00'])
  })

  it('follows a quote from its lock to the ledger', async () => {
    const { id } = await quote('USD', '1.00', 'INR')
    const committed = ['INR 0.00 + -79.60 = -1.00 USD', 'USD 0.00 + 1.00 = 1.00 USD']
    const nothing: string[] = []
    expect(await exposure()).toEqual(committed)
    const paymentId = uuidv7()
    await redeem(id, paymentId)
    clock.advanceMs(3_600_000)
    expect(await exposure()).toEqual(committed)
    await hear('payment.pending', paymentId)
    expect(await exposure()).toEqual(committed)
    await hear('payment.authorized', paymentId)
    await hear('payment.completed', paymentId)
    expect(await exposure()).toEqual(nothing)
    await quote('USD', '1.00', 'INR').then(
      () => expect.fail('a stale rate locks nothing'),
      (error: { code: string }) => expect(error.code).toBe('RATE_STALE'),
    )
  })

  it('lets go of a quote that expires, with its event, once', async () => {
    const { id } = await quote('USD', '1.00', 'INR')
    clock.advanceMs(59_999)
    expect(await recorder.announceExpiredQuotes()).toBe(false)
    expect(await exposure()).toHaveLength(2)
    clock.advanceMs(1)
    expect(await exposure()).toEqual([])
    for (let round = 0; round < 2; round += 1) await recorder.announceExpiredQuotes()
    const expired = (await events('quote.expired')).filter(({ key }) => key === id)
    expect(expired.map(({ data }) => [data.quoteId, data.paymentId, data.fromMinor])).toEqual([[id, null, '100']])
  })

  it('has what was posted and may be refunded, for thirty days or until it was', async () => {
    const [refunded, old] = [uuidv7(), uuidv7()]
    for (const paymentId of [refunded, old]) {
      await redeem((await quote('USD', '1.00', 'INR')).id, paymentId)
      for (let time = 0; time < 2; time += 1) await hear('payment.completed', paymentId, 'TRANSFER')
    }
    ledger.positions = [position('INR', -15_920n), position('USD', 200n)]
    expect(await exposure()).toEqual(['INR -159.20 + 159.20 = -1.99 USD', 'USD 2.00 + -2.00 = 2.00 USD'])
    for (const type of ['payment.partially_refunded', 'payment.refunded', 'payment.refunded']) {
      await hear(type, refunded, 'TRANSFER')
    }
    ledger.positions = [position('INR', 0n), position('USD', 0n)]
    expect(await exposure()).toEqual(['INR 0.00 + 79.60 = 1.00 USD', 'USD 0.00 + -1.00 = -1.00 USD'])
    clock.advanceMs(31 * 86_400_000)
    expect(await exposure()).toEqual(['INR 0.00 + 0.00 = 0.00 USD', 'USD 0.00 + 0.00 = 0.00 USD'])
  })

  it('is for those alone who may see it, and is refused aloud while the ledger is away', async () => {
    expect(await codesOf(forex.schema, customer(), EXPOSURE)).toEqual(['UNAUTHORIZED_FIELD_OR_TYPE'])
    ledger.away = true
    expect(await codesOf(forex.schema, auditor, EXPOSURE)).toEqual(['SERVICE_UNAVAILABLE'])
  })
})

async function price(fromCurrency: string, toCurrency: string, more: object = {}): Promise<string | null | undefined> {
  const payment = { paymentId: uuidv7(), owner: uuidv7(), fromCurrency, toCurrency, debitMinor: '100000', ...more }
  const { pricePayments } = await dataOf<{ pricePayments: { code: string | null }[] }>(
    forex.schema,
    asService('payment-processor'),
    'mutation ($p: [PricePaymentInput!]!) { pricePayments(payments: $p) { code } }',
    { p: [payment] },
  )
  return pricePayments[0]?.code
}

describe('a limit of exposure', () => {
  it('makes prices wider on the way to it and stops them at it, for what brings the house nearer to it alone', async () => {
    expect(await quote('USD', '490.00', 'INR')).toMatchObject({ spreadBps: 50, appliedRate: '79.6' })
    expect(await quote('USD', '20.00', 'INR')).toMatchObject({ spreadBps: 80, appliedRate: '79.36' })
    expect(await refusal('USD', '600.00', 'INR')).toBe('RATE_UNAVAILABLE')
    expect(await refusal('EUR', '600.00', 'INR')).toBe('RATE_UNAVAILABLE')
    expect(await quote('INR', '10000.00', 'USD')).toMatchObject({ spreadBps: 50 })
    expect(await quote('USD', '1000.00', 'JPY')).toMatchObject({ spreadBps: 50 })
  })

  it('does not count on it that others call what would bring the position back', async () => {
    ledger.positions = [position('INR', -7_900_000n)]
    expect(await quote('INR', '40000.00', 'USD')).toMatchObject({ spreadBps: 50 })
    expect(await refusal('USD', '100.00', 'INR')).toBe('RATE_UNAVAILABLE')
    expect(await exposure()).toContain('INR -79000.00 + 40000.00 = -987.50 USD')
  })

  it('holds for what payments are priced at too', async () => {
    ledger.positions = [position('INR', -7_900_000n)]
    expect(await price('USD', 'INR')).toBe('RATE_UNAVAILABLE')
    expect(await price('USD', 'JPY')).toBeNull()
    expect(await price('USD', 'USD')).toBeNull()
  })

  it('does not hold for what a refund is held against, and nobody is committed by that', async () => {
    ledger.positions = [position('INR', -7_900_000n)]
    const [shown, committed] = [await exposure(), await readCommitments(forex.pool, clock.now())]
    expect(await price('USD', 'INR', { isRefund: true })).toBeNull()
    expect(await exposure()).toEqual(shown)
    expect(await readCommitments(forex.pool, clock.now())).toEqual(committed)
  })

  it('that cannot be checked locks no rate', async () => {
    ledger.away = true
    expect(await refusal('USD', '1.00', 'INR')).toBe('SERVICE_UNAVAILABLE')
    expect(await codesOf(forex.schema, customer(), '{ rate(pair: "USDINR") { mid } }')).toEqual([])
  })
})

describe('a quote', () => {
  it('keeps the ticks that it was made of, with their ages', async () => {
    clock.advanceMs(1_500)
    const { ticks } = await quote('EUR', '1.00', 'INR')
    expect(ticks).toEqual([
      { pair: 'EURUSD', mid: '1.25', source: 'test', version: expect.any(String), ageSeconds: 1.5, manual: false },
      { pair: 'USDINR', mid: '80', source: 'test', version: expect.any(String), ageSeconds: 1.5, manual: false },
    ])
  })

  it('is told of when it is used, once', async () => {
    const { id } = await quote('USD', '1.00', 'INR')
    const paymentId = uuidv7()
    await redeem(id, paymentId)
    await redeem(id, paymentId)
    const used = (await events('quote.used')).filter(({ key }) => key === id)
    expect(used.map(({ data }) => [data.quoteId, data.paymentId, data.toMinor])).toEqual([[id, paymentId, '7960']])
  })

  it('has expired for all when a clock that is ahead has said so', async () => {
    const { id } = await quote('USD', '1.00', 'INR')
    clock.advanceMs(60_000)
    await recorder.announceExpiredQuotes()
    clock.advanceMs(-1)
    await redeem(id, uuidv7(), 'QUOTE_EXPIRED')
  })

  it('costs more when it is locked for more than five minutes, unless who locks it administers rates', async () => {
    const admin = asUser(uuidv7(), 'forex:quote', 'forex:admin')
    expect(await quote('USD', '1.00', 'INR', { lockSeconds: 300 })).toMatchObject({ spreadBps: 50 })
    expect(await quote('USD', '1.00', 'INR', { lockSeconds: 301 })).toMatchObject({ spreadBps: 75 })
    expect(await quote('USD', '1.00', 'INR', { lockSeconds: 301, caller: admin })).toMatchObject({ spreadBps: 50 })
  })

  it('counts against the daily value of its customer whatever becomes of it, until midnight', async () => {
    const caller = customer()
    await quote('USD', '60000.00', 'JPY', { caller })
    clock.advanceMs(61_000)
    await tick('USDJPY', '150')
    expect(await refusal('USD', '40000.01', 'JPY', caller)).toBe('LIMIT_EXCEEDED')
    await quote('USD', '40000.00', 'JPY', { caller })
    await quote('USD', '40000.01', 'JPY')
  })

  it('locked for him by a service counts too, and is not made where it must be there already', async () => {
    const owner = uuidv7()
    const lock = async (fromMinor: string, mustExist = false) => {
      const { lockFxQuotes } = await dataOf<{ lockFxQuotes: { code: string | null }[] }>(
        forex.schema,
        asService('payment-service'),
        'mutation ($q: [LockFxQuoteInput!]!) { lockFxQuotes(quotes: $q) { code } }',
        { q: [{ id: uuidv7(), owner, fromCurrency: 'USD', toCurrency: 'JPY', fromMinor, mustExist }] },
      )
      return lockFxQuotes[0]?.code
    }
    expect(await lock('10000000', true)).toBe('NOT_FOUND')
    expect(await lock('10000000')).toBeNull()
    expect(await lock('1')).toBe('LIMIT_EXCEEDED')
  })
})
