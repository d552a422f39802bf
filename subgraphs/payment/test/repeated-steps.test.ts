import { Fault, uuidv7 } from '@corridor/platform'
import { asUser, codesOf } from '@corridor/testing'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { journalIdOf } from '../src/domain/postings.ts'
import { readInReview } from '../src/use-cases/review-queue.ts'
import { TestPayments } from './platform.ts'

let tests: TestPayments
beforeAll(async () => {
  tests = await TestPayments.open({ fees: { standardBps: 50, corridors: { USDINR: 75 } } })
})
afterAll(() => tests.close())
afterEach(() => {
  Object.assign(tests.farSide, {
    verdict: 'APPROVE',
    answersLost: false,
    ledgerAway: false,
    priceRefusal: null,
    whileDeciding: null,
  })
  tests.holdUp = null
})

const SEND = 'mutation ($input: SendPaymentInput!) { sendPayment(input: $input) { id } }'
const DEPOSIT = 'mutation ($input: DepositInput!) { deposit(input: $input) { id } }'
const REVIEW =
  'mutation ($id: ID!, $approve: Boolean!) { reviewPayment(id: $id, approve: $approve, note: "known") { id } }'
const READ = 'query ($id: ID!) { payment(id: $id) { status failure { code } } }'
type Context = ReturnType<typeof asUser>

const usd = (amount: string) => ({ amount, currency: 'USD' })
const staff = () => asUser(uuidv7(), 'payments:read', 'payments:review')
const customer = () => {
  const payer = tests.customer()
  const owner = payer.caller.subject ?? ''
  return { payer, owner, fromWalletId: tests.wallet(owner) }
}
async function send(context: Context, target: object): Promise<string> {
  const input = { idempotencyKey: uuidv7(), debit: usd('10.00'), ...target }
  return (await tests.data<{ sendPayment: { id: string } }>(context, SEND, { input })).sendPayment.id
}
const read = async (context: Context, id: string) =>
  (await tests.data<{ payment: { status: string; failure: { code: string } | null } }>(context, READ, { id })).payment
const actionsOf = (id: string, role: 'post' | 'hold' | 'resolve') =>
  tests.farSide.journals.get(journalIdOf(id, role))?.transfers.map(({ action }) => action)

/** Waits until the ledger has done something for a payment, and nobody knows. */
async function loseAnswer(id: string, role: 'post' | 'hold' | 'resolve'): Promise<void> {
  tests.farSide.answersLost = true
  await expect.poll(() => tests.farSide.journals.has(journalIdOf(id, role))).toBe(true)
  await putOff(id)
}
const putOff = (id: string) =>
  expect.poll(() => tests.rows('select attempts from payments where id = $1', [id])).not.toEqual([{ attempts: 0 }])
function goOn(): void {
  tests.farSide.answersLost = false
  tests.clock.advanceMs(60_000)
}

