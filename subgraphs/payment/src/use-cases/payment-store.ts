import { enqueueEvents, type NewEvent } from '@corridor/events'
import { invariant, type SqlClient } from '@corridor/platform'
import type { Payment } from '../domain/payment.ts'
import { assertTransition } from '../domain/transitions.ts'

const COLUMNS = `id, number, kind, status, version, payer, payee, from_wallet_id as "fromWalletId", to_wallet_id as "toWalletId",
  leased_wallet_id as "leasedWalletId", from_currency as "fromCurrency", to_currency as "toCurrency",
  asked_debit_minor as "askedDebitMinor", asked_credit_minor as "askedCreditMinor", fx_quote_id as "fxQuoteId",
  quote_id as "quoteId", principal_minor as "principalMinor", credit_minor as "creditMinor", fee_minor as "feeMinor",
  reference_usd_minor as "referenceUsdMinor", reference_mid::text as "referenceMid", decided, reference, provider,
  provider_started_at as "providerStartedAt", provider_outcome as "providerOutcome", next_action_url as "nextActionUrl",
  transfer_ids as "transferIds", payee_transfer_ids as "payeeTransferIds", failure_code as "failureCode",
  failure_message as "failureMessage", intent, intent_note as "intentNote", attempts, due_at as "dueAt", created_at as "createdAt", updated_at as "updatedAt"`

export type NewPayment = Pick<
  Payment,
  | 'id'
  | 'kind'
  | 'payer'
  | 'payee'
  | 'fromWalletId'
  | 'toWalletId'
  | 'leasedWalletId'
  | 'fromCurrency'
  | 'toCurrency'
  | 'askedDebitMinor'
  | 'askedCreditMinor'
  | 'fxQuoteId'
  | 'quoteId'
  | 'feeMinor'
  | 'reference'
  | 'provider'
>

/** Writes a new payment, PENDING and due at once, with its first event. */
export async function insertPayment(client: SqlClient, payment: NewPayment, now: Date): Promise<void> {
  await client.query({
    name: 'payment-insert',
    text: `insert into payments (id, kind, status, payer, payee, from_wallet_id, to_wallet_id, leased_wallet_id, from_currency,
             to_currency, asked_debit_minor, asked_credit_minor, fx_quote_id, quote_id, fee_minor, reference, provider,
             due_at, created_at, updated_at)
           values ($1, $2, 'PENDING', $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $17, $17)`,
    values: [
      payment.id,
      payment.kind,
      payment.payer,
      payment.payee,
      payment.fromWalletId,
      payment.toWalletId,
      payment.leasedWalletId,
      payment.fromCurrency,
      payment.toCurrency,
      payment.askedDebitMinor,
      payment.askedCreditMinor,
      payment.fxQuoteId,
      payment.quoteId,
      payment.feeMinor,
      payment.reference,
      payment.provider,
      now,
    ],
  })
  await announce(
    client,
    [{ ...payment, status: 'PENDING', version: 1n, referenceUsdMinor: null, referenceMid: null }],
    now,
  )
}

export async function readPayments(client: SqlClient, ids: readonly string[]): Promise<Map<string, Payment>> {
  const { rows } = await client.query<Payment & { id: string }>({
    name: 'payment-read',
    text: `select ${COLUMNS} from payments where id = any($1::uuid[])`,
    values: [ids],
  })
  return new Map(rows.map((row) => [row.id, row]))
}

/** The payments of these wallets that have something due, each wallet's in order and behind none that must wait. */
export async function readDue(
  client: SqlClient,
  { walletIds, now, limit }: { walletIds: readonly string[]; now: Date; limit: number },
): Promise<Payment[]> {
  const { rows } = await client.query<Payment & { id: string }>({
    name: 'payment-read-due',
    text: `select ${COLUMNS} from payments p
           where p.leased_wallet_id = any($1::uuid[]) and p.due_at <= $2
             and not (p.status = 'PENDING' and exists (
               select 1 from payments e where e.leased_wallet_id = p.leased_wallet_id and e.number < p.number
                 and e.status = 'PENDING' and e.due_at > $2))
           order by p.number limit $3`,
    values: [walletIds, now, limit],
  })
  return rows
}

export interface PageOfPayments {
  readonly viewer: { readonly customer: string | null }
  readonly status: readonly string[] | null
  readonly kind: string | null
  readonly walletId: string | null
  readonly from: Date | null
  readonly to: Date | null
  readonly before: bigint | null
  readonly limit: number
}

/** A customer's payments, newest first: those he made, and those that reached him. One row more than `limit`. */
export async function readPage(client: SqlClient, page: PageOfPayments): Promise<Payment[]> {
  const { rows } = await client.query<Payment & { id: string }>({
    name: 'payment-page',
    text: `select ${COLUMNS} from payments
           where (payer = $1 or (payee = $1 and status in ('COMPLETED', 'PARTIALLY_REFUNDED', 'REFUNDED')))
             and ($2::text[] is null or status = any($2)) and ($3::text is null or kind = $3)
             and ($4::uuid is null or from_wallet_id = $4 or to_wallet_id = $4)
             and ($5::timestamptz is null or created_at >= $5) and ($6::timestamptz is null or created_at < $6)
             and ($7::bigint is null or number < $7)
           order by number desc limit $8`,
    values: [
      page.viewer.customer,
      page.status,
      page.kind,
      page.walletId,
      page.from,
      page.to,
      page.before,
      page.limit + 1,
    ],
  })
  return rows
}

/** What the processor, or a callback, came to; a status that differs is a transition with its event. */
export type PaymentChange = Payment & { readonly note?: string | null }

