import { uuidv7 } from '@corridor/platform'
import { asUser, codesOf } from '@corridor/testing'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { journalIdOf } from '../src/domain/postings.ts'
import { closeItem, listOpenItems } from '../src/index.ts'
import { TestPayments } from './platform.ts'

let tests: TestPayments
beforeAll(async () => {
  tests = await TestPayments.open()
})
afterAll(() => tests.close())
afterEach(() => {
  tests.farSide.verdict = 'APPROVE'
  tests.farSide.ledgerRefusal = null
})

const FIELDS =
  'id kind status debit { amount } credit { amount currency } fee { amount } to { id } beneficiary { id } failure { code }'
const SEND = `mutation ($input: SendPaymentInput!) { sendPayment(input: $input) { ${FIELDS} } }`
const PREPARE = `mutation ($input: PreparePaymentInput!) { preparePayment(input: $input) {
  id debit { amount } postings { debitAccountCode creditAccountCode amount { amount currency } } } }`
const WITHDRAW = `mutation ($input: WithdrawInput!) { withdraw(input: $input) { ${FIELDS} } }`
const READ = `query ($id: ID!) { payment(id: $id) { ${FIELDS} } }`

type Read = { payment: { status: string; failure: { code: string } | null } }

const customer = () => {
  const payer = tests.customer()
  const owner = payer.caller.subject ?? ''
  return { payer, owner, fromWalletId: tests.wallet(owner) }
}
const usd = (amount: string) => ({ amount, currency: 'USD' })
const send = async (context: ReturnType<typeof asUser>, input: object) =>
  (await tests.data<{ sendPayment: { id: string } }>(context, SEND, { input: { idempotencyKey: uuidv7(), ...input } }))
    .sendPayment.id
const read = async (context: ReturnType<typeof asUser>, id: string) =>
  (await tests.data<Read>(context, READ, { id })).payment
const told = (paymentId: string, outcome: string, amountMinor: string, currency = 'USD') => ({
  paymentId,
  outcome,
  amountMinor,
  currency,
})
const actionsOf = (id: string, role: 'hold' | 'resolve') =>
  tests.farSide.journals.get(journalIdOf(id, role))?.transfers.map(({ action }) => action)

