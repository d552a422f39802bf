import { randomUUID } from 'node:crypto'
import { type ApiClient, type ApiError, CustomerJourney } from '@corridor/embedded'
import { createPool, type Pool } from '@corridor/platform'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { startTestPlatform, type TestPlatform } from './platform.ts'

let running: TestPlatform
let ada: CustomerJourney
let stranger: ApiClient
let payments: Pool
let from: string
let to: string

beforeAll(async () => {
  running = await startTestPlatform()
  payments = createPool({ url: running.platform.databases.payment, service: 'e2e', max: 1 })
  ada = new CustomerJourney(await running.signIn('customer1'))
  stranger = await running.signIn('customer2')
  from = await ada.openWallet('USD', 'Travel')
  to = await new CustomerJourney(stranger).openWallet('INR', 'Home')
  const { deposit } = await ada.api.request<{ deposit: { id: string } }>(DEPOSIT, {
    input: { idempotencyKey: randomUUID(), walletId: from, amount: usd('1000.00') },
  })
  await completed(deposit.id)
})
afterAll(async () => {
  await payments.end()
  await running.stop()
})

const SEND = 'mutation ($input: SendPaymentInput!) { sendPayment(input: $input) { id } }'
const PREPARE = 'mutation ($input: PreparePaymentInput!) { preparePayment(input: $input) { id } }'
const DEPOSIT = 'mutation ($input: DepositInput!) { deposit(input: $input) { id } }'
const OPEN = 'mutation ($input: OpenWalletInput!) { openWallet(input: $input) { id } }'
const LOCK = 'mutation ($input: CreateFxQuoteInput!) { createFxQuote(input: $input) { id } }'

const completed = (id: string): Promise<void> =>
  vi.waitFor(async () => expect((await ada.payment(id))?.status).toBe('COMPLETED'), { timeout: 30_000, interval: 50 })

/** What was refused, and that it left nothing behind. */
async function refusalOf(document: string, variables: Record<string, unknown>, api = ada.api): Promise<ApiError> {
  const before = await written()
  const { errors } = await api.send(document, variables)
  expect(errors).toHaveLength(1)
  expect(await written()).toEqual(before)
  return errors[0] as ApiError // There is one, as was just seen.
}

/** How much the payment subgraph holds: payments, prepared quotes and keys that are used up. */
async function written(): Promise<unknown> {
  const { rows } = await payments.query(
    `select (select count(*)::int from payments) as payments, (select count(*)::int from payment_quotes) as quotes,
            (select count(*)::int from idempotency_keys) as keys`,
  )
  return rows[0]
}

const send = (input: Record<string, unknown>) => ({
  input: { idempotencyKey: randomUUID(), fromWalletId: from, toWalletId: to, ...input },
})
const usd = (amount: string) => ({ amount, currency: 'USD' })

describe('a malformed amount', () => {
  const AMOUNTS: readonly [string, string][] = [
    ['1e3', 'USD'],
    ['1.234', 'USD'],
    ['0.5', 'JPY'],
    ['-1', 'USD'],
    ['01', 'USD'],
    ['1'.repeat(40), 'USD'],
    ['', 'USD'],
    ['1.', 'USD'],
    ['+1', 'USD'],
    [' 1', 'USD'],
    ['1,000.00', 'USD'],
  ]
  it.each(AMOUNTS)('of %j %s is refused wherever money is sent, with the field named', async (amount, currency) => {
    const wrong = { amount, currency }
    for (const refusal of [
      await refusalOf(SEND, send({ debit: wrong })),
      await refusalOf(PREPARE, { input: { fromWalletId: from, toWalletId: to, debit: wrong } }),
      await refusalOf(DEPOSIT, { input: { idempotencyKey: randomUUID(), walletId: from, amount: wrong } }),
      await refusalOf(LOCK, { input: { idempotencyKey: randomUUID(), from: wrong, toCurrency: 'INR' } }),
      await refusalOf('query ($m: MoneyInput!) { convert(from: $m, to: "INR") { appliedRate } }', { m: wrong }),
    ]) {
      expect(refusal.code).toBe('BAD_USER_INPUT')
      expect(refusal.message).toMatch(/amount|debit|from/)
    }
  })

  it('leaves the idempotency key to be used with a good one', async () => {
    const idempotencyKey = randomUUID()
    await refusalOf(SEND, send({ idempotencyKey, debit: usd('1e3') }))
    const { id } = await ada.send(send({ idempotencyKey, debit: usd('1.00') }).input)
    await completed(id)
  })
})

