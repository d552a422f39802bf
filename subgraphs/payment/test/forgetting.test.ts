import { uuidv7 } from '@corridor/platform'
import { codesOf } from '@corridor/testing'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { forgetQuotes } from '../src/use-cases/quote-store.ts'
import { forgetDeliveries, takeDueDeliveries } from '../src/webhooks/webhook-store.ts'
import { TestPayments } from './platform.ts'

let tests: TestPayments
beforeAll(async () => {
  tests = await TestPayments.open()
})
afterAll(() => tests.close())

const PREPARE = 'mutation ($input: PreparePaymentInput!) { preparePayment(input: $input) { id } }'
const SEND = 'mutation ($input: SendPaymentInput!) { sendPayment(input: $input) { id } }'
const MAX_OPEN = 20

it('a customer has so many quotes open, and those that nobody used are forgotten', async () => {
  const payer = tests.customer()
  const owner = payer.caller.subject ?? ''
  const debit = { amount: '1.00', currency: 'USD' }
  const input = { fromWalletId: tests.wallet(owner), toWalletId: tests.wallet(uuidv7()), debit }
  const prepare = async () =>
    (await tests.data<{ preparePayment: { id: string } }>(payer, PREPARE, { input })).preparePayment.id
  const quoteId = await prepare()
  await tests.data(payer, SEND, { input: { idempotencyKey: uuidv7(), quoteId } })
  // Side by side too: none of them sees the quotes of the others when it begins.
  const codes = Array.from({ length: MAX_OPEN + 3 }, () => codesOf(tests.subgraph.schema, payer, PREPARE, { input }))
  expect((await Promise.all(codes)).flat()).toEqual(Array.from({ length: 3 }, () => 'LIMIT_EXCEEDED'))
  expect(await codesOf(tests.subgraph.schema, payer, PREPARE, { input })).toEqual(['LIMIT_EXCEEDED'])

  const { pool } = tests.subgraph
  const ends = new Date(tests.clock.now().getTime() + 60_000)
  expect(await forgetQuotes(pool, ends, 5)).toBe(0)
  const later = new Date(ends.getTime() + 1)
  expect(await forgetQuotes(pool, later, 5)).toBe(5)
  expect(await forgetQuotes(pool, later, 100)).toBe(MAX_OPEN - 5)
  expect(await tests.rows('select id from payment_quotes')).toEqual([{ id: quoteId }])
})

it('a rate that nobody locked is not locked by preparing a payment with it', async () => {
  const payer = tests.customer()
  const fromWalletId = tests.wallet(payer.caller.subject ?? '')
  const fxQuoteId = uuidv7()
  const input = { fromWalletId, toWalletId: tests.wallet(uuidv7(), 'INR'), fxQuoteId }
  expect(await codesOf(tests.subgraph.schema, payer, PREPARE, { input })).toEqual(['NOT_FOUND'])
  expect(tests.farSide.quotes.has(fxQuoteId)).toBe(false)
})

it('a delivery of a webhook that was deleted meanwhile is not made', async () => {
  const { pool } = tests.subgraph
  const [webhook, delivery] = [uuidv7(), uuidv7()]
  const now = tests.clock.now()
  await pool.query(
    `insert into webhooks (id, owner, url, events, secret_ct, created_at, deleted_at)
     values ($1, $1, 'https://example.com/', '{}', 'sealed', $2, $2)`,
    [webhook, now],
  )
  // Its event was told as the webhook was deleted, and neither saw the other.
  await pool.query(
    `insert into webhook_deliveries (id, webhook_id, event_id, event_type, occurred_at, data, next_attempt_at)
     values ($1, $2, gen_random_uuid(), 'payment.completed', $3, '{}', $3)`,
    [delivery, webhook, now],
  )
  const asked = { now, until: new Date(now.getTime() + 1), maxAttempts: 8, limit: 100 }
  expect(await takeDueDeliveries(pool, asked)).toEqual({ taken: [], givenUp: 1 })
  expect(
    await tests.rows('delete from webhook_deliveries where id = $1 returning status, last_error', [delivery]),
  ).toEqual([{ status: 'DEAD', last_error: 'The webhook was deleted.' }])
})

it('deliveries that have ended are forgotten, and those that are still to be made are not', async () => {
  const { pool } = tests.subgraph
  const webhook = uuidv7()
  const now = tests.clock.now()
  await pool.query(
    `insert into webhooks (id, owner, url, events, secret_ct, created_at)
     values ($1, $1, 'https://example.com/', '{}', 'sealed', $2)`,
    [webhook, now],
  )
  await pool.query(
    `insert into webhook_deliveries (id, webhook_id, event_id, event_type, occurred_at, data, status, next_attempt_at)
     select gen_random_uuid(), $1, gen_random_uuid(), 'payment.completed', $2, '{}', status,
       case status when 'PENDING' then $2::timestamptz end
     from unnest(array['PENDING', 'DELIVERED', 'DEAD']) as s (status)`,
    [webhook, now],
  )
  expect(await forgetDeliveries(pool, now, 10)).toBe(0)
  expect(await forgetDeliveries(pool, new Date(now.getTime() + 1), 10)).toBe(2)
  expect(await tests.rows('select status from webhook_deliveries')).toEqual([{ status: 'PENDING' }])
})

it('deliveries that have had all their attempts are given up as they would be taken, so many at once', async () => {
  const { pool } = tests.subgraph
  await pool.query(`update webhook_deliveries set attempts = 8 where status = 'PENDING'`)
  await pool.query(
    `insert into webhook_deliveries (id, webhook_id, event_id, event_type, occurred_at, data, attempts, next_attempt_at)
     select gen_random_uuid(), webhook_id, gen_random_uuid(), event_type, occurred_at, data, a.attempts, next_attempt_at
     from webhook_deliveries, unnest(array[8, 7, 8]) as a (attempts) where status = 'PENDING'`,
  )
  const now = new Date(tests.clock.now().getTime() + 1)
  const asked = { now, until: new Date(now.getTime() + 1), maxAttempts: 8 }
  const first = await takeDueDeliveries(pool, { ...asked, limit: 2 })
  expect(first.taken.length + first.givenUp).toBe(2)
  const second = await takeDueDeliveries(pool, { ...asked, limit: 100 })
  expect(first.givenUp + second.givenUp).toBe(3)
  expect([...first.taken, ...second.taken].map(({ attempts }) => attempts)).toEqual([8])
  expect(
    await tests.rows(
      `select status, attempts, count(*)::int as deliveries from webhook_deliveries group by 1, 2 order by 1, 2`,
    ),
  ).toEqual([
    { status: 'DEAD', attempts: 8, deliveries: 3 },
    { status: 'PENDING', attempts: 8, deliveries: 1 },
  ])
})