describe('a payout', () => {
  it('is held with its fee and conversion, goes to the provider with the beneficiary, and is posted as it settles', async () => {
    const { payer, owner, fromWalletId } = customer()
    const beneficiary = tests.beneficiary(owner, { currency: 'INR', country: 'IN' })
    const id = await send(payer, { fromWalletId, beneficiaryId: beneficiary.id, debit: usd('100.00') })
    await tests.until(payer, id, 'AUTHORIZED')
    await expect.poll(() => tests.started).toContain(id)
    expect(tests.begun.get(id)).toMatchObject({
      kind: 'PAYOUT',
      amountMinor: 800_000n,
      currency: 'INR',
      payout: { name: 'Ada L.', accountNumber: '4711', delivery: 'BANK' },
    })
    const legs = tests.farSide.journals.get(journalIdOf(id, 'hold'))?.transfers
    expect(legs?.map(({ debitAccount, creditAccount, action }) => [debitAccount, creditAccount, action])).toEqual([
      [fromWalletId, 'fx.position', 'HOLD'],
      ['fx.position', 'settlement.sandbox', 'HOLD'],
      [fromWalletId, 'income.fees', 'HOLD'],
    ])
    await tests.callBack(told(id, 'SETTLED', '800000', 'INR'))
    await tests.until(payer, id, 'COMPLETED')
    expect(actionsOf(id, 'resolve')).toEqual(['CAPTURE', 'CAPTURE', 'CAPTURE'])
    expect(await read(payer, id)).toMatchObject({
      kind: 'PAYOUT',
      debit: { amount: '100.50' },
      credit: { amount: '8000.00', currency: 'INR' },
      to: null,
      beneficiary: { id: beneficiary.id },
    })
    expect(tests.farSide.decided.at(-1)).toMatchObject({
      kind: 'PAYOUT',
      destinationCountry: 'IN',
      counterpartyId: null,
    })
  })

  it('is prepared with the postings that confirming makes', async () => {
    const { payer, owner, fromWalletId } = customer()
    const beneficiary = tests.beneficiary(owner, { delivery: 'CASH_PICKUP' })
    const input = { fromWalletId, beneficiaryId: beneficiary.id, credit: usd('40.00') }
    const { preparePayment } = await tests.data<{ preparePayment: { id: string; postings: object[] } }>(
      payer,
      PREPARE,
      { input },
    )
    expect(preparePayment.postings).toEqual([
      {
        debitAccountCode: 'customer.wallet',
        creditAccountCode: 'settlement.sandbox',
        amount: { amount: '40.00', currency: 'USD' },
      },
      {
        debitAccountCode: 'customer.wallet',
        creditAccountCode: 'income.fees',
        amount: { amount: '0.20', currency: 'USD' },
      },
    ])
    const id = await send(payer, { quoteId: preparePayment.id })
    await tests.until(payer, id, 'AUTHORIZED')
    expect(
      tests.farSide.journals.get(journalIdOf(id, 'hold'))?.transfers.map(({ amountMinor }) => amountMinor),
    ).toEqual(['4000', '20'])
  })

  it('to a wallet of somebody else is a transfer', async () => {
    const { payer, owner, fromWalletId } = customer()
    const payee = tests.customer()
    const walletId = tests.wallet(payee.caller.subject ?? '')
    const beneficiary = tests.beneficiary(owner, { delivery: 'WALLET', walletId })
    const id = await send(payer, { fromWalletId, beneficiaryId: beneficiary.id, debit: usd('1.00') })
    await tests.until(payer, id, 'COMPLETED')
    expect(await read(payer, id)).toMatchObject({
      kind: 'TRANSFER',
      to: { id: walletId },
      beneficiary: { id: beneficiary.id },
    })
    expect(await read(payee, id)).toMatchObject({ kind: 'TRANSFER', beneficiary: null })
  })

  it('is refused for a beneficiary that was removed, is somebody else’s, or is not the only target', async () => {
    const { payer, owner, fromWalletId } = customer()
    const removed = tests.beneficiary(owner, { active: false })
    const foreign = tests.beneficiary(uuidv7())
    const own = tests.beneficiary(owner, { delivery: 'WALLET', walletId: fromWalletId })
    const wrong: [object, string][] = [
      [{ beneficiaryId: removed.id }, 'BENEFICIARY_REMOVED'],
      [{ beneficiaryId: foreign.id }, 'NOT_FOUND'],
      [{ beneficiaryId: uuidv7() }, 'NOT_FOUND'],
      [{ beneficiaryId: own.id }, 'ACCOUNTS_NOT_DISTINCT'],
      [{ beneficiaryId: removed.id, toWalletId: tests.wallet(uuidv7()) }, 'BAD_USER_INPUT'],
      [{}, 'BAD_USER_INPUT'],
    ]
    for (const [target, code] of wrong) {
      const input = { idempotencyKey: uuidv7(), fromWalletId, debit: usd('1.00'), ...target }
      expect([code, await codesOf(tests.subgraph.schema, payer, SEND, { input })]).toEqual([code, [code]])
    }
    expect(await tests.rows('select 1 from payments where payer = $1', [owner])).toEqual([])
  })

  it('fails with what was held given back when the beneficiary is removed before the provider is asked', async () => {
    const { payer, owner, fromWalletId } = customer()
    tests.farSide.verdict = 'REVIEW'
    const beneficiary = tests.beneficiary(owner)
    const id = await send(payer, { fromWalletId, beneficiaryId: beneficiary.id, debit: usd('10.00') })
    await tests.until(payer, id, 'IN_REVIEW')
    beneficiary.active = false
    await tests.data(
      asUser(uuidv7(), 'payments:review', 'payments:read'),
      'mutation ($id: ID!) { reviewPayment(id: $id, approve: true, note: "known") { id } }',
      { id },
    )
    await tests.until(payer, id, 'FAILED')
    expect(await read(payer, id)).toMatchObject({ failure: { code: 'BENEFICIARY_REMOVED' } })
    expect(actionsOf(id, 'resolve')).toEqual(['VOID', 'VOID'])
    expect(tests.started).not.toContain(id)
  })
})

describe('a withdrawal to a beneficiary', () => {
  it('tells the provider whom to pay, in the currency of the wallet alone', async () => {
    const { payer, owner, fromWalletId: walletId } = customer()
    const beneficiary = tests.beneficiary(owner)
    const input = { idempotencyKey: uuidv7(), walletId, amount: usd('20.00'), beneficiaryId: beneficiary.id }
    const { withdraw } = await tests.data<{ withdraw: { id: string } }>(payer, WITHDRAW, { input })
    await expect
      .poll(() => tests.begun.get(withdraw.id))
      .toMatchObject({ kind: 'WITHDRAWAL', payout: { accountNumber: '4711' } })
    const wrong: [Parameters<TestPayments['beneficiary']>[1], string][] = [
      [{ currency: 'INR' }, 'CURRENCY_MISMATCH'],
      [{ delivery: 'WALLET', walletId }, 'BAD_USER_INPUT'],
      [{ active: false }, 'BENEFICIARY_REMOVED'],
    ]
    for (const [fields, code] of wrong) {
      const other = { ...input, idempotencyKey: uuidv7(), beneficiaryId: tests.beneficiary(owner, fields).id }
      expect([code, await codesOf(tests.subgraph.schema, payer, WITHDRAW, { input: other })]).toEqual([code, [code]])
    }
  })
})

