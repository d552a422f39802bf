import { uuidv7 } from '@corridor/platform'
import { asUser, codesOf } from '@corridor/testing'
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

const SEND = 'mutation ($input: SendPaymentInput!) { sendPayment(input: $input) { id } }'
const REVIEW =
  'mutation ($id: ID!, $approve: Boolean!, $note: String!) { reviewPayment(id: $id, approve: $approve, note: $note) { id } }'
const CANCEL = 'mutation ($id: ID!, $reason: String) { cancelPayment(id: $id, reason: $reason) { id } }'
const READ = 'query ($id: ID!) { payment(id: $id) { status failure { code } timeline { status note } } }'

interface Read {
  payment: { status: string; failure: { code: string } | null; timeline: { status: string; note: string | null }[] }
}

const DAY_MS = 24 * 60 * 60 * 1000
const staff = (id = uuidv7()) => asUser(id, 'payments:read', 'payments:review')

async function inReview({ toCurrency = 'USD', afterMs = 0 } = {}) {
  tests.farSide.verdict = 'REVIEW'
  const [payer, payee] = [tests.customer(), tests.customer()]
  const input = {
    idempotencyKey: uuidv7(),
    fromWalletId: tests.wallet(payer.caller.subject ?? ''),
    toWalletId: tests.wallet(payee.caller.subject ?? '', toCurrency),
    debit: { amount: '10.00', currency: 'USD' },
    ...(afterMs > 0 ? { scheduledFor: new Date(tests.clock.now().getTime() + afterMs).toISOString() } : {}),
  }
  const { sendPayment } = await tests.data<{ sendPayment: { id: string } }>(payer, SEND, { input })
  tests.clock.advanceMs(afterMs)
  await tests.until(payer, sendPayment.id, 'IN_REVIEW')
  return { payer, payee, id: sendPayment.id }
}

const actionsOf = (id: string, role: 'hold' | 'resolve') =>
  tests.farSide.journals.get(journalIdOf(id, role))?.transfers.map(({ action }) => action)

