import { uuidv7 } from '@corridor/platform'
import { asUser } from '@corridor/testing'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
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
const items = (id: string) =>
  tests.rows(
    'select kind, amount_minor, debit_code, credit_code from reconciliation_items where payment_id = $1 order by opened_at',
    [id],
  )

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