describe('a scheduled payment', () => {
  const inAnHour = () => new Date(tests.clock.now().getTime() + 3_600_000).toISOString()
  const begin = async () => {
    const { payer, owner, fromWalletId } = customer()
    const scheduledFor = inAnHour()
    const input = {
      idempotencyKey: uuidv7(),
      fromWalletId,
      toWalletId: tests.wallet(uuidv7()),
      debit: usd('5.00'),
      scheduledFor,
    }
    const id = await send(payer, input)
    return { payer, owner, input, id, scheduledFor }
  }

  it('waits for its time, is then priced and made', async () => {
    const { payer, id, input, scheduledFor } = await begin()
    const scheduled = await tests.data(
      payer,
      'query ($id: ID!) { payment(id: $id) { status scheduledFor debit { amount } } }',
      { id },
    )
    expect(scheduled).toEqual({ payment: { status: 'SCHEDULED', scheduledFor, debit: null } })
    tests.clock.advanceMs(3_600_001)
    expect(await tests.until(payer, id, 'COMPLETED')).toContain('PENDING')
    // The same call is the same payment, although its time has passed.
    expect(await send(payer, input)).toBe(id)
  })

  it('is cancelled while it waits', async () => {
    const { payer, id } = await begin()
    await tests.data(payer, 'mutation ($id: ID!) { cancelPayment(id: $id, reason: "no more") { id } }', { id })
    await tests.until(payer, id, 'CANCELLED')
    tests.clock.advanceMs(3_600_001)
    expect((await read(payer, id)).status).toBe('CANCELLED')
  })

  it('fails when its beneficiary is removed meanwhile, with nothing asked of anybody', async () => {
    const { payer, owner, fromWalletId } = customer()
    const beneficiary = tests.beneficiary(owner)
    const id = await send(payer, {
      fromWalletId,
      beneficiaryId: beneficiary.id,
      debit: usd('5.00'),
      scheduledFor: inAnHour(),
    })
    beneficiary.active = false
    tests.clock.advanceMs(3_600_001)
    await tests.until(payer, id, 'FAILED')
    expect(await read(payer, id)).toMatchObject({ failure: { code: 'BENEFICIARY_REMOVED' } })
    expect(tests.farSide.journals.has(journalIdOf(id, 'hold'))).toBe(false)
  })

  it('is refused in the past, with a quote, or at no time at all', async () => {
    const { payer, fromWalletId } = customer()
    const target = { fromWalletId, toWalletId: tests.wallet(uuidv7()) }
    const wrong: [object, string][] = [
      [
        { debit: usd('1.00'), scheduledFor: new Date(tests.clock.now().getTime() - 1).toISOString() },
        'SCHEDULE_IN_PAST',
      ],
      [{ debit: usd('1.00'), scheduledFor: 'tomorrow' }, 'BAD_USER_INPUT'],
      [{ fxQuoteId: uuidv7(), scheduledFor: inAnHour() }, 'BAD_USER_INPUT'],
    ]
    for (const [fields, code] of wrong) {
      const input = { idempotencyKey: uuidv7(), ...target, ...fields }
      expect([code, await codesOf(tests.subgraph.schema, payer, SEND, { input })]).toEqual([code, [code]])
    }
    const input = { idempotencyKey: uuidv7(), quoteId: uuidv7(), scheduledFor: inAnHour() }
    expect(await codesOf(tests.subgraph.schema, payer, SEND, { input })).toEqual(['BAD_USER_INPUT'])
  })
})

