import { randomUUID } from 'node:crypto'
import { type ApiClient, CustomerJourney } from '@corridor/embedded'
import { createPool, type Pool } from '@corridor/platform'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { startTestPlatform, type TestPlatform } from '../journey/platform.ts'

let running: TestPlatform
let payments: Pool
let ledger: Pool
let ada: CustomerJourney
let ravi: CustomerJourney
let ops: ApiClient
let auditor: ApiClient
let usd: string
let inr: string

beforeAll(async () => {
  running = await startTestPlatform()
  const { databases } = running.platform
  payments = createPool({ url: databases.payment, service: 'e2e', max: 1 })
  ledger = createPool({ url: databases.ledger, service: 'e2e', max: 1 })
  ada = new CustomerJourney(await running.signIn('customer1'))
  ravi = new CustomerJourney(await running.signIn('customer2'))
  ops = await running.signIn('ops')
  auditor = await running.signIn('auditor')
  usd = await ada.openWallet('USD', 'Everyday')
  inr = await ravi.openWallet('INR', 'Home')
  expect((await ada.deposit(usd, '5000.00', 'USD')).statuses.at(-1)).toBe('COMPLETED')
})
afterAll(async () => {
  await payments.end()
  await ledger.end()
  await running.stop()
})

const money = (amount: string, currency = 'USD') => ({ amount, currency })
const REFUND = 'mutation ($input: RefundPaymentInput!) { refundPayment(input: $input) { id } }'
const REFUNDS =
  'query ($id: ID!) { payment(id: $id) { status refunds { status amount { amount } returned { amount currency } } } }'
const ADD = 'mutation ($input: AddBeneficiaryInput!) { addBeneficiary(input: $input) { id } }'
const CLOSE = 'mutation ($id: ID!) { closeWallet(id: $id) { status } }'

interface Refunds {
  payment: {
    status: string
    refunds: { status: string; amount: object; returned: { amount: string; currency: string } | null }[]
  }
}

const send = async (input: object): Promise<string> =>
  (await ada.send({ idempotencyKey: randomUUID(), fromWalletId: usd, ...input })).id
const ended = async (id: string, status: string): Promise<void> => {
  expect((await ada.watch({ id })).statuses.at(-1)).toBe(status)
}
const refundsOf = async (id: string) => (await ada.api.request<Refunds>(REFUNDS, { id })).payment
const until = (id: string, status: string): Promise<void> =>
  vi.waitFor(async () => expect((await refundsOf(id)).status).toBe(status), { timeout: 40_000, interval: 50 })
const posted = async (walletId: string): Promise<string> => (await ada.balance(walletId))?.posted.amount ?? ''
/** The balance of a house account in minor units. */
const house = async (code: string, currency: string): Promise<bigint> => {
  const { rows } = await ledger.query<{ posted: bigint }>(
    'select posted_minor as posted from accounts where code = $1 and currency = $2',
    [code, currency],
  )
  return rows[0]?.posted ?? 0n
}
async function bankAccount(currency: string, country: string): Promise<string> {
  const account = { name: 'Ada Lovelace', accountNumber: '00012345678', bankName: 'First Bank' }
  const input = { idempotencyKey: randomUUID(), delivery: 'BANK', currency, country, ...account }
  return (await ada.api.request<{ addBeneficiary: { id: string } }>(ADD, { input })).addBeneficiary.id
}
async function booksHold(): Promise<void> {
  const { ledgerInvariants } = await auditor.request<{ ledgerInvariants: { name: string; holds: boolean }[] }>(
    '{ ledgerInvariants { name holds } }',
  )
  expect(ledgerInvariants.filter(({ holds }) => !holds)).toEqual([])
}

describe('money that leaves the platform', () => {
  it('is held, paid out to a bank account in another currency, and in the books of the provider', async () => {
    const before = await house('settlement.sandbox', 'INR')
    const beneficiaryId = await bankAccount('INR', 'IN')
    const id = await send({ beneficiaryId, credit: money('8000.00', 'INR') })
    await ended(id, 'COMPLETED')
    expect(await ada.payment(id)).toMatchObject({ kind: 'PAYOUT', to: null, credit: money('8000.00', 'INR') })
    expect((await house('settlement.sandbox', 'INR')) - before).toBe(800_000n)
    await booksHold()
  })

  it('comes back when the bank returns it, without its fee', async () => {
    const beneficiaryId = await bankAccount('USD', 'US')
    const before = await posted(usd)
    const id = await send({ beneficiaryId, debit: money('17.17') })
    await until(id, 'REFUNDED')
    const { refunds } = await refundsOf(id)
    expect(refunds).toEqual([{ status: 'COMPLETED', amount: { amount: '17.17' }, returned: money('17.17') }])
    expect(Number(before) - Number(await posted(usd))).toBeCloseTo(0.09, 5)
    await booksHold()
  })
})

