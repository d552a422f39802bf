import { type Consumer, type DeliveredEvent, handleOnce, type JsonValue } from '@corridor/events'
import { CallGroup, inTransaction, isUuid, type Pool, type SqlClient } from '@corridor/platform'
import { PERIODS, windowStart } from '../domain/windows.ts'
import { lockCustomers } from './customers.ts'

const SERVICE = 'risk-counters'
const CUSTOMERS = 'rule-engine.customers'
const COUNTERS = 'rule-engine.counters'
const RELEASING: readonly string[] = ['payment.declined', 'payment.failed', 'payment.cancelled']

/** Keeps what the rules know of customers in step with their profiles. */
export const customerProjection = (pool: Pool): Consumer => ({
  name: CUSTOMERS,
  service: SERVICE,
  topics: ['profile.events'],
  handle: (event) =>
    inTransaction(pool, async (client) => {
      if (await handleOnce(client, { consumer: CUSTOMERS, eventId: event.id })) await project(client, event)
    }),
})

/**
 * Turns reservations into counts when payments complete, and gives them back when payments come to nothing. A reservation's
 * own state says whether that was done, so an event that comes again changes nothing and no ids of events are kept.
 */
export function paymentCounters(pool: Pool): Consumer {
  // Events that come side by side share a statement.
  const counted = new CallGroup<string, undefined>({
    span: { service: SERVICE, name: 'count payments' },
    answer: async (paymentIds) => {
      await markCounted(pool, paymentIds)
      return paymentIds.map(() => undefined)
    },
    groupsAtOnce: 1,
  })
  return {
    name: COUNTERS,
    service: SERVICE,
    topics: ['payment.events'],
    async handle({ type, key, data: { payer }, occurredAt }) {
      if (type === 'payment.completed') await counted.submit(key)
      else if (RELEASING.includes(type)) await giveBack(pool, { paymentId: key, customerId: payer, at: occurredAt })
    },
  }
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

const markCounted = async (pool: Pool, paymentIds: readonly string[]): Promise<void> =>
  void (await pool.query({
    name: 'rules-count',
    text: `update reservations set state = 'COUNTED' where payment_id = any($1::uuid[]) and state = 'RESERVED'`,
    values: [paymentIds],
  }))

interface Ended {
  readonly paymentId: string
  readonly customerId: JsonValue | undefined
  readonly at: Date
}

async function giveBack(pool: Pool, { paymentId, customerId, at }: Ended): Promise<void> {
  if (!isUuid(customerId) || !isUuid(paymentId)) return
  await inTransaction(pool, async (client) => {
    await lockCustomers(client, [customerId]) // Before its windows, as every decision does.
    const { rows } = await client.query<{ usd_minor: bigint; reserved_at: Date }>(
      `update reservations set state = 'RELEASED' where payment_id = $1 and state = 'RESERVED' returning usd_minor, reserved_at`,
      [paymentId],
    )
    const [released] = rows
    if (released) await uncount(client, customerId, released)
    else await leaveNothingToReserve(client, { paymentId, customerId, at })
  })
}

const uncount = async (
  client: SqlClient,
  customerId: string,
  { usd_minor, reserved_at }: { usd_minor: bigint; reserved_at: Date },
): Promise<void> =>
  void (await client.query(
    `update usage_windows set payments = payments - 1, usd_minor = usd_minor - $2
     where customer_id = $1 and (period, starts_at) in (select * from unnest($3::text[], $4::timestamptz[]))`,
    [customerId, usd_minor, PERIODS, PERIODS.map((period) => windowStart(period, reserved_at))],
  ))

/**
 * A payment may end while a call to decide it is still on its way: whoever asked has given up waiting. What would be reserved
 * then, nothing would ever give back; so its place is taken by a reservation of nothing.
 */
const leaveNothingToReserve = async (client: SqlClient, { paymentId, customerId, at }: Ended): Promise<void> =>
  void (await client.query(
    `insert into reservations (payment_id, customer_id, usd_minor, reserved_at, state)
     select $1, $2, 0, $3, 'RELEASED' where not exists (select 1 from decisions where id = $1)
     on conflict do nothing`,
    [paymentId, customerId, at],
  ))
