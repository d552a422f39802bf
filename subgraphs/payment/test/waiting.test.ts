import { allMetrics, createPool, Gauge, readAll, uuidv7 } from '@corridor/platform'
import { asUser } from '@corridor/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { HASTEN_SQL, hastenDue } from '../src/processor/hasten-due.ts'
import { TestPayments } from './platform.ts'

let tests: TestPayments
beforeAll(async () => {
  tests = await TestPayments.open()
})
afterAll(() => tests.close())

const SEND = 'mutation ($input: SendPaymentInput!) { sendPayment(input: $input) { id } }'
const HOUR_S = 3_600

async function send(payer: ReturnType<typeof asUser>, target: object): Promise<string> {
  const fromWalletId = tests.wallet(payer.caller.subject ?? '')
  const input = { idempotencyKey: uuidv7(), fromWalletId, debit: { amount: '10.00', currency: 'USD' }, ...target }
  return (await tests.data<{ sendPayment: { id: string } }>(payer, SEND, { input })).sendPayment.id
}

/** In seconds. */
async function overdue(status: string): Promise<number> {
  await readAll()
  const metric = allMetrics().find(({ options }) => options.name === 'corridor.payment.overdue')
  const found = [...(metric?.all() ?? [])].find(({ attributes }) => attributes.status === status)
  return found?.series instanceof Gauge ? found.series.value : Number.NaN
}
const anHourAgo = (column: string, id: string) =>
  tests.rows(`update payments set ${column} = clock_timestamp() - interval '1 hour' where id = $1`, [id])

it('a payment that is tried in vain is overdue from when it was taken in', async () => {
  tests.farSide.ledgerAway = true
  const id = await send(tests.customer(), { toWalletId: tests.wallet(uuidv7()) })
  await anHourAgo('created_at', id)
  for (const attempts of [1, 2]) {
    await expect.poll(() => tests.rows('select attempts from payments where id = $1', [id])).toEqual([{ attempts }])
    tests.clock.advanceMs(60_000)
  }
  await expect.poll(() => overdue('PENDING')).toBeGreaterThanOrEqual(HOUR_S)
  tests.farSide.ledgerAway = false
})

it('a payment of which its provider knows nothing is overdue from when that was asked, and one that waits for its payer is not', async () => {
  const payer = tests.customer()
  const id = await send(payer, { beneficiaryId: tests.beneficiary(payer.caller.subject ?? '').id })
  await tests.until(payer, id, 'AUTHORIZED')
  tests.outcomes.set(id, 'OPEN')
  await tests.passDeadline(id)
  await anHourAgo('provider_asked_at', id)
  await expect.poll(() => overdue('AUTHORIZED')).toBe(0)
  tests.outcomes.delete(id)
  await tests.passDeadline(id)
  await expect.poll(() => overdue('AUTHORIZED')).toBeGreaterThanOrEqual(HOUR_S)
  tests.outcomes.set(id, 'OPEN')
  await tests.passDeadline(id)
  await expect.poll(() => overdue('AUTHORIZED')).toBe(0)
})

it('what a clock that was ahead put off is due when it has been set back, and what waits for an instant of its own is not', async () => {
  const payer = tests.customer()
  const at = tests.clock.now()
  const later = new Date(at.getTime() + 2 * HOUR_S * 1_000)
  const toWalletId = tests.wallet(uuidv7())
  const scheduled = await send(payer, { toWalletId, scheduledFor: later.toISOString() })
  tests.farSide.ledgerAway = true
  tests.clock.advanceMs(HOUR_S * 1_000)
  const id = await send(payer, { toWalletId })
  const attempts = () => tests.rows('select attempts from payments where id = $1', [id])
  await expect.poll(attempts).toEqual([{ attempts: 1 }])
  tests.farSide.ledgerAway = false
  tests.clock.set(at)
  await hastenDue(tests.subgraph.pool, at)
  await tests.until(payer, id, 'COMPLETED')
  expect(await tests.rows('select due_at from payments where id = $1', [scheduled])).toEqual([{ due_at: later }])
})

