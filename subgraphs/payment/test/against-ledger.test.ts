import { allMetrics, Counter, silentLogger, uuidv7 } from '@corridor/platform'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { journalIdOf } from '../src/domain/postings.ts'
import { holdAgainstLedger, listOpenItems } from '../src/index.ts'
import { TestPayments } from './platform.ts'

let tests: TestPayments
beforeAll(async () => {
  tests = await TestPayments.open()
})
afterAll(() => tests.close())

const REFUND = 'mutation ($input: RefundPaymentInput!) { refundPayment(input: $input) { id } }'
const SEND = 'mutation ($input: SendPaymentInput!) { sendPayment(input: $input) { id } }'

const sent = async (): Promise<string> => (await sentTo()).id
async function sentTo() {
  const [payer, payee] = [tests.customer(), tests.customer()]
  const input = {
    idempotencyKey: uuidv7(),
    fromWalletId: tests.wallet(payer.caller.subject ?? ''),
    toWalletId: tests.wallet(payee.caller.subject ?? ''),
    debit: { amount: '10.00', currency: 'USD' },
  }
  const { sendPayment } = await tests.data<{ sendPayment: { id: string } }>(payer, SEND, { input })
  await tests.until(payer, sendPayment.id, 'COMPLETED')
  return { id: sendPayment.id, payee }
}

/** One round over all that is there, and what is open after it. */
async function found(
  actions: ReadonlyMap<string, readonly string[]>,
  { aheadMs = 61_000, meanwhile = async () => {} } = {},
) {
  const asked: string[] = []
  await holdAgainstLedger({
    pool: tests.subgraph.pool,
    clock: { now: () => new Date(tests.clock.now().getTime() + aheadMs) },
    logger: silentLogger,
    async actionsOf(ids) {
      asked.push(...ids)
      await meanwhile()
      return actions
    },
  })
  const items = await listOpenItems(tests.subgraph.pool, 100)
  return { asked, items: items.map(({ paymentId, kind, amountMinor }) => ({ paymentId, kind, amountMinor })) }
}

/** How many differences the metric behind the alert tells of. */
function counted(): number {
  const metric = allMetrics().find(({ options }) => options.name === 'corridor.payment.transfers.differing')
  const [member] = metric?.all() ?? []
  return member?.series instanceof Counter ? member.series.value : Number.NaN
}

describe('payments that have ended', () => {
  it('are held against the ledger once, a minute later, and an item is opened where it has other transfers', async () => {
    const [right, wrong] = [await sent(), await sent()]
    const posted = (id: string, ...actions: string[]): [string, string[]] => [journalIdOf(id, 'post'), actions]
    const held = (id: string): [string, string[]] => [journalIdOf(id, 'hold'), ['HOLD']]
    expect((await found(new Map(), { aheadMs: 0 })).asked).toEqual([])
    const actions = new Map([posted(right, 'POST'), posted(wrong, 'POST'), held(wrong)])
    const first = await found(actions)
    expect(first.asked).toContain(journalIdOf(right, 'resolve'))
    expect(first.items).toEqual([{ paymentId: wrong, kind: 'TRANSFERS_DIFFER', amountMinor: 1000n }])
    expect(await found(new Map())).toEqual({ asked: [], items: first.items })
  })

  it('hold up nobody while the ledger is asked, and what two have found is one item', async () => {
    const wrong = await sent()
    const second: string[] = []
    const meanwhile = async () => {
      second.push(...(await found(new Map())).asked)
    }
    const { asked, items } = await found(new Map(), { meanwhile })
    expect(second).toEqual(asked)
    expect(items.filter(({ paymentId }) => paymentId === wrong)).toHaveLength(1)
    expect((await found(new Map())).asked).toEqual([])
  })

  it.each([
    ['FAILED', 'INSUFFICIENT_FUNDS', 'POST'],
    ['COMPLETED', null, 'HOLD'],
  ])(
    'with a refund that is %s and moved something else are found by what it was to give back',
    async (status, refusal, action) => {
      const { id, payee } = await sentTo()
      expect(
        (await found(new Map([[journalIdOf(id, 'post'), ['POST']]]))).items.map(({ paymentId }) => paymentId),
      ).not.toContain(id)
      tests.farSide.ledgerRefusal = refusal
      const input = {
        idempotencyKey: uuidv7(),
        paymentId: id,
        amount: { amount: '3.00', currency: 'USD' },
        reason: 'not delivered',
      }
      await tests.data(payee, REFUND, { input })
      const ended = () => tests.rows('select id from refunds where payment_id = $1 and status = $2', [id, status])
      await expect.poll(ended).toHaveLength(1)
      // Its event, where it tells one, has its place.
      await expect.poll(() => tests.rows('select 1 from payment_event_queue')).toEqual([])
      tests.farSide.ledgerRefusal = null
      const refundId = String((await ended())[0]?.id)
      const actions = new Map([
        [journalIdOf(id, 'post'), ['POST']],
        [journalIdOf(refundId, 'post'), [action]],
      ])
      const before = counted()
      const young = await found(actions, { aheadMs: 0 })
      expect(young.asked).toEqual([])
      const { asked, items } = await found(actions)
      expect(asked.filter((journal) => journal === journalIdOf(refundId, 'resolve'))).toHaveLength(1)
      expect(items.filter(({ paymentId }) => paymentId === id)).toEqual([
        { paymentId: id, kind: 'TRANSFERS_DIFFER', amountMinor: 300n },
      ])
      expect((await found(actions)).asked).toEqual([])
      expect(counted()).toBe(before + 1)
    },
  )

  it('without any transfer are found too', async () => {
    const missing = await sent()
    const { items } = await found(new Map())
    expect(items.map(({ paymentId }) => paymentId)).toContain(missing)
  })
})
