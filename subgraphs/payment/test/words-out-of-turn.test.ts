import { uuidv7 } from '@corridor/platform'
import { asService, asUser } from '@corridor/testing'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { journalIdOf } from '../src/domain/postings.ts'
import { TestPayments } from './platform.ts'

let tests: TestPayments
beforeAll(async () => {
  tests = await TestPayments.open()
})
afterAll(() => tests.close())
afterEach(() => {
  tests.farSide.verdict = 'APPROVE'
  tests.farSide.ledgerAway = false
})

const usd = (amount: string) => ({ amount, currency: 'USD' })
const told = (paymentId: string, outcome: string, amountMinor: string) => ({
  paymentId,
  outcome,
  amountMinor,
  currency: 'USD',
})
const read = async (id: string) => (await tests.rows('select status from payments where id = $1', [id]))[0]?.status
const items = (id: string) =>
  tests.rows(
    'select kind, amount_minor, debit_code, credit_code from reconciliation_items where payment_id = $1 order by opened_at',
    [id],
  )
const actionsOf = (id: string, role: 'hold' | 'resolve') =>
  tests.farSide.journals.get(journalIdOf(id, role))?.transfers.map(({ action }) => action)

async function payout(amount = '20.00') {
  const payer = tests.customer()
  const owner = payer.caller.subject ?? ''
  const input = {
    idempotencyKey: uuidv7(),
    fromWalletId: tests.wallet(owner),
    beneficiaryId: tests.beneficiary(owner).id,
    credit: usd(amount),
  }
  const SEND = 'mutation ($input: SendPaymentInput!) { sendPayment(input: $input) { id } }'
  const { sendPayment } = await tests.data<{ sendPayment: { id: string } }>(payer, SEND, { input })
  return { payer, owner, id: sendPayment.id }
}

async function deposit(amount = '20.00') {
  const payer = tests.customer()
  const input = { idempotencyKey: uuidv7(), walletId: tests.wallet(payer.caller.subject ?? ''), amount: usd(amount) }
  const DEPOSIT = 'mutation ($input: DepositInput!) { deposit(input: $input) { id } }'
  const made = await tests.data<{ deposit: { id: string } }>(payer, DEPOSIT, { input })
  return { payer, id: made.deposit.id }
}

async function withProvider() {
  const made = await payout()
  await tests.until(made.payer, made.id, 'AUTHORIZED')
  await expect.poll(() => tests.started).toContain(made.id)
  return made
}

describe('a payout that comes back before it is known to have settled', () => {
  it('has failed when all of it came back', async () => {
    const { payer, id } = await withProvider()
    await tests.callBack(told(id, 'RETURNED', '2000'))
    await tests.until(payer, id, 'FAILED')
    expect(await items(id)).toEqual([])
  })

  it('is not given back whole when a bank kept something of it', async () => {
    const { payer, id } = await withProvider()
    await tests.callBack(told(id, 'RETURNED', '1500'))
    expect(await items(id)).toEqual([
      { kind: 'OTHER_AMOUNT', amount_minor: 1500n, debit_code: 'settlement.sandbox', credit_code: 'suspense.sandbox' },
    ])
    expect(await read(id)).toBe('AUTHORIZED')
    expect(actionsOf(id, 'resolve')).toBeUndefined()
    // What went out is heard of in the end: all of it went, and a part of it lies in suspense.
    await tests.callBack(told(id, 'SETTLED', '2000'), { event: 'late' })
    await tests.until(payer, id, 'COMPLETED')
  })
})

describe('what a provider settles before the payment is with it', () => {
  const REVIEW = 'mutation ($id: ID!) { reviewPayment(id: $id, approve: false, note: "unknown to us") { id } }'
  const CANCEL = 'mutation ($id: ID!) { cancelPayment(id: $id) { id } }'
  const staff = () => asUser(uuidv7(), 'payments:read', 'payments:review')

  it('lies in suspense when a review refuses the payment', async () => {
    tests.farSide.verdict = 'REVIEW'
    const { payer, id } = await deposit()
    await tests.until(payer, id, 'IN_REVIEW')
    await tests.callBack(told(id, 'SETTLED', '2000'))
    expect(await items(id)).toEqual([])
    await tests.data(staff(), REVIEW, { id })
    await tests.until(payer, id, 'DECLINED')
    const opened = [
      {
        kind: 'LATE_SETTLEMENT',
        amount_minor: 2000n,
        debit_code: 'settlement.sandbox',
        credit_code: 'suspense.sandbox',
      },
    ]
    expect(await items(id)).toEqual(opened)
    await tests.callBack(told(id, 'SETTLED', '2000'))
    expect(await items(id)).toEqual(opened)
  })

  it('lies in suspense when its payer cancels the payment', async () => {
    tests.farSide.ledgerAway = true
    const { payer, id } = await payout()
    await expect
      .poll(() => tests.rows('select attempts from payments where id = $1', [id]))
      .not.toEqual([{ attempts: 0 }])
    await tests.callBack(told(id, 'SETTLED', '2000'))
    await tests.data(payer, CANCEL, { id })
    tests.farSide.ledgerAway = false
    tests.clock.advanceMs(60_000)
    await tests.until(payer, id, 'CANCELLED')
    expect(await items(id)).toMatchObject([{ kind: 'LATE_SETTLEMENT', debit_code: 'suspense.sandbox' }])
  })
})

