import { uuidv7 } from '@corridor/platform'
import { asUser, codesOf } from '@corridor/testing'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { journalIdOf } from '../src/domain/postings.ts'
import { SCOPES, TestPayments } from './platform.ts'

let tests: TestPayments
beforeAll(async () => {
  tests = await TestPayments.open()
})
afterAll(() => tests.close())
afterEach(() => {
  tests.farSide.rate = 80n
  tests.farSide.ledgerRefusal = null
})

const SEND = 'mutation ($input: SendPaymentInput!) { sendPayment(input: $input) { id } }'
const REFUND = `mutation ($input: RefundPaymentInput!) { refundPayment(input: $input) { id } }`
const READ = `query ($id: ID!) { payment(id: $id) {
  status transfers { id } refunds { id amount { amount currency } returned { amount currency } status reason } } }`

interface Read {
  payment: {
    status: string
    transfers: { id: string }[]
    refunds: {
      id: string
      amount: { amount: string }
      returned: { amount: string } | null
      status: string
      reason: string
    }[]
  }
}
type Context = ReturnType<typeof asUser>

const money = (amount: string, currency = 'USD') => ({ amount, currency })
const staff = () => asUser(uuidv7(), ...SCOPES, 'payments:review')

async function sent(input: { debit: object; toCurrency?: string; ownWallets?: boolean }) {
  const payer = tests.customer()
  const payee = input.ownWallets ? payer : tests.customer()
  const fromWalletId = tests.wallet(payer.caller.subject ?? '')
  const toWalletId = tests.wallet(payee.caller.subject ?? '', input.toCurrency)
  const variables = { input: { idempotencyKey: uuidv7(), fromWalletId, toWalletId, debit: input.debit } }
  const { sendPayment } = await tests.data<{ sendPayment: { id: string } }>(payer, SEND, variables)
  await tests.until(payer, sendPayment.id, 'COMPLETED')
  return { payer, payee, fromWalletId, toWalletId, id: sendPayment.id }
}

const refund = (context: Context, paymentId: string, amount: object | null = null, key = uuidv7()) =>
  tests.data(context, REFUND, { input: { idempotencyKey: key, paymentId, amount, reason: 'not delivered' } })
const codes = (context: Context, input: object) =>
  codesOf(tests.subgraph.schema, context, REFUND, {
    input: { idempotencyKey: uuidv7(), reason: 'not delivered', ...input },
  })
const read = async (context: Context, id: string) => (await tests.data<Read>(context, READ, { id })).payment
const posted = (refundId: string, role: 'post' | 'hold' | 'resolve' = 'post') =>
  tests.farSide.journals
    .get(journalIdOf(refundId, role))
    ?.transfers.map(({ debitAccount, creditAccount, amountMinor }) => [debitAccount, creditAccount, amountMinor])

/** Waits until the refund behind the others has ended. */
const ended = (context: Context, id: string, place = 0) =>
  expect.poll(async () => (await read(context, id)).refunds[place]?.status).not.toBe('PENDING')

