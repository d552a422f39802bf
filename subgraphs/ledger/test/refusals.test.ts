import { systemClock, uuidv7 } from '@corridor/platform'
import { asService, codesOf } from '@corridor/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TransferDraft } from '../src/use-cases/journal-input.ts'
import { capture, hold, move, release, TestBooks } from './books.ts'

let books: TestBooks
let usd: string
let other: string
let inr: string
beforeAll(async () => {
  books = await TestBooks.open()
  ;[usd, other, inr] = [await books.wallet('USD', 1_000n), await books.wallet(), await books.wallet('INR')]
})
afterAll(() => books.close())

const held = async (amountMinor: bigint, expiresAt: Date | null = null): Promise<string> => {
  const made = hold(usd, other, amountMinor, 'USD', expiresAt)
  expect(await books.refusal([made])).toBe('POSTED')
  return made.id
}
const walletOf = async (status: 'FROZEN' | 'CLOSED'): Promise<string> => {
  const id = await books.wallet()
  await books.ledger.useCases.setAccountStatus({ id, status })
  return id
}
const inThePast = () => new Date(systemClock.now().getTime() - 1)

/** What each refusal is made by; `null` is the whole call's, not a journal's. */
const REFUSALS: readonly [what: string, code: string, make: () => Promise<TransferDraft[]>][] = [
  ['no transfer', 'BAD_USER_INPUT', async () => []],
  ['17 transfers', 'BATCH_TOO_LARGE', async () => Array.from({ length: 17 }, () => move(usd, other, 1n))],
  ['an amount of zero', 'AMOUNT_NOT_POSITIVE', async () => [move(usd, other, 0n)]],
  ['an amount below zero', 'AMOUNT_NOT_POSITIVE', async () => [move(usd, other, -1n)]],
  ['an amount beyond bigint', 'LIMIT_EXCEEDED', async () => [move(usd, other, 2n ** 63n)]],
  ['a balance beyond bigint', 'LIMIT_EXCEEDED', async () => [move('settlement.sandbox', usd, 2n ** 63n - 1n)]],
  ['a transfer to itself', 'ACCOUNTS_NOT_DISTINCT', async () => [move(usd, usd, 1n)]],
  ['an unknown account', 'ACCOUNT_NOT_FOUND', async () => [move(usd, uuidv7(), 1n)]],
  ['a transfer between currencies', 'CURRENCY_MISMATCH', async () => [move(usd, inr, 1n)]],
  ['a transfer in a third currency', 'CURRENCY_MISMATCH', async () => [move(usd, other, 1n, 'EUR')]],
  ['a frozen account', 'ACCOUNT_FROZEN', async () => [move(usd, await walletOf('FROZEN'), 1n)]],
  ['a hold on a frozen account', 'ACCOUNT_FROZEN', async () => [hold(usd, await walletOf('FROZEN'), 1n)]],
  ['a closed account', 'ACCOUNT_CLOSED', async () => [move(usd, await walletOf('CLOSED'), 1n)]],
  ['more than is available', 'INSUFFICIENT_FUNDS', async () => [move(usd, other, 1_001n)]],
  ['a hold of more than is available', 'INSUFFICIENT_FUNDS', async () => [hold(usd, other, 1_001n)]],
  ['a hold that was never made', 'NOT_FOUND', async () => [capture(uuidv7())]],
  ['posting more than was held', 'HOLD_EXCEEDED', async () => [capture(await held(10n), 11n)]],
  ['posting nothing of what was held', 'AMOUNT_NOT_POSITIVE', async () => [capture(await held(10n), 0n)]],
  ['posting after the expiry', 'HOLD_EXPIRED', async () => [capture(await held(10n, inThePast()))]],
  [
    'posting twice',
    'HOLD_RESOLVED',
    async () => {
      const id = await held(10n)
      return [capture(id), capture(id)]
    },
  ],
  [
    'voiding twice',
    'HOLD_RESOLVED',
    async () => {
      const id = await held(10n)
      return [release(id), release(id)]
    },
  ],
  [
    'the id of another transfer',
    'CONFLICT',
    async () => {
      const { id } = move(usd, other, 1n)
      return [
        { ...move(usd, other, 1n), id },
        { ...move(usd, other, 1n), id },
      ]
    },
  ],
]

