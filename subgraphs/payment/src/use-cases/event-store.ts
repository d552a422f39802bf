import { invariant, type SqlClient } from '@corridor/platform'
import type { PaymentEvent } from '../domain/payment.ts'
import { HAS_ARRIVED, readPayments } from './payment-store.ts'

const COLUMNS = 'position, payment_id as "paymentId", status, payer, payee, note, at, traceparent'

/** A row of the queue of events without a position. */
export interface QueuedEvent {
  readonly sequence: bigint
  readonly payment_id: string
  readonly version: bigint
  readonly status: string
  readonly payer: string
  readonly payee: string | null
  readonly note: string | null
  readonly at: Date
  readonly traceparent: string | null
}

/** Gives events their positions, gap-free; the caller is the only writer. */
export async function placeEvents(client: SqlClient, rows: readonly QueuedEvent[]): Promise<void> {
  await client.query({
    name: 'payment-place-events',
    text: `insert into payment_events (position, payment_id, version, status, payer, payee, note, at, traceparent)
           select (select coalesce(max(position), 0) from payment_events) + e.place, e.payment_id, e.version, e.status,
                  e.payer, e.payee, e.note, e.at, e.traceparent
           from unnest($1::uuid[], $2::bigint[], $3::text[], $4::uuid[], $5::uuid[], $6::text[], $7::timestamptz[], $8::text[])
             with ordinality as e (payment_id, version, status, payer, payee, note, at, traceparent, place)`,
    values: [
      rows.map((row) => row.payment_id),
      rows.map((row) => row.version),
      rows.map((row) => row.status),
      rows.map((row) => row.payer),
      rows.map((row) => row.payee),
      rows.map((row) => row.note),
      rows.map((row) => row.at),
      rows.map((row) => row.traceparent),
    ],
  })
}

/** The position of the newest event; 0 when there is none. */
export async function lastPosition(client: SqlClient): Promise<bigint> {
  const { rows } = await client.query<{ last: bigint }>('select coalesce(max(position), 0) as last from payment_events')
  return rows[0]?.last ?? 0n
}

/** Whole histories, oldest first. */
export async function readTimelines(
  client: SqlClient,
  paymentIds: readonly string[],
): Promise<Map<string, PaymentEvent[]>> {
  const { rows } = await client.query<PaymentEvent & { position: bigint }>({
    name: 'payment-timelines',
    text: `select ${COLUMNS} from payment_events where payment_id = any($1::uuid[]) order by position`,
    values: [paymentIds],
  })
  return Map.groupBy(rows, ({ paymentId }) => paymentId)
}

/** Whose events: of one payment, or of all that a customer made and all that reached him. */
export interface EventFilter {
  readonly paymentId: string | null
  readonly customer: string
  /** Of one payment, only what its payee may see. */
  readonly arrivedOnly: boolean
}

/** What comes behind a position, for one reader. */
export async function readEventsAfter(
  client: SqlClient,
  { after, paymentId, customer, arrivedOnly, limit }: EventFilter & { readonly after: bigint; readonly limit: number },
): Promise<PaymentEvent[]> {
  const { rows } =
    paymentId === null
      ? await client.query<PaymentEvent & { position: bigint }>({
          name: 'payment-events-of-customer',
          text: `select ${COLUMNS} from payment_events where position > $1 and (payer = $2 or (payee = $2 and ${HAS_ARRIVED}))
                 order by position limit $3`,
          values: [after, customer, limit],
        })
      : await client.query<PaymentEvent & { position: bigint }>({
          name: 'payment-events-of-payment',
          text: `select ${COLUMNS} from payment_events where position > $1 and payment_id = $2 and (not $4 or ${HAS_ARRIVED})
                 order by position limit $3`,
          values: [after, paymentId, limit, arrivedOnly],
        })
  return rows
}

/** All that comes behind a position, whosever it is. */
export async function readAllEventsAfter(
  client: SqlClient,
  { after, limit }: { readonly after: bigint; readonly limit: number },
): Promise<PaymentEvent[]> {
  const { rows } = await client.query<PaymentEvent & { position: bigint }>({
    name: 'payment-events-after',
    text: `select ${COLUMNS} from payment_events where position > $1 order by position limit $2`,
    values: [after, limit],
  })
  return rows
}

/** The events with their payments as they stand, in one statement. */
export async function withPayments(client: SqlClient, events: readonly PaymentEvent[]): Promise<PaymentEvent[]> {
  if (events.length === 0) return []
  const payments = await readPayments(client, [...new Set(events.map(({ paymentId }) => paymentId))])
  return events.map((event) => {
    const payment = payments.get(event.paymentId)
    invariant(payment, 'payments are never removed')
    return { ...event, payment }
  })
}