describe('a payment in review', () => {
  it('is held, and posted as it was held when somebody else approves', async () => {
    const { payer, id } = await inReview()
    expect(actionsOf(id, 'hold')).toEqual(['HOLD', 'HOLD'])
    await tests.data(staff(), REVIEW, { id, approve: true, note: 'known to us' })
    await tests.until(payer, id, 'COMPLETED')
    expect(actionsOf(id, 'resolve')).toEqual(['CAPTURE', 'CAPTURE'])
    // What a reviewer notes is for staff; the payer sees that it was decided.
    expect((await tests.data<Read>(payer, READ, { id })).payment.timeline.at(-1)).toEqual({
      status: 'COMPLETED',
      note: null,
    })
    expect((await tests.data<Read>(staff(), READ, { id })).payment.timeline.at(-1)?.note).toBe('known to us')
  })

  it('is given back when somebody refuses, and a second decision comes too late', async () => {
    const { payer, id } = await inReview()
    await tests.data(staff(), REVIEW, { id, approve: false, note: 'not plausible' })
    await tests.until(payer, id, 'DECLINED')
    expect(actionsOf(id, 'resolve')).toEqual(['VOID', 'VOID'])
    const late = { id, approve: true, note: 'but yes' }
    expect(await codesOf(tests.subgraph.schema, staff(), REVIEW, late)).toEqual(['INVALID_TRANSITION'])
  })

  it('waits in the queue of who reviews, oldest first, until it is decided', async () => {
    const [first, second] = [await inReview(), await inReview()]
    const QUEUE = `query ($first: Int, $after: String) { payments(filter: { reviewQueue: true }, first: $first, after: $after) {
      edges { node { id } } pageInfo { hasNextPage endCursor } } }`
    interface Queue {
      payments: {
        edges: { node: { id: string } }[]
        pageInfo: { hasNextPage: boolean; endCursor: string | null }
      }
    }
    const ids = async (): Promise<string[]> => {
      const found: string[] = []
      for (let after: string | null = null, more = true; more; ) {
        const { payments }: Queue = await tests.data<Queue>(staff(), QUEUE, { first: 1, after })
        found.push(...payments.edges.map(({ node }) => node.id))
        ;({ hasNextPage: more, endCursor: after } = payments.pageInfo)
      }
      return found.filter((id) => [first.id, second.id].includes(id))
    }
    expect(await ids()).toEqual([first.id, second.id])
    await tests.data(staff(), REVIEW, { id: first.id, approve: false, note: 'not plausible' })
    await tests.until(first.payer, first.id, 'DECLINED')
    expect(await ids()).toEqual([second.id])
    expect(await codesOf(tests.subgraph.schema, first.payer, QUEUE)).toEqual(['FORBIDDEN'])
    const MORE = '{ payments(filter: { reviewQueue: true, kind: TRANSFER }) { edges { cursor } } }'
    expect(await codesOf(tests.subgraph.schema, staff(), MORE)).toEqual(['BAD_USER_INPUT'])
  })

  it('is decided by neither side of it, nor without a note, nor where there is none', async () => {
    const { payer, payee, id } = await inReview()
    const codes = (context: ReturnType<typeof asUser>, variables: object) =>
      codesOf(tests.subgraph.schema, context, REVIEW, { id, approve: true, note: 'ok', ...variables })
    expect(await codes(staff(payer.caller.subject ?? ''), {})).toEqual(['FORBIDDEN'])
    expect(await codes(staff(payee.caller.subject ?? ''), {})).toEqual(['FORBIDDEN'])
    expect(await codes(staff(), { note: ' ' })).toEqual(['BAD_USER_INPUT'])
    expect(await codes(staff(), { id: uuidv7() })).toEqual(['NOT_FOUND'])
    expect(await codes(payer, {})).toEqual(['UNAUTHORIZED_FIELD_OR_TYPE'])
    expect((await tests.data<Read>(payer, READ, { id })).payment.status).toBe('IN_REVIEW')
  })

  it('stands at its rate for a day from when it was priced, however long before it was scheduled', async () => {
    const conversion = { toCurrency: 'INR', afterMs: 2 * DAY_MS }
    for (const [decidedAfterMs, failure] of [
      [0, null],
      [DAY_MS + 1, { code: 'QUOTE_EXPIRED' }],
    ] as const) {
      const { payer, id } = await inReview(conversion)
      tests.clock.advanceMs(decidedAfterMs)
      await tests.data(staff(), REVIEW, { id, approve: true, note: 'known to us' })
      await tests.until(payer, id, 'COMPLETED', 'FAILED')
      expect((await tests.data<Read>(payer, READ, { id })).payment.failure).toEqual(failure)
    }
  })

  it('ends by itself when nobody decides in 72 hours', async () => {
    const { payer, id } = await inReview()
    tests.clock.advanceMs(3 * DAY_MS + 1)
    await tests.until(payer, id, 'FAILED')
    expect((await tests.data<Read>(payer, READ, { id })).payment.failure).toEqual({ code: 'REVIEW_EXPIRED' })
    expect(actionsOf(id, 'resolve')).toEqual(['VOID', 'VOID'])
  })

  it('is cancelled by its payer, and by nobody else', async () => {
    const { payer, payee, id } = await inReview()
    expect(await codesOf(tests.subgraph.schema, payee, CANCEL, { id })).toEqual(['NOT_FOUND'])
    await tests.data(payer, CANCEL, { id, reason: 'changed my mind' })
    await tests.until(payer, id, 'CANCELLED')
    const { timeline } = (await tests.data<Read>(payer, READ, { id })).payment
    expect(timeline.at(-1)).toEqual({ status: 'CANCELLED', note: 'changed my mind' })
    expect(actionsOf(id, 'resolve')).toEqual(['VOID', 'VOID'])
  })
})

describe('a payment that is pending', () => {
  it('is cancelled after its journals are given up, so that a late call can never post', async () => {
    tests.farSide.ledgerAway = true
    const payer = tests.customer()
    const input = {
      idempotencyKey: uuidv7(),
      fromWalletId: tests.wallet(payer.caller.subject ?? ''),
      toWalletId: tests.wallet(uuidv7()),
      debit: { amount: '10.00', currency: 'USD' },
    }
    const { sendPayment } = await tests.data<{ sendPayment: { id: string } }>(payer, SEND, { input })
    await tests.data(payer, CANCEL, { id: sendPayment.id })
    // Put off by whoever has seen that it is cancelled: from then on nothing but the clock makes it due.
    const waits = `select 1 from payments where id = $1 and intent = 'CANCEL' and due_at > $2`
    await expect.poll(() => tests.rows(waits, [sendPayment.id, tests.clock.now()])).toHaveLength(1)
    tests.farSide.ledgerAway = false
    tests.clock.advanceMs(60_000)
    await tests.until(payer, sendPayment.id, 'CANCELLED')
    expect(tests.farSide.retired).toEqual(
      expect.arrayContaining([journalIdOf(sendPayment.id, 'post'), journalIdOf(sendPayment.id, 'hold')]),
    )
    expect(actionsOf(sendPayment.id, 'hold')).toBeUndefined()
    // Granted once, it is granted for ever; what is at rest does not change.
    expect(await codesOf(tests.subgraph.schema, payer, CANCEL, { id: sendPayment.id })).toEqual(['INVALID_TRANSITION'])
  })
})