describe('a provider', () => {
  const begin = async () => {
    const { payer, owner, fromWalletId } = customer()
    const id = await send(payer, { fromWalletId, beneficiaryId: tests.beneficiary(owner).id, debit: usd('20.00') })
    await tests.until(payer, id, 'AUTHORIZED')
    await expect.poll(() => tests.started).toContain(id)
    return { payer, id }
  }
  const items = (id: string) =>
    tests.rows('select kind, amount_minor, debit_code, credit_code from reconciliation_items where payment_id = $1', [
      id,
    ])

  it('that never answers is asked at its deadline, and unknown is not failed', async () => {
    const { payer, id } = await begin()
    tests.clock.advanceMs(60_001)
    await expect.poll(() => tests.asked).toContain(id)
    expect((await read(payer, id)).status).toBe('AUTHORIZED')
    tests.outcomes.set(id, 'FAILED')
    tests.clock.advanceMs(60_001)
    await tests.until(payer, id, 'FAILED')
    expect(actionsOf(id, 'resolve')).toEqual(['VOID', 'VOID'])
  })

  it('that answers twice is heard once', async () => {
    const { payer, id } = await begin()
    for (const event of ['first', 'first', 'second']) {
      expect((await tests.callBack(told(id, 'SETTLED', '2000'), { event })).status).toBe(200)
    }
    await tests.until(payer, id, 'COMPLETED')
    expect((await tests.callBack(told(id, 'SETTLED', '2000'), { event: 'third' })).status).toBe(200)
    expect(await items(id)).toEqual([])
  })

  it('that settles another amount changes nothing: the money goes to suspense, and an item is opened', async () => {
    const { payer, id } = await begin()
    expect((await tests.callBack(told(id, 'SETTLED', '1999'))).status).toBe(200)
    const opened = [
      { kind: 'OTHER_AMOUNT', amount_minor: 1999n, debit_code: 'suspense.sandbox', credit_code: 'settlement.sandbox' },
    ]
    expect(await items(id)).toEqual(opened)
    await expect
      .poll(() => [...tests.farSide.journals.values()].at(-1)?.transfers[0])
      .toMatchObject({
        action: 'POST',
        debitAccount: 'suspense.sandbox',
        creditAccount: 'settlement.sandbox',
        amountMinor: '1999',
      })
    expect((await read(payer, id)).status).toBe('AUTHORIZED')
    // Somebody finds out why, and closes it, once.
    const { pool } = tests.subgraph
    const item = (await listOpenItems(pool, 100)).find(({ paymentId }) => paymentId === id)
    const closing = { id: item?.id ?? '', by: 'ops', note: 'a fee of the bank', now: tests.clock.now() }
    await expect.poll(() => closeItem(pool, closing)).toBe(true)
    expect(await closeItem(pool, closing)).toBe(false)
    expect((await listOpenItems(pool, 100)).map(({ id }) => id)).not.toContain(item?.id)
  })

  it.each([
    ['says so again', { amountMinor: 1_999n, currency: 'USD' }],
    ['says the right amount after all', 'SETTLED'],
  ] as const)('that settled another amount and %s at its deadline has settled nothing', async (_, answer) => {
    const { payer, id } = await begin()
    await tests.callBack(told(id, 'SETTLED', '1999'))
    tests.outcomes.set(id, answer)
    await tests.passDeadline(id)
    expect((await read(payer, id)).status).toBe('AUTHORIZED')
    expect(actionsOf(id, 'resolve')).toBeUndefined()
    expect(await items(id)).toHaveLength(1)
    // The right word ends it still.
    await tests.callBack(told(id, 'SETTLED', '2000'), { event: 'right' })
    await tests.until(payer, id, 'COMPLETED')
  })

  it.each([
    { amountMinor: 2_001n, currency: 'USD' },
    { amountMinor: 2_000n, currency: 'EUR' },
    { amountMinor: null, currency: 'USD' },
  ])('that answers at its deadline that it moved $amountMinor $currency has settled nothing', async (answer) => {
    const { payer, id } = await begin()
    tests.outcomes.set(id, answer)
    await tests.passDeadline(id)
    expect((await read(payer, id)).status).toBe('AUTHORIZED')
    expect(actionsOf(id, 'resolve')).toBeUndefined()
  })

  it('that settles after it had failed leaves the payment failed', async () => {
    const { payer, id } = await begin()
    await tests.callBack(told(id, 'FAILED', '2000'))
    await tests.until(payer, id, 'FAILED')
    await tests.callBack(told(id, 'SETTLED', '2000'), { event: 'late' })
    await tests.callBack(told(id, 'SETTLED', '2000'), { event: 'late' })
    expect(await items(id)).toMatchObject([{ kind: 'LATE_SETTLEMENT', amount_minor: 2000n }])
    expect((await read(payer, id)).status).toBe('FAILED')
  })

  it('that answers before the payment is with it is heard when it is', async () => {
    const { payer, owner, fromWalletId } = customer()
    tests.farSide.verdict = 'REVIEW'
    const id = await send(payer, { fromWalletId, beneficiaryId: tests.beneficiary(owner).id, debit: usd('20.00') })
    await tests.until(payer, id, 'IN_REVIEW')
    expect((await tests.callBack(told(id, 'SETTLED', '2000'))).status).toBe(200)
    expect((await read(payer, id)).status).toBe('IN_REVIEW')
    await tests.data(
      asUser(uuidv7(), 'payments:review', 'payments:read'),
      'mutation ($id: ID!) { reviewPayment(id: $id, approve: true, note: "known") { id } }',
      { id },
    )
    await tests.until(payer, id, 'COMPLETED')
  })
})