describe('a journal', () => {
  it.each(REFUSALS)('with %s is refused as %s, and leaves no trace', async (_what, code, make) => {
    const transfers = await make()
    const before = [await books.count('transfers'), await books.count('journals'), await books.balance(usd)]
    expect(await books.refusal(transfers)).toBe(code)
    expect([await books.count('transfers'), await books.count('journals'), await books.balance(usd)]).toEqual(before)
  })

  it('that is refused does not disturb its neighbours, which see what those before them did', async () => {
    const [from, to] = [await books.wallet('USD', 10n), await books.wallet()]
    const results = await books.ledger.useCases.postJournals([
      { id: uuidv7(), transfers: [move(from, to, 7n)] },
      { id: uuidv7(), transfers: [move(from, to, 3n), move(from, to, 1n)] },
      { id: uuidv7(), transfers: [move(from, to, 3n)] },
      { id: uuidv7(), transfers: [move(from, to, 1n)] },
    ])
    expect(results.ok && results.value.map(({ status }) => status)).toEqual(['POSTED', 'REFUSED', 'POSTED', 'REFUSED'])
    expect(await books.balance(to)).toMatchObject({ posted: 10n })
  })

  it('meets its refusals in one order: what is wrong with the amount before the accounts, and these before the funds', async () => {
    const [frozen, closed] = [await walletOf('FROZEN'), await walletOf('CLOSED')]
    const wrong: [TransferDraft, string][] = [
      [move(usd, usd, 0n, 'EUR'), 'AMOUNT_NOT_POSITIVE'],
      [move(usd, usd, 2n ** 63n, 'EUR'), 'LIMIT_EXCEEDED'],
      [move(usd, usd, 5_000n, 'EUR'), 'ACCOUNTS_NOT_DISTINCT'],
      [move(usd, uuidv7(), 5_000n, 'EUR'), 'ACCOUNT_NOT_FOUND'],
      [move(closed, frozen, 5_000n, 'EUR'), 'CURRENCY_MISMATCH'],
      [move(frozen, closed, 5_000n), 'ACCOUNT_CLOSED'],
      [move(usd, frozen, 5_000n), 'ACCOUNT_FROZEN'],
      [move(usd, other, 5_000n), 'INSUFFICIENT_FUNDS'],
    ]
    for (const [transfer, code] of wrong) expect(await books.refusal([transfer])).toBe(code)
  })
})

describe('a call', () => {
  const POST = 'mutation ($journals: [JournalInput!]!) { postJournals(journals: $journals) { id status code } }'
  const RETIRE = 'mutation ($ids: [ID!]!) { retireJournals(ids: $ids) { id } }'
  const post = (journals: unknown[]) => codesOf(books.ledger.schema, asService('payment-processor'), POST, { journals })
  const one = (change: object) => post([{ id: uuidv7(), transfers: [{ ...move(usd, other, 1n), ...change }] }])

  it('with 1,001 journals is refused as a whole', async () => {
    const journals = Array.from({ length: 1_001 }, () => ({ id: uuidv7(), transfers: [move(usd, other, 1n)] }))
    const before = await books.count('transfers')
    expect(await post(journals)).toEqual(['BATCH_TOO_LARGE'])
    expect(await books.count('transfers')).toBe(before)
    const ids = journals.map(({ id }) => id)
    const retired = await codesOf(books.ledger.schema, asService('payment-processor'), RETIRE, { ids })
    expect(retired).toEqual(['BATCH_TOO_LARGE'])
  })

  it.each([
    ['an id that is no UUID', { id: 'one' }],
    ['an amount with decimals', { amountMinor: '1.5' }],
    ['an amount in hexadecimal', { amountMinor: '0x10' }],
    ['an amount of a million digits', { amountMinor: '9'.repeat(1_000_000) }],
    ['no amount', { amountMinor: null }],
    ['a currency that is none', { currency: 'XXX' }],
    ['a code that is not of the chart', { debitAccount: 'income.bribes' }],
    ['a code of customers', { creditAccount: 'customer.wallet' }],
    ['no account', { creditAccount: null }],
    ['an expiry of what is posted at once', { expiresAt: '2030-01-01T00:00:00.000Z' }],
    ['a hold that an immediate transfer names', { resolves: '00000000-0000-4000-8000-000000000000' }],
    ['a resolution that names no hold', { action: 'VOID' }],
    ['a description without end', { id: uuidv7(), description: 'x'.repeat(201) }],
  ])('with %s is refused as BAD_USER_INPUT before anything is written', async (_what, change) => {
    const before = await books.count('transfers')
    const [code] = 'description' in change ? await post([{ ...change, transfers: [] }]) : await one(change)
    expect(code).toBe('BAD_USER_INPUT')
    expect(await books.count('transfers')).toBe(before)
  })
})