describe('money that is given back', () => {
  it('returns from the payee across currencies, never more than was paid', async () => {
    const id = await send({ toWalletId: inr, debit: money('50.00') })
    await ended(id, 'COMPLETED')
    await ravi.api.request(REFUND, {
      input: { idempotencyKey: randomUUID(), paymentId: id, reason: 'sent by mistake' },
    })
    await until(id, 'REFUNDED')
    const [refund] = (await refundsOf(id)).refunds
    expect(Number(refund?.returned?.amount)).toBeGreaterThan(45)
    expect(Number(refund?.returned?.amount)).toBeLessThanOrEqual(50)
    await booksHold()
  })

  it('of a deposit goes through the provider, and a deposit charged back goes to suspense', async () => {
    const { deposit } = await ada.api.request<{ deposit: { id: string } }>(
      'mutation ($input: DepositInput!) { deposit(input: $input) { id } }',
      { input: { idempotencyKey: randomUUID(), walletId: usd, amount: money('17.17') } },
    )
    await ended(deposit.id, 'COMPLETED')
    await vi.waitFor(async () => expect(await house('suspense.sandbox', 'USD')).toBe(-1717n), { timeout: 40_000 })
    const input = { idempotencyKey: randomUUID(), paymentId: deposit.id, amount: money('10.00'), reason: 'too much' }
    await ada.api.request(REFUND, { input })
    await until(deposit.id, 'PARTIALLY_REFUNDED')
    const { rows } = await payments.query('select kind from reconciliation_items where payment_id = $1', [deposit.id])
    expect(rows).toEqual([{ kind: 'CHARGEBACK' }])
    await booksHold()
  })
})

describe('a wallet', () => {
  it('that is frozen is refused by the ledger, and shows each change of its balance', async () => {
    const events = ada.api.subscribe<{ balanceChanged: { balance: { posted: { amount: string } } } }>(
      'subscription ($id: ID!) { balanceChanged(walletId: $id) { balance { posted { amount } } } }',
      { id: usd },
    )
    const first = await events.next()
    await ops.request('mutation ($id: ID!) { freezeWallet(id: $id, reason: "looked into") { status } }', { id: usd })
    const id = await send({ toWalletId: inr, debit: money('1.00') })
    await ended(id, 'FAILED')
    expect((await ada.payment(id))?.failure?.code).toBe('ACCOUNT_FROZEN')
    await ops.request('mutation ($id: ID!) { unfreezeWallet(id: $id) { status } }', { id: usd })
    await ended(await send({ toWalletId: inr, debit: money('1.00') }), 'COMPLETED')
    const now = await posted(usd)
    const before = first.done ? '' : first.value.balanceChanged.balance.posted.amount
    expect(now).not.toBe(before)
    for await (const { balanceChanged } of events) if (balanceChanged.balance.posted.amount === now) break
  })

  it('is closed with nothing in it, and not before', async () => {
    const id = await ada.openWallet('USD', 'Spare')
    await ada.deposit(id, '3.00', 'USD')
    const { errors } = await ada.api.send(CLOSE, { id })
    expect(errors.map(({ code }) => code)).toEqual(['CONFLICT'])
    const { withdraw } = await ada.api.request<{ withdraw: { id: string } }>(
      'mutation ($input: WithdrawInput!) { withdraw(input: $input) { id } }',
      { input: { idempotencyKey: randomUUID(), walletId: id, amount: money('3.00') } },
    )
    await ended(withdraw.id, 'COMPLETED')
    expect(await ada.api.request(CLOSE, { id })).toEqual({ closeWallet: { status: 'CLOSED' } })
    const history = await ada.api.request<{ wallet: { payments: { edges: object[] } } }>(
      'query ($id: ID!) { wallet(id: $id) { payments { edges { node { kind status } } } } }',
      { id },
    )
    expect(history.wallet.payments.edges).toEqual([
      { node: { kind: 'WITHDRAWAL', status: 'COMPLETED' } },
      { node: { kind: 'DEPOSIT', status: 'COMPLETED' } },
    ])
  })
})
