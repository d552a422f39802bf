import { type Consumer, type DeliveredEvent, handleOnce } from '@corridor/events'
import { inTransaction, isUuid, type Pool, type SqlClient } from '@corridor/platform'
import { PERIODS, windowStart } from '../domain/windows.ts'
import { lockCustomers } from './customers.ts'

const RELEASING: readonly string[] = ['payment.declined', 'payment.failed', 'payment.cancelled']

/** Keeps what the rules know of customers in step with their profiles. */
export const customerProjection = (pool: Pool): Consumer => ({
  name: 'rule-engine.customers',
  topics: ['profile.events'],
  handle: (event) => onceIn(pool, 'rule-engine.customers', event, (client) => project(client, event)),
})

/** Turns reservations into counts when payments complete, and gives them back when payments come to nothing. */
export const paymentCounters = (pool: Pool): Consumer => ({
  name: 'rule-engine.counters',
  topics: ['payment.events'],
  async handle(event) {
    if (event.type === 'payment.completed') {
      await onceIn(pool, 'rule-engine.counters', event, (client) => markCounted(client, event.key))
    } else if (RELEASING.includes(event.type)) {
      await onceIn(pool, 'rule-engine.counters', event, (client) => release(client, event.key))
    }
  },
})

async function onceIn(
  pool: Pool,
  consumer: string,
  event: DeliveredEvent,
  effect: (client: SqlClient) => Promise<void>,
): Promise<void> {
  await inTransaction(pool, async (client) => {
    if (await handleOnce(client, { consumer, eventId: event.id })) await effect(client)
  })
}

async function project(client: SqlClient, { key, data }: DeliveredEvent): Promise<void> {
  if (!isUuid(key)) return
  await client.query(
    `insert into risk_customers as c (id, known, kyc_status, kyc_level, country, time_zone, screening, version)
     values ($1, true, $2, $3, $4, $5, $6, $7)
     on conflict (id) do update set known = true, kyc_status = excluded.kyc_status, kyc_level = excluded.kyc_level,
       country = excluded.country, time_zone = excluded.time_zone, screening = excluded.screening, version = excluded.version
     where excluded.version > c.version or not c.known`,
    [
      key,
      data.kycStatus ?? null,
      data.kycLevel ?? null,
      data.country ?? null,
      data.timeZone ?? null,
      data.screening ? JSON.stringify(data.screening) : null,
      String(data.version ?? 1),
    ],
  )
}

const markCounted = async (client: SqlClient, paymentId: string): Promise<void> =>
  void (await client.query(`update reservations set state = 'COUNTED' where payment_id = $1 and state = 'RESERVED'`, [
    paymentId,
  ]))

async function release(client: SqlClient, paymentId: string): Promise<void> {
  const found = await client.query<{ customer_id: string }>(
    'select customer_id from reservations where payment_id = $1',
    [paymentId],
  )
  const customerId = found.rows[0]?.customer_id
  if (customerId === undefined) return // Declined payments and deposits reserve nothing.
  await lockCustomers(client, [customerId]) // Before its windows, as every decision does.
  const { rows } = await client.query<{ usd_minor: bigint; reserved_at: Date }>(
    `update reservations set state = 'RELEASED' where payment_id = $1 and state = 'RESERVED' returning usd_minor, reserved_at`,
    [paymentId],
  )
  const [released] = rows
  if (!released) return
  await client.query(
    `update usage_windows set payments = payments - 1, usd_minor = usd_minor - $2
     where customer_id = $1 and (period, starts_at) in (select * from unnest($3::text[], $4::timestamptz[]))`,
    [customerId, released.usd_minor, PERIODS, PERIODS.map((period) => windowStart(period, released.reserved_at))],
  )
}