describe('the refund of a transfer', () => {
  it('in one currency goes back in parts, of which the last makes it whole, and the fee stays', async () => {
    const { payer, payee, id, fromWalletId, toWalletId } = await sent({ debit: money('100.00') })
    await refund(payee, id, money('30.00'))
    await tests.until(payer, id, 'PARTIALLY_REFUNDED')
    await refund(payee, id)
    await tests.until(payer, id, 'REFUNDED')
    const { refunds, transfers } = await read(payer, id)
    expect(refunds.map(({ amount, returned, status }) => [amount.amount, returned?.amount, status])).toEqual([
      ['30.00', '30.00', 'COMPLETED'],
      ['70.00', '70.00', 'COMPLETED'],
    ])
    expect(posted(refunds[1]?.id ?? '')).toEqual([[toWalletId, fromWalletId, '7000']])
    expect(transfers).toHaveLength(4)
    // Its payee sees what touched his wallet, and not what the payer got.
    const his = await read(payee, id)
    expect(his.transfers).toHaveLength(3)
    expect(his.refunds.map(({ returned }) => returned)).toEqual([null, null])
  })

  it('in part is told each time', async () => {
    const { payer, payee, id } = await sent({ debit: money('100.00') })
    for (const place of [0, 1, 2]) {
      await refund(payee, id, money('10.00'))
      await ended(payer, id, place)
    }
    const told = await tests.rows('select type, data from event_queue where key = $1 order by sequence', [id])
    expect(told.map(({ type }) => type)).toEqual([
      'payment.pending',
      'payment.completed',
      'payment.partially_refunded',
      'payment.partially_refunded',
      'payment.partially_refunded',
    ])
    expect(told.map(({ data }) => (data as { version: string }).version)).toEqual(['1', '2', '3', '4', '5'])
  })

  it('across currencies returns parts of the principal that add up to it exactly', async () => {
    const { payer, payee, id } = await sent({ debit: money('0.10'), toCurrency: 'INR' })
    for (const [place, amount] of ['2.67', '2.67', '2.66'].entries()) {
      await refund(payee, id, money(amount, 'INR'))
      await ended(payer, id, place)
    }
    // floor(10 x 267/800) = 3, floor(10 x 534/800) - 3 = 3, 10 - 6 = 4; at the present rate 267/80 = 3 as well.
    const { status, refunds } = await read(payer, id)
    expect(refunds.map(({ returned }) => returned?.amount)).toEqual(['0.03', '0.03', '0.03'])
    expect(status).toBe('REFUNDED')
  })

  it('returns by the present rate where that is less, and never more than was paid', async () => {
    const dearer = await sent({ debit: money('100.00'), toCurrency: 'INR' })
    tests.farSide.rate = 100n
    await refund(dearer.payee, dearer.id)
    await ended(dearer.payer, dearer.id)
    expect((await read(dearer.payer, dearer.id)).refunds[0]?.returned).toEqual(money('80.00'))
    tests.farSide.rate = 80n
    const cheaper = await sent({ debit: money('100.00'), toCurrency: 'INR' })
    tests.farSide.rate = 40n
    await refund(cheaper.payee, cheaper.id)
    await ended(cheaper.payer, cheaper.id)
    const [given] = (await read(cheaper.payer, cheaper.id)).refunds
    expect(given?.returned).toEqual(money('100.00'))
    expect(posted(given?.id ?? '')).toEqual([
      [cheaper.toWalletId, 'fx.position', '800000'],
      ['fx.position', cheaper.fromWalletId, '10000'],
    ])
  })

  it('is the same for the same key, and moves its money once', async () => {
    const { payer, payee, id } = await sent({ debit: money('10.00') })
    const key = uuidv7()
    await Promise.all([refund(payee, id, money('4.00'), key), refund(payee, id, money('4.00'), key)])
    await ended(payer, id)
    await refund(payee, id, money('4.0'), key)
    expect((await read(payer, id)).refunds).toHaveLength(1)
    expect(await codes(payee, { paymentId: id, amount: money('5.00'), idempotencyKey: key })).toEqual([
      'IDEMPOTENCY_MISMATCH',
    ])
  })

  it('that its wallet cannot pay fails, and what is left can be refunded still', async () => {
    const { payer, payee, id } = await sent({ debit: money('10.00') })
    tests.farSide.ledgerRefusal = 'INSUFFICIENT_FUNDS'
    await refund(payee, id)
    await ended(payer, id)
    tests.farSide.ledgerRefusal = null
    expect(await read(payer, id)).toMatchObject({
      status: 'COMPLETED',
      refunds: [{ status: 'FAILED', returned: null }],
    })
    await refund(payee, id)
    await tests.until(payer, id, 'REFUNDED')
  })

  it('is its payee’s or a reviewer’s to give, within what is left, its currency and its time', async () => {
    const { payer, payee, id } = await sent({ debit: money('10.00') })
    const own = await sent({ debit: money('10.00'), toCurrency: 'INR', ownWallets: true })
    const converted = await sent({ debit: money('10.00'), toCurrency: 'INR' })
    const wrong: [Context, object, string][] = [
      [payer, { paymentId: id }, 'FORBIDDEN'],
      [tests.customer(), { paymentId: id }, 'NOT_FOUND'],
      [payee, { paymentId: uuidv7() }, 'NOT_FOUND'],
      [payee, { paymentId: 'nonsense' }, 'NOT_FOUND'],
      [payee, { paymentId: id, amount: money('10.01') }, 'REFUND_EXCEEDS_PAYMENT'],
      [payee, { paymentId: id, amount: money('10.00', 'INR') }, 'CURRENCY_MISMATCH'],
      [payee, { paymentId: id, amount: money('0.00') }, 'AMOUNT_NOT_POSITIVE'],
      [payee, { paymentId: id, amount: money('-1') }, 'BAD_USER_INPUT'],
      [payee, { paymentId: id, reason: ' ' }, 'BAD_USER_INPUT'],
      [own.payer, { paymentId: own.id }, 'INVALID_TRANSITION'],
    ]
    for (const [context, input, code] of wrong) expect([code, await codes(context, input)]).toEqual([code, [code]])
    expect((await read(payer, id)).refunds).toEqual([])
    // Who reviews payments does not take back his own.
    const reviewer = asUser(payer.caller.subject ?? '', ...SCOPES, 'payments:review')
    expect(await codes(reviewer, { paymentId: id })).toEqual(['FORBIDDEN'])
    await refund(staff(), id)
    await tests.until(payer, id, 'REFUNDED')
    expect(await codes(payee, { paymentId: id })).toEqual(['REFUND_EXCEEDS_PAYMENT'])
    tests.clock.advanceMs(31 * 24 * 3_600_000)
    expect(await codes(converted.payee, { paymentId: converted.id })).toEqual(['REFUND_WINDOW_CLOSED'])
  })
})

