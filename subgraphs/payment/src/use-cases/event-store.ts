import { invariant, type SqlClient } from '@corridor/platform'
import type { PaymentEvent } from '../domain/payment.ts'
import { HAS_ARRIVED, readPayments } from './payment-store.ts'

const COLUMNS = 'position, payment_id as "paymentId", status, payer, payee, note, at, traceparent'

/** Gives events that were `taken` from their queue their positions, gap-free; its sequencer is the only writer. */
export const PLACE_EVENTS = `
  insert into payment_events (position, payment_id, version, status, payer, payee, note, at, traceparent)
  select (select coalesce(max(position), 0) from payment_events) + row_number() over (order by sequence),
         payment_id, version, status, payer, payee, note, at, traceparent
  from taken`

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