describe('what was posted before anybody knew', () => {
  const toBeneficiary = async (fields: { delivery: string }) => {
    const { payer, owner, fromWalletId } = customer()
    const walletId = fields.delivery === 'WALLET' ? tests.wallet(uuidv7()) : null
    const beneficiary = tests.beneficiary(owner, { ...fields, walletId })
    tests.farSide.answersLost = true
    const id = await send(payer, { fromWalletId, beneficiaryId: beneficiary.id })
    await loseAnswer(id, walletId === null ? 'hold' : 'post')
    beneficiary.active = false
    goOn()
    return { payer, id }
  }

  it('is finished when its beneficiary was removed meanwhile', async () => {
    const { payer, id } = await toBeneficiary({ delivery: 'WALLET' })
    await tests.until(payer, id, 'COMPLETED', 'FAILED')
    expect((await read(payer, id)).status).toBe('COMPLETED')
  })

  it('is given back when it was to leave the platform', async () => {
    const { payer, id } = await toBeneficiary({ delivery: 'BANK' })
    await tests.until(payer, id, 'FAILED')
    expect(await read(payer, id)).toEqual({ status: 'FAILED', failure: { code: 'BENEFICIARY_REMOVED' } })
    expect(actionsOf(id, 'resolve')).toEqual(['VOID', 'VOID'])
    expect(tests.started).not.toContain(id)
  })

  it('waits for the rate that it needs, where one that posted nothing fails', async () => {
    const { payer, fromWalletId } = customer()
    tests.farSide.answersLost = true
    const id = await send(payer, { fromWalletId, toWalletId: tests.wallet(uuidv7()) })
    await loseAnswer(id, 'post')
    tests.farSide.priceRefusal = 'RATE_UNAVAILABLE'
    goOn()
    await expect
      .poll(() => tests.rows('select status from payments where id = $1 and attempts > 1', [id]))
      .toEqual([{ status: 'PENDING' }])
    const other = customer()
    const late = await send(other.payer, { fromWalletId: other.fromWalletId, toWalletId: tests.wallet(uuidv7()) })
    await tests.until(other.payer, late, 'FAILED')
    expect((await read(other.payer, late)).failure).toEqual({ code: 'RATE_UNAVAILABLE' })
    expect(tests.farSide.retired).toEqual(
      expect.arrayContaining([journalIdOf(late, 'post'), journalIdOf(late, 'hold')]),
    )
    tests.farSide.priceRefusal = null
    goOn()
    await tests.until(payer, id, 'COMPLETED')
  })

  it('never fails for another content under its id', async () => {
    const { payer, fromWalletId } = customer()
    tests.farSide.answersLost = true
    const id = await send(payer, { fromWalletId, toWalletId: tests.wallet(uuidv7()) })
    await loseAnswer(id, 'post')
    await tests.rows('update payments set fee_bps = 51 where id = $1', [id])
    goOn()
    await expect
      .poll(() => tests.rows('select status from payments where id = $1 and attempts > 1', [id]))
      .toEqual([{ status: 'PENDING' }])
    await tests.rows('update payments set fee_bps = 50 where id = $1', [id])
    goOn()
    await tests.until(payer, id, 'COMPLETED')
  })
})

describe('a fee', () => {
  it('is that of the corridor when the payment is taken in, whoever prices it', async () => {
    const { payer, fromWalletId } = customer()
    const ids = ['USD', 'INR'].map((currency) =>
      send(payer, { fromWalletId, toWalletId: tests.wallet(uuidv7(), currency) }),
    )
    const fees = []
    for (const id of await Promise.all(ids)) {
      await tests.until(payer, id, 'COMPLETED')
      fees.push(...(await tests.rows('select fee_bps, fee_minor from payments where id = $1', [id])))
    }
    expect(fees).toEqual([
      { fee_bps: 50, fee_minor: 5n },
      { fee_bps: 75, fee_minor: 8n },
    ])
  })
})

describe('what a provider may have been told', () => {
  it('is not given back when the beneficiary is removed before its answer', async () => {
    const { payer, owner, fromWalletId } = customer()
    const beneficiary = tests.beneficiary(owner)
    let answer = () => {}
    tests.holdUp = new Promise<void>((_, reject) => {
      answer = () => reject(new Fault('SERVICE_UNAVAILABLE', 'The provider did not answer in time.'))
    })
    const id = await send(payer, { fromWalletId, beneficiaryId: beneficiary.id })
    await expect.poll(() => tests.started).toContain(id)
    // It is committed by then.
    expect(await tests.rows('select provider_asked_at is null as unknown from payments where id = $1', [id])).toEqual([
      { unknown: false },
    ])
    beneficiary.active = false
    answer()
    await putOff(id)
    goOn()
    await expect.poll(() => tests.asked).toContain(id)
    expect((await read(payer, id)).status).toBe('AUTHORIZED')
    tests.outcomes.set(id, 'SETTLED')
    goOn()
    await tests.until(payer, id, 'COMPLETED')
    expect(actionsOf(id, 'resolve')).toEqual(['CAPTURE', 'CAPTURE'])
  })

  it('is committed before it is carried out: what it says meanwhile comes too late', async () => {
    const { payer, owner, fromWalletId } = customer()
    const id = await send(payer, { fromWalletId, beneficiaryId: tests.beneficiary(owner).id })
    await expect.poll(() => tests.started).toContain(id)
    await tests.until(payer, id, 'AUTHORIZED')
    tests.outcomes.set(id, 'FAILED')
    tests.farSide.answersLost = true
    tests.clock.advanceMs(60_001)
    await loseAnswer(id, 'resolve')
    await tests.callBack({ paymentId: id, outcome: 'SETTLED', amountMinor: '1000', currency: 'USD' })
    goOn()
    await tests.until(payer, id, 'FAILED')
    expect(await tests.rows('select kind from reconciliation_items where payment_id = $1', [id])).toEqual([
      { kind: 'LATE_SETTLEMENT' },
    ])
  })

  it('holds up nothing that needs no provider', async () => {
    let answer = () => {}
    tests.holdUp = new Promise<void>((resolve) => {
      answer = resolve
    })
    const { payer, owner, fromWalletId } = customer()
    const slow = await send(payer, { fromWalletId, beneficiaryId: tests.beneficiary(owner).id })
    await expect.poll(() => tests.started).toContain(slow)
    const other = customer()
    const id = await send(other.payer, { fromWalletId: other.fromWalletId, toWalletId: tests.wallet(uuidv7()) })
    await tests.until(other.payer, id, 'COMPLETED')
    answer()
    await expect
      .poll(() => tests.rows('select 1 from payments where id = $1 and provider_started_at is not null', [slow]))
      .toHaveLength(1)
  })
})