describe('the refund of a deposit', () => {
  const begin = async () => {
    const owner = tests.customer()
    const walletId = tests.wallet(owner.caller.subject ?? '')
    const input = { idempotencyKey: uuidv7(), walletId, amount: money('20.00') }
    const { deposit } = await tests.data<{ deposit: { id: string } }>(
      owner,
      'mutation ($input: DepositInput!) { deposit(input: $input) { id } }',
      { input },
    )
    await tests.until(owner, deposit.id, 'AUTHORIZED')
    await tests.callBack({ paymentId: deposit.id, outcome: 'SETTLED', amountMinor: '2000', currency: 'USD' })
    await tests.until(owner, deposit.id, 'COMPLETED')
    return { owner, walletId, id: deposit.id }
  }
  const asked = async (owner: Context, id: string) => {
    await refund(owner, id, money('5.00'))
    const refundId = (await read(owner, id)).refunds[0]?.id ?? ''
    await expect.poll(() => tests.started).toContain(refundId)
    return refundId
  }
  const answer = (paymentId: string, outcome: string, { amountMinor = '500', event = 'first' } = {}) =>
    tests.callBack({ paymentId, outcome, amountMinor, currency: 'USD' }, { event })

  it('is held in the wallet, given to the provider, and posted when that confirms it', async () => {
    const { owner, walletId, id } = await begin()
    const refundId = await asked(owner, id)
    expect(tests.begun.get(refundId)).toMatchObject({ kind: 'REFUND', refundOf: id, amountMinor: 500n })
    expect(posted(refundId, 'hold')).toEqual([[walletId, 'settlement.sandbox', '500']])
    expect(await read(owner, id)).toMatchObject({
      status: 'COMPLETED',
      refunds: [{ status: 'PENDING', returned: null }],
    })
    expect((await answer(refundId, 'SETTLED')).status).toBe(200)
    await tests.until(owner, id, 'PARTIALLY_REFUNDED')
    expect(await read(owner, id)).toMatchObject({ refunds: [{ status: 'COMPLETED', returned: money('5.00') }] })
    expect(tests.farSide.journals.get(journalIdOf(refundId, 'resolve'))?.transfers.map(({ action }) => action)).toEqual(
      ['CAPTURE'],
    )
  })

  it('is given back to the wallet when the provider refuses it', async () => {
    const { owner, id } = await begin()
    const refundId = await asked(owner, id)
    await answer(refundId, 'FAILED')
    await ended(owner, id)
    expect(await read(owner, id)).toMatchObject({ status: 'COMPLETED', refunds: [{ status: 'FAILED' }] })
    expect(tests.farSide.journals.get(journalIdOf(refundId, 'resolve'))?.transfers.map(({ action }) => action)).toEqual(
      ['VOID'],
    )
  })

  it.each([
    ['SETTLED', 'FAILED', 'LATE_FAILURE', 'settlement.sandbox'],
    ['FAILED', 'SETTLED', 'LATE_SETTLEMENT', 'suspense.sandbox'],
  ])('that was %s and is %s later stays as it is, and what moved lies in suspense', async (first, then, kind, code) => {
    const { owner, id } = await begin()
    const refundId = await asked(owner, id)
    await answer(refundId, first)
    await ended(owner, id)
    const before = await read(owner, id)
    for (const event of ['late', 'late']) expect((await answer(refundId, then, { event })).status).toBe(200)
    expect((await answer(refundId, first, { event: 'again' })).status).toBe(200)
    expect(await read(owner, id)).toEqual(before)
    const items = 'select kind, debit_code, amount_minor from reconciliation_items where payment_id = $1'
    expect(await tests.rows(items, [id])).toEqual([{ kind, debit_code: code, amount_minor: 500n }])
  })

  it('that settles another amount is not taken for settled, and an item is opened', async () => {
    const { owner, id } = await begin()
    const refundId = await asked(owner, id)
    expect((await answer(refundId, 'SETTLED', { amountMinor: '499' })).status).toBe(200)
    expect(await read(owner, id)).toMatchObject({ refunds: [{ status: 'PENDING' }] })
    expect(await tests.rows('select kind from reconciliation_items where payment_id = $1', [id])).toEqual([
      { kind: 'OTHER_AMOUNT' },
    ])
    expect((await answer(refundId, 'RETURNED', { event: 'nonsense' })).status).toBe(400)
    for (const outcome of [{ amountMinor: 499n, currency: 'USD' }, 'SETTLED'] as const) {
      tests.outcomes.set(refundId, outcome)
      await tests.passDeadline(refundId)
    }
    expect(tests.asked).toContain(refundId)
    expect(await read(owner, id)).toMatchObject({ refunds: [{ status: 'PENDING' }] })
    await answer(refundId, 'SETTLED', { event: 'right' })
    await ended(owner, id)
    expect(await read(owner, id)).toMatchObject({ refunds: [{ status: 'COMPLETED' }] })
  })

  it('that the provider refuses in a way nobody foresaw holds up no other payment of any wallet', async () => {
    const { owner, walletId, id } = await begin()
    tests.refusals.set(id, new Error('charge_disputed'))
    const refundId = await asked(owner, id)
    const input = { idempotencyKey: uuidv7(), fromWalletId: walletId, toWalletId: tests.wallet(uuidv7()) }
    const { sendPayment } = await tests.data<{ sendPayment: { id: string } }>(owner, SEND, {
      input: { ...input, debit: money('1.00') },
    })
    await tests.until(owner, sendPayment.id, 'COMPLETED')
    expect((await read(owner, id)).refunds[0]?.status).toBe('PENDING')
    tests.refusals.delete(id)
    tests.clock.advanceMs(60_000)
    await expect.poll(() => tests.begun.has(refundId)).toBe(true)
  })

  it('that the provider takes back by itself goes to suspense, and the deposit stays as it is', async () => {
    const { owner, id } = await begin()
    const told = { paymentId: id, outcome: 'CHARGEBACK', amountMinor: '2000', currency: 'USD' }
    expect((await tests.callBack(told, { event: 'chargeback' })).status).toBe(200)
    expect(await tests.rows('select kind, debit_code from reconciliation_items where payment_id = $1', [id])).toEqual([
      { kind: 'CHARGEBACK', debit_code: 'suspense.sandbox' },
    ])
    expect((await read(owner, id)).status).toBe('COMPLETED')
  })
})

