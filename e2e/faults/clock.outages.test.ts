import { randomUUID } from 'node:crypto'
import { type ApiClient, CustomerJourney, FREE_PORTS, startPlatform } from '@corridor/embedded'
import { checkInvariants } from '@corridor/ledger'
import { createPool, type Pool, silentLogger } from '@corridor/platform'
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest'
import { type TestPlatform, testPlatform } from '../journey/platform.ts'
import { raiseLimits } from '../journey/raise-limits.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
/** An hour, and more than any allowance for clocks that disagree. */
const JUMP_MS = HOUR_MS + 2 * MINUTE_MS
/** Reviews end after 72 hours. */
const REVIEW_MS = 73 * HOUR_MS
const RATE_INTERVAL_MS = 2_000
/** Several times so many in an hour are no sign of fraud that has a payment held: that is 100. */
const UNDER_WAY = 20
const CASE_TIMEOUT_MS = 180_000
/** Much less than an hour: nothing waits until the clock has caught up. */
const SHOWN = { timeout: 60_000, interval: 100 }
const LOCK = 'mutation ($input: CreateFxQuoteInput!) { createFxQuote(input: $input) { id } }'
const USD = 'USD'
const money = (amount: string, currency = USD) => ({ amount, currency })

/**
 * The clock of a machine that is set wrong: it goes on, by so much ahead. One process has all parts here, so that all of them
 * have it; PostgreSQL keeps the right time, so that whoever compares the two is found out.
 */
let aheadMs = 0
const clock = { now: () => new Date(Date.now() + aheadMs) }

let running: TestPlatform
let payments: Pool
let ledger: Pool
let wallets: { readonly usd: string; readonly eur: string; readonly payee: string }
let ada: CustomerJourney

beforeAll(async () => {
  running = await testPlatform((dataDirectory) =>
    startPlatform({
      dataDirectory,
      ports: FREE_PORTS,
      logger: silentLogger,
      settleAfterMs: 50,
      rateIntervalMs: RATE_INTERVAL_MS,
      clock,
    }),
  )
  const { databases } = running.platform
  payments = createPool({ url: databases.payment, service: 'faults', max: 2 })
  ledger = createPool({ url: databases.ledger, service: 'faults', max: 2 })
  ada = new CustomerJourney(await running.signIn('customer1'))
  const ravi = new CustomerJourney(await running.signIn('customer2'))
  const [usd, eur, payee] = [
    await ada.openWallet(USD, 'Clock'),
    await ada.openWallet('EUR', 'Clock'),
    await ravi.openWallet(USD, 'Clock'),
  ]
  await ada.deposit(usd, '900.00', USD)
  await ada.deposit(eur, '500.00', 'EUR')
  wallets = { usd, eur, payee }
}, CASE_TIMEOUT_MS)
afterAll(async () => {
  await payments?.end()
  await ledger?.end()
  await running?.stop()
})
beforeEach(async () => {
  await setAhead(0)
})

/** Sets the clock, and signs in anew: tokens end by it. */
async function setAhead(ms: number): Promise<void> {
  aheadMs = ms
  ada = new CustomerJourney(await running.signIn('customer1'))
}

const send = async (input: object = { fromWalletId: wallets.usd, debit: money('1.00') }): Promise<string> =>
  (await ada.send({ idempotencyKey: randomUUID(), toWalletId: wallets.payee, ...input })).id

/** When there is a rate that is not too old by the clock as it is set now. */
const lockRate = async (): Promise<string> => await vi.waitFor(lockNow, SHOWN)
async function lockNow(): Promise<string> {
  const input = { idempotencyKey: randomUUID(), from: money('1.00', 'EUR'), toCurrency: USD }
  return (await ada.api.request<{ createFxQuote: { id: string } }>(LOCK, { input })).createFxQuote.id
}

async function statusesOf(ids: readonly string[]): Promise<ReadonlySet<string>> {
  const { rows } = await payments.query('select status from payments where id = any($1::uuid[])', [ids])
  return new Set(rows.map(({ status }) => String(status)))
}

const completed = (ids: readonly string[]): Promise<void> =>
  vi.waitFor(async () => expect([...(await statusesOf(ids))]).toEqual(['COMPLETED']), SHOWN)

async function refusalOf(work: Promise<unknown>): Promise<string> {
  return await work.then(
    () => 'accepted',
    (error: unknown) => String(error),
  )
}

async function nothingIsBroken(): Promise<void> {
  const checks = await checkInvariants({ pool: ledger, clock })
  expect(checks.filter(({ holds }) => !holds)).toEqual([])
}