describe('payments that are processed together', () => {
  /** Due at once, each from a wallet of its own. */
  const together = async (...amounts: string[]) => {
    const { payer, owner } = customer()
    const toWalletId = tests.wallet(uuidv7())
    const input = amounts.map((amount) => ({
      idempotencyKey: uuidv7(),
      fromWalletId: tests.wallet(owner),
      toWalletId,
      debit: usd(amount),
    }))
    tests.farSide.calls.length = 0
    const { sendPayments } = await tests.data<{ sendPayments: { payment: { id: string } | null }[] }>(
      payer,
      'mutation ($input: [SendPaymentInput!]!) { sendPayments(input: $input) { payment { id } } }',
      { input },
    )
    return { payer, ids: sendPayments.map(({ payment }) => payment?.id ?? '') }
  }

  it('wait together while what they need is away, and nobody tries one by one', async () => {
    tests.farSide.ledgerAway = true
    const { payer, ids } = await together(...Array.from({ length: 10 }, () => '1.00'))
    await expect
      .poll(() => tests.rows('select distinct attempts from payments where id = any($1)', [ids]))
      .toEqual([{ attempts: 1 }])
    expect(tests.farSide.calls).toEqual(['price', 'decide'])
    tests.farSide.ledgerAway = false
    goOn()
    for (const id of ids) await tests.until(payer, id, 'COMPLETED')
  })

  it('are changed once where a cancellation that came too late meets a refund', async () => {
    const { payer, fromWalletId } = customer()
    const id = await send(payer, { fromWalletId, toWalletId: tests.wallet(uuidv7()) })
    await tests.until(payer, id, 'COMPLETED')
    const refundLate = async (amount: number, status: string) => {
      await tests.rows(
        `with late as (update payments set intent = 'CANCEL', intent_at = $2, due_at = $2 where id = $1 returning *)
         insert into refunds (id, payment_id, source, leased_wallet_id, amount_minor, reason, due_at, created_at, updated_at)
         select gen_random_uuid(), id, 'CALLER', to_wallet_id, $3, 'not delivered', $2, $2, $2 from late`,
        [id, tests.clock.now(), amount],
      )
      await tests.until(payer, id, status)
    }
    await refundLate(400, 'PARTIALLY_REFUNDED')
    await refundLate(600, 'REFUNDED')
    expect(await tests.rows('select status, version, due_at from payments where id = $1', [id])).toEqual([
      { status: 'REFUNDED', version: 4n, due_at: null },
    ])
  })

  it('are tried alone where one of them is at fault, at least one in a round however long that lasts', async () => {
    tests.farSide.whileDeciding = async (asked) => {
      tests.clock.advanceMs(60_000)
      if (asked.some(({ amountUsdMinor }) => amountUsdMinor === '666')) throw new Error('nobody can judge this')
    }
    const { payer, ids } = await together('1.00', '6.66', '2.00')
    const [first = '', bad = '', last = ''] = ids
    await tests.until(payer, first, 'COMPLETED')
    await tests.until(payer, last, 'COMPLETED')
    expect((await read(payer, bad)).status).toBe('PENDING')
    tests.farSide.whileDeciding = null
    goOn()
    await tests.until(payer, bad, 'COMPLETED')
  })
})