describe('a refund', () => {
  const refundsOverdue = async (): Promise<number> => {
    await readAll()
    const metric = allMetrics().find(({ options }) => options.name === 'corridor.payment.refunds.overdue')
    const [found] = [...(metric?.all() ?? [])]
    return found?.series instanceof Gauge ? found.series.value : Number.NaN
  }
  const anHourAgo = (column: string, id: string) =>
    tests.rows(`update refunds set ${column} = clock_timestamp() - interval '1 hour' where payment_id = $1`, [id])
  const refund = async (context: ReturnType<typeof asUser>, paymentId: string): Promise<void> => {
    const input = { idempotencyKey: uuidv7(), paymentId, reason: 'not delivered' }
    const REFUND = 'mutation ($input: RefundPaymentInput!) { refundPayment(input: $input) { id } }'
    await tests.data(context, REFUND, { input })
  }

  it('that is tried in vain is overdue from when it was asked for', async () => {
    expect(await refundsOverdue()).toBe(0)
    const [payer, payee] = [tests.customer(), tests.customer()]
    const id = await send(payer, { toWalletId: tests.wallet(payee.caller.subject ?? '') })
    await tests.until(payer, id, 'COMPLETED')
    tests.farSide.ledgerAway = true
    await refund(payee, id)
    await anHourAgo('created_at', id)
    await expect.poll(refundsOverdue).toBeGreaterThanOrEqual(HOUR_S)
    tests.farSide.ledgerAway = false
    tests.clock.advanceMs(60_000)
    await tests.until(payer, id, 'REFUNDED')
    await expect.poll(refundsOverdue).toBe(0)
  })

  it('of which its provider knows nothing is overdue from when that began it, and not before its deadline', async () => {
    const payer = tests.customer()
    const input = {
      idempotencyKey: uuidv7(),
      walletId: tests.wallet(payer.caller.subject ?? ''),
      amount: { amount: '10.00', currency: 'USD' },
    }
    const DEPOSIT = 'mutation ($input: DepositInput!) { deposit(input: $input) { id } }'
    const { deposit } = await tests.data<{ deposit: { id: string } }>(payer, DEPOSIT, { input })
    await tests.until(payer, deposit.id, 'AUTHORIZED')
    const settled = { outcome: 'SETTLED', amountMinor: '1000', currency: 'USD' }
    await tests.callBack({ paymentId: deposit.id, ...settled })
    await tests.until(payer, deposit.id, 'COMPLETED')
    await refund(payer, deposit.id)
    const [made] = await tests.rows('select id from refunds where payment_id = $1', [deposit.id])
    const refundId = String(made?.id)
    await expect.poll(() => tests.started).toContain(refundId)
    await expect.poll(refundsOverdue).toBe(0)
    await tests.passDeadline(refundId)
    await anHourAgo('provider_started_at', deposit.id)
    await expect.poll(refundsOverdue).toBeGreaterThanOrEqual(HOUR_S)
    await tests.callBack({ paymentId: refundId, ...settled })
    await tests.until(payer, deposit.id, 'REFUNDED')
    await expect.poll(refundsOverdue).toBe(0)
  })
})

it('what waits for an instant of its own is not even looked at for that, however much it is', async () => {
  const payer = tests.customer()
  const inAnHour = new Date(tests.clock.now().getTime() + HOUR_S * 1_000)
  const id = await send(payer, { toWalletId: tests.wallet(uuidv7()), scheduledFor: inAnHour.toISOString() })
  const [{ columns } = { columns: '' }] = await tests.rows(
    `select string_agg(quote_ident(column_name), ', ') as columns from information_schema.columns
     where table_name = 'payments' and column_name <> 'id' and is_identity = 'NO' and is_generated = 'NEVER'`,
  )
  const copies = 2_000
  await tests.rows(
    `insert into payments (id, ${columns}) select gen_random_uuid(), ${columns} from payments, generate_series(1, ${copies})
     where id = $1`,
    [id],
  )
  const owner = createPool({ url: tests.database.ownerUrl, service: 'test' })
  await owner.query('analyze payments').finally(() => owner.end())
  const [{ 'QUERY PLAN': plan } = { 'QUERY PLAN': null }] = await tests.rows(
    `explain (analyze, format json) ${HASTEN_SQL}`,
    [tests.clock.now(), tests.clock.now()],
  )
  expect(rowsReadOf('payments', plan)).toBeLessThan(copies / 10)
})

/** How many rows a plan that was carried out has read of a table, those that a filter removed included. */
function rowsReadOf(table: string, node: unknown): number {
  if (typeof node !== 'object' || node === null) return 0
  const below = Object.values(node).reduce<number>((sum, child) => sum + rowsReadOf(table, child), 0)
  const {
    'Relation Name': name,
    'Actual Rows': read,
    'Rows Removed by Filter': removed = 0,
  } = node as Record<string, unknown>
  return below + (name === table ? Number(read) + Number(removed) : 0)
}