describe('what does not exist', () => {
  it.each(['XYZ', 'usd', 'US', '', 'EURO'])('the currency %j is refused with the field named', async (currency) => {
    const opened = await refusalOf(OPEN, { input: { idempotencyKey: randomUUID(), currency } })
    expect(opened).toMatchObject({ code: 'BAD_USER_INPUT', message: expect.stringMatching(/currency/i) })
    const sent = await refusalOf(SEND, send({ debit: { amount: '1.00', currency } }))
    expect(sent).toMatchObject({ code: 'BAD_USER_INPUT', message: expect.stringMatching(/currency/i) })
  })

  it.each(['USD', 'USDXYZ', 'usdinr', 'USDINRX', ''])('the pair %j is refused with the field named', async (pair) => {
    const refusal = await refusalOf('query ($pair: CurrencyPair!) { rate(pair: $pair) { mid } }', { pair })
    expect(refusal).toMatchObject({ code: 'BAD_USER_INPUT', message: expect.stringMatching(/pair/i) })
  })

  it('a pair that nobody quotes has no rate', async () => {
    const refusal = await refusalOf('{ rate(pair: "USDXAF") { mid } }', {})
    expect(refusal.code).toBe('RATE_UNAVAILABLE')
  })
})

describe('an id of the wrong kind', () => {
  const FIELDS: readonly [string, (id: string) => Record<string, unknown>][] = [
    ['fromWalletId', (id) => send({ fromWalletId: id, debit: usd('1.00') })],
    ['toWalletId', (id) => send({ toWalletId: id, debit: usd('1.00') })],
    ['quoteId', (id) => ({ input: { idempotencyKey: randomUUID(), quoteId: id } })],
    ['fxQuoteId', (id) => send({ fxQuoteId: id })],
  ]
  it.each(FIELDS)('in %s is refused with the field named', async (field, variables) => {
    const malformed = await refusalOf(SEND, variables('not-an-id'))
    expect(malformed).toMatchObject({ code: 'BAD_USER_INPUT', message: expect.stringContaining(field) })
    const unknown = await refusalOf(SEND, variables(randomUUID()))
    expect(unknown.code).toBe('NOT_FOUND')
  })

  it('is no wallet when it is a payment', async () => {
    const { id } = await ada.send(send({ debit: usd('1.00') }).input)
    await completed(id)
    expect((await refusalOf(SEND, send({ fromWalletId: id, debit: usd('1.00') }))).code).toBe('NOT_FOUND')
  })
})

describe('a quote', () => {
  it('of somebody else does not exist', async () => {
    const quote = await ada.prepare({ fromWalletId: from, toWalletId: to, debit: usd('1.00') })
    const input = { idempotencyKey: randomUUID(), quoteId: quote.id }
    expect((await refusalOf(SEND, { input }, stranger)).code).toBe('NOT_FOUND')
  })

  it('that was used is refused', async () => {
    const quote = await ada.prepare({ fromWalletId: from, toWalletId: to, debit: usd('1.00') })
    const { id } = await ada.send({ idempotencyKey: randomUUID(), quoteId: quote.id })
    await completed(id)
    expect((await refusalOf(SEND, { input: { idempotencyKey: randomUUID(), quoteId: quote.id } })).code).toBe(
      'QUOTE_USED',
    )
  })

  it('that has expired is refused', async () => {
    const { createFxQuote } = await ada.api.request<{ createFxQuote: { id: string } }>(LOCK, {
      input: { idempotencyKey: randomUUID(), from: usd('1.00'), toCurrency: 'INR', lockSeconds: 1 },
    })
    await expect.poll(() => statusOf(createFxQuote.id), { timeout: 30_000, interval: 100 }).toBe('EXPIRED')
    expect((await refusalOf(SEND, send({ fxQuoteId: createFxQuote.id }))).code).toBe('QUOTE_EXPIRED')
  })
})

async function statusOf(id: string): Promise<string> {
  const query = 'query ($id: ID!) { fxQuote(id: $id) { status } }'
  return (await ada.api.request<{ fxQuote: { status: string } }>(query, { id })).fxQuote.status
}

describe('of two fields that exclude each other', () => {
  const both = { debit: usd('1.00'), credit: { amount: '100.00', currency: 'INR' } }
  it('both are refused with a field named', async () => {
    for (const [document, variables] of [
      [SEND, send(both)],
      [PREPARE, { input: { fromWalletId: from, toWalletId: to, ...both } }],
      [SEND, { input: { idempotencyKey: randomUUID(), quoteId: randomUUID(), debit: usd('1.00') } }],
      [LOCK, { input: { idempotencyKey: randomUUID(), from: usd('1.00'), to: usd('1.00') } }],
    ] as const) {
      const refusal = await refusalOf(document, variables)
      expect(refusal).toMatchObject({ code: 'BAD_USER_INPUT', message: expect.stringMatching(/debit|credit|from|to/) })
    }
  })

  it('neither is refused with a field named', async () => {
    for (const [document, variables] of [
      [SEND, send({})],
      [PREPARE, { input: { fromWalletId: from, toWalletId: to } }],
      [SEND, { input: { idempotencyKey: randomUUID() } }],
      [LOCK, { input: { idempotencyKey: randomUUID(), fromCurrency: 'USD', toCurrency: 'INR' } }],
    ] as const) {
      const refusal = await refusalOf(document, variables)
      expect(refusal).toMatchObject({ code: 'BAD_USER_INPUT', message: expect.stringMatching(/debit|Wallet|from|to/) })
    }
  })
})