/**
 * Writes payments as they shall stand, each only where it still has the version it was read with. Answers those that
 * were written; a payment that somebody else changed meanwhile is left as it is.
 */
export async function writeChanges(
  client: SqlClient,
  changes: readonly { readonly before: Payment; readonly after: PaymentChange }[],
  now: Date,
): Promise<ReadonlySet<string>> {
  if (changes.length === 0) return new Set()
  const moved = (change: (typeof changes)[number]): boolean => change.after.status !== change.before.status
  for (const change of changes) if (moved(change)) assertTransition(change.before.status, change.after.status)
  const column = <T>(of: (after: Payment) => T): T[] => changes.map(({ after }) => of(after))
  const { rows } = await client.query<{ id: string }>({
    name: 'payment-write',
    text: `update payments p set status = c.status, version = c.version, fx_quote_id = c.fx_quote_id,
             principal_minor = c.principal_minor, credit_minor = c.credit_minor, fee_minor = c.fee_minor,
             reference_usd_minor = c.reference_usd_minor, reference_mid = c.reference_mid, decided = c.decided,
             provider_started_at = c.provider_started_at, provider_outcome = coalesce(p.provider_outcome, c.provider_outcome),
             next_action_url = c.next_action_url, failure_code = c.failure_code, failure_message = c.failure_message,
             transfer_ids = string_to_array(c.transfer_ids, ',')::uuid[],
             payee_transfer_ids = string_to_array(c.payee_transfer_ids, ',')::uuid[],
             attempts = c.attempts, updated_at = $19,
             -- A callback or an intent may have come meanwhile: then what it made due stays due.
             due_at = case when p.provider_outcome is not null and c.provider_outcome is null
                             or p.intent is distinct from c.seen_intent then p.due_at else c.due_at end
           from unnest($1::uuid[], $2::bigint[], $3::text[], $4::bigint[], $5::uuid[], $6::bigint[], $7::bigint[],
               $8::bigint[], $9::bigint[], $10::numeric[], $11::boolean[], $12::timestamptz[], $13::text[], $14::text[],
               $15::text[], $16::text[], $17::integer[], $18::timestamptz[], $20::text[], $21::text[], $22::text[])
             as c (id, was, status, version, fx_quote_id, principal_minor, credit_minor, fee_minor, reference_usd_minor,
               reference_mid, decided, provider_started_at, provider_outcome, failure_code, failure_message, next_action_url,
               attempts, due_at, transfer_ids, payee_transfer_ids, seen_intent)
           where p.id = c.id and p.version = c.was returning p.id`,
    values: [
      column(({ id }) => id),
      changes.map(({ before }) => before.version),
      column(({ status }) => status),
      changes.map((change) => change.before.version + (moved(change) ? 1n : 0n)),
      column(({ fxQuoteId }) => fxQuoteId),
      column(({ principalMinor }) => principalMinor),
      column(({ creditMinor }) => creditMinor),
      column(({ feeMinor }) => feeMinor),
      column(({ referenceUsdMinor }) => referenceUsdMinor),
      column(({ referenceMid }) => referenceMid),
      column(({ decided }) => decided),
      column(({ providerStartedAt }) => providerStartedAt),
      column(({ providerOutcome }) => providerOutcome),
      column(({ failureCode }) => failureCode),
      column(({ failureMessage }) => failureMessage),
      column(({ nextActionUrl }) => nextActionUrl),
      column(({ attempts }) => attempts),
      column(({ dueAt }) => dueAt),
      now,
      column(({ transferIds }) => transferIds.join(',')),
      column(({ payeeTransferIds }) => payeeTransferIds.join(',')),
      changes.map(({ before }) => before.intent),
    ],
  })
  const written = new Set(rows.map(({ id }) => id))
  const announced = changes.filter((change) => moved(change) && written.has(change.after.id))
  await announce(
    client,
    announced.map(({ before, after }) => ({ ...after, version: before.version + 1n })),
    now,
  )
  return written
}

type Announced = Pick<
  Payment,
  'id' | 'status' | 'version' | 'payer' | 'payee' | 'kind' | 'referenceUsdMinor' | 'referenceMid'
> & {
  readonly note?: string | null
}

/** The event of a change, in its transaction: one for the history, one for other domains. Their rows are locked. */
async function announce(client: SqlClient, payments: readonly Announced[], now: Date): Promise<void> {
  if (payments.length === 0) return
  await client.query({
    name: 'payment-queue-events',
    text: `insert into payment_event_queue (payment_id, version, status, payer, payee, note, at)
           select e.payment_id, e.version, e.status, e.payer, e.payee, e.note, $7
           from unnest($1::uuid[], $2::bigint[], $3::text[], $4::uuid[], $5::uuid[], $6::text[])
             with ordinality as e (payment_id, version, status, payer, payee, note, place) order by e.place`,
    values: [
      payments.map(({ id }) => id),
      payments.map(({ version }) => version),
      payments.map(({ status }) => status),
      payments.map(({ payer }) => payer),
      payments.map(({ payee }) => payee),
      payments.map(({ note }) => note ?? null),
      now,
    ],
  })
  await enqueueEvents(client, payments.map(toEvent))
}

function toEvent({ id, status, version, payer, payee, kind, referenceUsdMinor, referenceMid }: Announced): NewEvent {
  invariant(id.length > 0, 'an event has a key')
  const data = {
    paymentId: id,
    status,
    kind,
    version: String(version),
    payer,
    payee,
    referenceUsdMinor: referenceUsdMinor === null ? null : String(referenceUsdMinor),
    referenceMid,
  }
  return { topic: 'payment.events', key: id, type: `payment.${status.toLowerCase()}`, data }
}