describe('an item', () => {
  it('that the ledger does not post holds up no other', async () => {
    const [first, second] = [await withProvider(), await withProvider()]
    const suspense = async (id: string) => {
      const [item] = await tests.rows('select id, due_at from reconciliation_items where payment_id = $1', [id])
      return { journalId: journalIdOf(String(item?.id), 'suspense'), isDue: item?.due_at !== null }
    }
    tests.farSide.ledgerAway = true
    for (const { id } of [first, second]) await tests.callBack(told(id, 'SETTLED', '1999'))
    tests.farSide.retired.push((await suspense(first.id)).journalId)
    tests.farSide.ledgerAway = false
    await expect.poll(async () => (await suspense(second.id)).isDue).toBe(false)
    expect(tests.farSide.journals.has((await suspense(second.id)).journalId)).toBe(true)
    expect((await suspense(first.id)).isDue).toBe(true)
  })
})

describe('a provider that answers at its deadline that it moved another amount', () => {
  const other = { amountMinor: 1_900n, currency: 'USD' }
  const opened = [
    { kind: 'OTHER_AMOUNT', amount_minor: 1900n, debit_code: 'suspense.sandbox', credit_code: 'settlement.sandbox' },
  ]

  it('has it booked to suspense once, however often it is asked and whatever it says by itself afterwards', async () => {
    const { payer, id } = await withProvider()
    tests.outcomes.set(id, other)
    await tests.passDeadline(id)
    expect(await items(id)).toEqual(opened)
    await tests.passDeadline(id)
    await tests.callBack(told(id, 'SETTLED', '1900'))
    expect(await items(id)).toEqual(opened)
    expect(await read(id)).toBe('AUTHORIZED')
    // Another amount still is other money.
    await tests.callBack(told(id, 'SETTLED', '1800'), { event: 'second' })
    expect(await items(id)).toHaveLength(2)
    await tests.callBack(told(id, 'SETTLED', '2000'), { event: 'right' })
    await tests.until(payer, id, 'COMPLETED')
  })

  it('has it booked once when it had said so by itself', async () => {
    const { id } = await withProvider()
    await tests.callBack(told(id, 'SETTLED', '1900'))
    tests.outcomes.set(id, other)
    await tests.passDeadline(id)
    expect(await items(id)).toEqual(opened)
  })

  it('has nothing booked where it names no amount of its currency', async () => {
    const { id } = await withProvider()
    tests.outcomes.set(id, { amountMinor: null, currency: 'USD' })
    await tests.passDeadline(id)
    expect(await items(id)).toEqual([])
  })

  it('has the refund of a deposit booked likewise', async () => {
    const { payer, id } = await deposit()
    await expect.poll(() => tests.started).toContain(id)
    await tests.callBack(told(id, 'SETTLED', '2000'))
    await tests.until(payer, id, 'COMPLETED')
    const REFUND = 'mutation ($input: RefundPaymentInput!) { refundPayment(input: $input) { id } }'
    await tests.data(payer, REFUND, { input: { idempotencyKey: uuidv7(), paymentId: id, reason: 'too much' } })
    const [refund] = await tests.rows('select id from refunds where payment_id = $1', [id])
    const refundId = String(refund?.id)
    tests.outcomes.set(refundId, other)
    await tests.passDeadline(refundId)
    expect(await items(id)).toEqual(opened)
    await tests.callBack(told(refundId, 'SETTLED', '1900'))
    expect(await items(id)).toEqual(opened)
  })
})

describe('a customer', () => {
  const OPEN = 'query ($owner: ID!) { ownerHasOpenPayments(owner: $owner) }'
  const hasOpen = async (owner: string) =>
    (await tests.data<{ ownerHasOpenPayments: boolean }>(asService('profile-service'), OPEN, { owner }))
      .ownerHasOpenPayments

  it('has something under way while what came back is not in his wallet yet', async () => {
    const { payer, owner, id } = await withProvider()
    expect(await hasOpen(owner)).toBe(true)
    await tests.callBack(told(id, 'SETTLED', '2000'))
    await tests.until(payer, id, 'COMPLETED')
    expect(await hasOpen(owner)).toBe(false)
    tests.farSide.ledgerAway = true
    await tests.callBack(told(id, 'RETURNED', '2000'), { event: 'back' })
    expect(await hasOpen(owner)).toBe(true)
    tests.farSide.ledgerAway = false
    tests.clock.advanceMs(60_000)
    await tests.until(payer, id, 'REFUNDED')
    expect(await hasOpen(owner)).toBe(false)
  })
})