it(
  'payments under way when the clock jumps, in either direction, are made to their end at once',
  async () => {
    for (const ms of [JUMP_MS, 0, -JUMP_MS, 0]) {
      const sent = Promise.all(Array.from({ length: UNDER_WAY }, () => send()))
      const before = await sent
      await setAhead(ms)
      await completed(before)
      await completed([await send()])
    }
    await nothingIsBroken()
  },
  CASE_TIMEOUT_MS,
)

it(
  'rates that are locked and quotes that are prepared end by the clock of who made them',
  async () => {
    const payBy = (fxQuoteId: string) => send({ fromWalletId: wallets.eur, fxQuoteId })
    const prepare = () => ada.prepare({ fromWalletId: wallets.usd, toWalletId: wallets.payee, debit: money('1.00') })
    const confirm = (quoteId: string) => ada.send({ idempotencyKey: randomUUID(), quoteId })
    const [rate, quote] = [await lockRate(), await prepare()]
    await setAhead(JUMP_MS)
    expect(await refusalOf(payBy(rate))).toContain('QUOTE_EXPIRED')
    expect(await refusalOf(confirm(quote.id))).toContain('QUOTE_EXPIRED')
    const [later, laterQuote] = [await lockRate(), await prepare()]
    await setAhead(0)
    const paid = [await payBy(later), (await confirm(laterQuote.id)).id]
    await completed(paid)
    expect(await refusalOf(payBy(later))).toMatch(/QUOTE_USED|QUOTE_EXPIRED/)
    await nothingIsBroken()
  },
  CASE_TIMEOUT_MS,
)

it(
  'rates move on when the clock has gone back, and none that is from the future is locked for an hour',
  async () => {
    const mid = async () =>
      (await ada.api.request<{ rate: { mid: string } }>('{ rate(pair: "EURUSD") { mid } }')).rate.mid
    const moves = async (): Promise<void> => {
      const before = await mid()
      await vi.waitFor(async () => expect(await mid()).not.toBe(before), SHOWN)
      await lockRate()
    }
    for (const ms of [JUMP_MS, 0, -JUMP_MS, 0]) {
      await setAhead(ms)
      await moves()
      await moves()
    }
  },
  CASE_TIMEOUT_MS,
)

it(
  'keys answer with the same payment before and after each jump',
  async () => {
    const input = { idempotencyKey: randomUUID(), fromWalletId: wallets.usd, debit: money('1.00') }
    const first = await send(input)
    for (const ms of [JUMP_MS, 0, -JUMP_MS, 0]) {
      await setAhead(ms)
      expect(await send(input)).toBe(first)
    }
    await completed([first])
  },
  CASE_TIMEOUT_MS,
)

it(
  'tokens end by the clock of who judges them, and users who sign in again go on',
  async () => {
    const { api } = ada
    const ask = (client: ApiClient) => client.send('{ me { id } }')
    expect((await ask(api)).errors).toEqual([])
    await setAhead(JUMP_MS)
    expect((await ask(api)).errors.map(({ code }) => code)).toEqual(['UNAUTHENTICATED'])
    expect((await ask(ada.api)).errors).toEqual([])
    await setAhead(0)
    expect((await ask(ada.api)).errors).toEqual([])
  },
  CASE_TIMEOUT_MS,
)

it(
  'a review lasts its 72 hours by the clock of the processor, whatever it was set to meanwhile',
  async () => {
    const id = await sendMuch()
    const isInReview = () => vi.waitFor(async () => expect([...(await statusesOf([id]))]).toEqual(['IN_REVIEW']), SHOWN)
    await isInReview()
    for (const ms of [JUMP_MS, -JUMP_MS, 0]) {
      await setAhead(ms)
      await completed([await send()])
      await isInReview()
    }
    await setAhead(REVIEW_MS)
    await vi.waitFor(async () => {
      const { rows } = await payments.query('select status, failure_code from payments where id = $1', [id])
      expect(rows).toEqual([{ status: 'FAILED', failure_code: 'REVIEW_EXPIRED' }])
    }, SHOWN)
    await nothingIsBroken()
  },
  CASE_TIMEOUT_MS,
)

/** So much that a person looks at it, by somebody who sends for the first time: his pace and habits say nothing against him. */
async function sendMuch(): Promise<string> {
  const ravi = new CustomerJourney(await running.signIn('customer2'))
  await raiseLimits(ravi, await running.signIn('ops'))
  for (let count = 0; count < 3; count += 1) await ravi.deposit(wallets.payee, '45000.00', USD)
  const input = { fromWalletId: wallets.payee, toWalletId: wallets.usd, debit: money('100003.00') }
  return (await ravi.send({ idempotencyKey: randomUUID(), ...input })).id
}