describe('a review', () => {
  const HOUR_MS = 3_600_000
  const inReview = async (toCurrency = 'USD') => {
    tests.farSide.verdict = 'REVIEW'
    const { payer, fromWalletId } = customer()
    const id = await send(payer, { fromWalletId, toWalletId: tests.wallet(uuidv7(), toCurrency) })
    await tests.until(payer, id, 'IN_REVIEW')
    return { payer, id }
  }

  it('that has expired is decided by nobody any more, though nobody knows yet', async () => {
    const { payer, id } = await inReview()
    tests.farSide.answersLost = true
    tests.clock.advanceMs(72 * HOUR_MS + 1)
    await loseAnswer(id, 'resolve')
    expect(await codesOf(tests.subgraph.schema, staff(), REVIEW, { id, approve: true })).toEqual(['CONFLICT'])
    const queue = await readInReview(tests.subgraph.pool, { after: 0n, limit: 100 })
    expect(queue.map((payment) => payment.id)).not.toContain(id)
    goOn()
    await tests.until(payer, id, 'FAILED')
    expect(await read(payer, id)).toEqual({ status: 'FAILED', failure: { code: 'REVIEW_EXPIRED' } })
    expect(actionsOf(id, 'resolve')).toEqual(['VOID', 'VOID'])
  })

  it('that its payer cancelled before anybody knew of it ends at once', async () => {
    tests.farSide.verdict = 'REVIEW'
    const { payer, fromWalletId } = customer()
    tests.farSide.answersLost = true
    const id = await send(payer, { fromWalletId, toWalletId: tests.wallet(uuidv7()) })
    await loseAnswer(id, 'hold')
    await tests.data(payer, 'mutation ($id: ID!) { cancelPayment(id: $id) { id } }', { id })
    goOn()
    expect(await tests.until(payer, id, 'CANCELLED')).toContain('IN_REVIEW')
    expect(actionsOf(id, 'resolve')).toEqual(['VOID', 'VOID'])
  })

  it('that was approved while the rate stood is carried out whenever it is repeated', async () => {
    const { payer, id } = await inReview('INR')
    await tests.rows('update payments set fx_quote_id = gen_random_uuid() where id = $1', [id])
    tests.clock.advanceMs(24 * HOUR_MS - 60_000)
    tests.farSide.answersLost = true
    await tests.data(staff(), REVIEW, { id, approve: true })
    await loseAnswer(id, 'resolve')
    tests.clock.advanceMs(HOUR_MS)
    goOn()
    await tests.until(payer, id, 'COMPLETED', 'FAILED')
    expect((await read(payer, id)).status).toBe('COMPLETED')
  })

  it('does not end because its provider speaks while it begins', async () => {
    tests.farSide.verdict = 'REVIEW'
    const { payer, owner } = customer()
    const input = { idempotencyKey: uuidv7(), walletId: tests.wallet(owner), amount: usd('10.00') }
    const told = (paymentId: string) => ({ paymentId, outcome: 'SETTLED', amountMinor: '1000', currency: 'USD' })
    tests.farSide.whileDeciding = async () => {
      const [row] = await tests.rows('select id from payments where payer = $1', [owner])
      expect((await tests.callBack(told(String(row?.id)))).status).toBe(200)
    }
    const { deposit } = await tests.data<{ deposit: { id: string } }>(payer, DEPOSIT, { input })
    await tests.until(payer, deposit.id, 'IN_REVIEW')
    expect(
      await tests.rows('select due_at > $2 as later from payments where id = $1', [deposit.id, tests.clock.now()]),
    ).toEqual([{ later: true }])
    await tests.data(staff(), REVIEW, { id: deposit.id, approve: true })
    await tests.until(payer, deposit.id, 'COMPLETED')
  })
})
