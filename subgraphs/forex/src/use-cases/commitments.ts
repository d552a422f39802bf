import type { Pool, SqlClient } from '@corridor/platform'

/** What would come in and go out of a currency, were every price called that is out. Minor units; what goes out is negative. */
export interface Commitment {
  readonly currency: string
  readonly incomingMinor: bigint
  readonly outgoingMinor: bigint
}

/** A quote whose payment has never been heard of for so long was redeemed for one that does not exist. */
const MAX_UNSETTLED = `interval '1 day'`

/** How long a conversion may be refunded. */
const REFUND_DAYS = 30

/**
 * The quotes that are open, those that were used and whose payment has not reached the ledger (from there on its legs are
 * pending or posted in `fx.position`), and conversions that may still be refunded.
 */
export async function readCommitments(pool: Pool, now: Date): Promise<Commitment[]> {
  const { rows } = await pool.query<{ currency: string; incoming: string; outgoing: string }>({
    name: 'forex-commitments',
    text: `with live as (
             select from_currency, from_minor, to_currency, to_minor from fx_quotes
             where payment_id is null and expired_at is null and expires_at > $1::timestamptz
             union all
             select from_currency, from_minor, to_currency, to_minor from fx_quotes
             where payment_id is not null and settled_at is null and used_at > $1 - ${MAX_UNSETTLED}
           )
           select currency, sum(incoming)::text as incoming, sum(outgoing)::text as outgoing
           from (
             select from_currency as currency, from_minor as incoming, 0 as outgoing from live
             union all
             select to_currency, 0, -to_minor from live
             union all
             select currency, incoming_minor, outgoing_minor from refundable_conversions
             where day >= ($1 at time zone 'utc')::date - ${REFUND_DAYS}
           ) legs
           group by currency`,
    values: [now],
  })
  return rows.map(({ currency, incoming, outgoing }) => ({
    currency,
    incomingMinor: BigInt(incoming),
    outgoingMinor: BigInt(outgoing),
  }))
}

/** What the newest event of a payment says of its conversion. */
export interface Outcome {
  readonly paymentId: string
  /** The day of its posting, where it may be refunded from now on; null where it may not, or the event says nothing of it. */
  readonly refundableOn: string | null
  readonly refunded: boolean
}

/** The payments are in the ledger, held or posted, or came to nothing. Said again, it changes nothing. */
export async function settle(client: SqlClient, outcomes: readonly Outcome[]): Promise<void> {
  await client.query({
    name: 'forex-settle-quotes',
    text: 'update fx_quotes set settled_at = now() where payment_id = any($1::uuid[]) and settled_at is null',
    values: [outcomes.map(({ paymentId }) => paymentId)],
  })
  const refundable = outcomes.filter(({ refundableOn }) => refundableOn !== null)
  if (refundable.length > 0) await client.query(becomeRefundable(refundable))
  const refunded = outcomes.filter((outcome) => outcome.refunded)
  if (refunded.length > 0) await client.query(ceaseToBeRefundable(refunded))
}

const becomeRefundable = (outcomes: readonly Outcome[]) => ({
  name: 'forex-refundable',
  text: `with moved as (
           update fx_quotes q set refundable_on = o.day
           from unnest($1::uuid[], $2::date[]) as o (payment_id, day)
           where q.payment_id = o.payment_id and q.refundable_on is null returning q.*
         ) ${addToDay('+')}`,
  values: [outcomes.map(({ paymentId }) => paymentId), outcomes.map(({ refundableOn }) => refundableOn)],
})

const ceaseToBeRefundable = (outcomes: readonly Outcome[]) => ({
  name: 'forex-refunded',
  text: `with moved as (
           update fx_quotes set refunded_at = now()
           where payment_id = any($1::uuid[]) and refundable_on is not null and refunded_at is null returning *
         ) ${addToDay('-')}`,
  values: [outcomes.map(({ paymentId }) => paymentId)],
})

/** Adds the quotes of `moved` to the sums of their days, or takes them off. Days and currencies in one order: rows are locked. */
const addToDay = (sign: '+' | '-'): string => `
  insert into refundable_conversions as r (day, currency, incoming_minor, outgoing_minor)
  select day, currency, sum(incoming_minor), sum(outgoing_minor) from (
    select refundable_on as day, to_currency as currency, to_minor as incoming_minor, 0 as outgoing_minor from moved
    union all
    select refundable_on, from_currency, 0, -from_minor from moved
  ) legs
  group by day, currency order by day, currency
  on conflict (day, currency) do update
    set incoming_minor = r.incoming_minor ${sign} excluded.incoming_minor,
        outgoing_minor = r.outgoing_minor ${sign} excluded.outgoing_minor`