describe('what has left the platform', () => {
  const paidOut = async () => {
    const payer = tests.customer()
    const owner = payer.caller.subject ?? ''
    const fromWalletId = tests.wallet(owner)
    const beneficiaryId = tests.beneficiary(owner, { currency: 'INR' }).id
    const input = { idempotencyKey: uuidv7(), fromWalletId, beneficiaryId, debit: money('10.00') }
    const { sendPayment } = await tests.data<{ sendPayment: { id: string } }>(payer, SEND, { input })
    await tests.until(payer, sendPayment.id, 'AUTHORIZED')
    await tests.callBack({ paymentId: sendPayment.id, outcome: 'SETTLED', amountMinor: '80000', currency: 'INR' })
    await tests.until(payer, sendPayment.id, 'COMPLETED')
    return { payer, fromWalletId, id: sendPayment.id }
  }
  const back = (paymentId: string, event = 'return') =>
    tests.callBack({ paymentId, outcome: 'RETURNED', amountMinor: '80000', currency: 'INR' }, { event })
  const items = (id: string) =>
    tests.rows('select kind, credit_code, currency from reconciliation_items where payment_id = $1 order by kind', [id])

  it('is refunded by nobody but its provider, whose return gives back the principal', async () => {
    const { payer, fromWalletId, id } = await paidOut()
    expect(await codes(payer, { paymentId: id })).toEqual(['INVALID_TRANSITION'])
    for (const _twice of [1, 2]) expect((await back(id)).status).toBe(200)
    await tests.until(payer, id, 'REFUNDED')
    const { refunds } = await read(payer, id)
    expect(refunds).toMatchObject([{ amount: money('800.00', 'INR'), returned: money('10.00'), status: 'COMPLETED' }])
    expect(posted(refunds[0]?.id ?? '')).toEqual([
      ['settlement.sandbox', 'fx.position', '80000'],
      ['fx.position', fromWalletId, '1000'],
    ])
  })

  it('comes back once: what a second return brings lies in suspense, whether the first is made already or not', async () => {
    const { payer, fromWalletId, id } = await paidOut()
    for (const event of ['return', 'second']) expect((await back(id, event)).status).toBe(200)
    await tests.until(payer, id, 'REFUNDED')
    expect((await back(id, 'third')).status).toBe(200)
    const other = { kind: 'OTHER_AMOUNT', credit_code: 'suspense.sandbox', currency: 'INR' }
    expect(await items(id)).toEqual([other, other])
    expect((await read(payer, id)).refunds).toHaveLength(1)
    // The next payment of that wallet is moved as if nothing had been said.
    const input = { idempotencyKey: uuidv7(), fromWalletId, toWalletId: tests.wallet(uuidv7()), debit: money('1.00') }
    const { sendPayment } = await tests.data<{ sendPayment: { id: string } }>(payer, SEND, { input })
    await tests.until(payer, sendPayment.id, 'COMPLETED')
  })

  it('is given back by nobody beyond what arrived, whoever writes it', async () => {
    const { payer, id } = await paidOut()
    await back(id)
    await tests.until(payer, id, 'REFUNDED')
    await expect(
      tests.rows(
        `insert into refunds (id, payment_id, source, leased_wallet_id, amount_minor, reason, created_at, updated_at)
         select gen_random_uuid(), payment_id, source, leased_wallet_id, 1, reason, created_at, updated_at
         from refunds where payment_id = $1`,
        [id],
      ),
    ).rejects.toThrow(/refunds exceed what arrived/)
  })

  it('lies in suspense when it comes back to a wallet that does not take it, and a second time as well', async () => {
    const { payer, id } = await paidOut()
    tests.farSide.ledgerRefusal = 'ACCOUNT_CLOSED'
    await back(id)
    await ended(payer, id)
    tests.farSide.ledgerRefusal = null
    const refused = { kind: 'RETURN_REFUSED', credit_code: 'suspense.sandbox', currency: 'INR' }
    expect(await items(id)).toEqual([refused])
    await back(id, 'second')
    expect(await items(id)).toEqual([{ ...refused, kind: 'OTHER_AMOUNT' }, refused])
    expect(await read(payer, id)).toMatchObject({ status: 'COMPLETED', refunds: [{ status: 'FAILED' }] })
  })

  it('lies in suspense when it is worth nothing where it comes back to', async () => {
    const { payer, id } = await paidOut()
    tests.farSide.rate = 100_000n
    await back(id)
    await ended(payer, id)
    expect(await items(id)).toMatchObject([{ kind: 'RETURN_REFUSED' }])
    expect(await read(payer, id)).toMatchObject({ status: 'COMPLETED', refunds: [{ status: 'FAILED' }] })
  })
})
