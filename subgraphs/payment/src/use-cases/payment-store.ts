import { enqueueEvents, type NewEvent } from '@corridor/events'
import { invariant, type SqlClient, traceparentFor } from '@corridor/platform'
import { ARRIVED_STATUSES, type Payment } from '../domain/payment.ts'
import { assertTransition } from '../domain/transitions.ts'
import { countTaken, countTransition } from '../payment-metrics.ts'
import { jsonRows } from './json-rows.ts'

const COLUMNS = `id, number, kind, status, version, payer, payee, from_wallet_id as "fromWalletId", to_wallet_id as "toWalletId",
  leased_wallet_id as "leasedWalletId", from_currency as "fromCurrency", to_currency as "toCurrency",
  asked_debit_minor as "askedDebitMinor", asked_credit_minor as "askedCreditMinor", fx_quote_id as "fxQuoteId",
  quote_id as "quoteId", principal_minor as "principalMinor", credit_minor as "creditMinor", fee_minor as "feeMinor", fee_bps as "feeBps",
  reference_usd_minor as "referenceUsdMinor", reference_mid::text as "referenceMid", decided, beneficiary_id as "beneficiaryId",
  destination_country as "destinationCountry", scheduled_for as "scheduledFor", reference, provider,
  provider_asked_at as "providerAskedAt", provider_started_at as "providerStartedAt", provider_outcome as "providerOutcome",
  provider_reference as "providerReference", next_action_url as "nextActionUrl",
  transfer_ids as "transferIds", payee_transfer_ids as "payeeTransferIds", failure_code as "failureCode",
  failure_message as "failureMessage", intent, intent_at as "intentAt", intent_note as "intentNote", attempts,
  due_at as "dueAt", created_at as "createdAt", updated_at as "updatedAt", traceparent`

/** What a payee may see. */
export const HAS_ARRIVED = `status in (${ARRIVED_STATUSES.map((status) => `'${status}'`).join(', ')})`

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
  | 'feeBps'
  | 'reference'
  | 'provider'
  | 'beneficiaryId'
  | 'destinationCountry'
  | 'scheduledFor'
>

/** As it is written: with the trace that it was asked for in. */
export type TracedPayment = NewPayment & Pick<Payment, 'traceparent'>

const INSERTED = jsonRows<keyof TracedPayment>({
  id: 'uuid',
  kind: 'text',
  payer: 'uuid',
  payee: 'uuid',
  fromWalletId: 'uuid',
  toWalletId: 'uuid',
  leasedWalletId: 'uuid',
  fromCurrency: 'text',
  toCurrency: 'text',
  askedDebitMinor: 'bigint',
  askedCreditMinor: 'bigint',
  fxQuoteId: 'uuid',
  quoteId: 'uuid',
  feeMinor: 'bigint',
  feeBps: 'integer',
  reference: 'text',
  provider: 'text',
  beneficiaryId: 'uuid',
  destinationCountry: 'text',
  scheduledFor: 'timestamptz',
  traceparent: 'text',
})

/** Writes new payments, due at once or SCHEDULED, in order, each with its first event. Answers them by id. */
export async function insertPayments(
  client: SqlClient,
  payments: readonly TracedPayment[],
  now: Date,
): Promise<Map<string, Payment>> {
  if (payments.length === 0) return new Map()
  const { rows } = await client.query<Payment & { id: string }>({
    name: 'payment-insert',
    text: `with made as (
             insert into payments (id, kind, status, payer, payee, from_wallet_id, to_wallet_id, leased_wallet_id, from_currency,
               to_currency, asked_debit_minor, asked_credit_minor, fx_quote_id, quote_id, fee_minor, fee_bps, reference, provider,
               beneficiary_id, destination_country, scheduled_for, traceparent, due_at, created_at, updated_at)
             select id, kind, case when "scheduledFor" is null then 'PENDING' else 'SCHEDULED' end, payer, payee, "fromWalletId", "toWalletId", "leasedWalletId", "fromCurrency",
               "toCurrency", "askedDebitMinor", "askedCreditMinor", "fxQuoteId", "quoteId", "feeMinor", "feeBps", reference, provider,
               "beneficiaryId", "destinationCountry", "scheduledFor", traceparent, coalesce("scheduledFor", $2::timestamptz),
               $2::timestamptz, $2::timestamptz
             from ${INSERTED.recordset('p')}
             returning *
           ), queued as (
             insert into payment_event_queue (payment_id, version, status, payer, payee, at, traceparent)
             select id, version, status, payer, payee, $2::timestamptz, traceparent from made order by number
           )
           select ${COLUMNS} from made`,
    values: [INSERTED.toJson(payments), now],
  })
  await enqueueEvents(client, rows.map(toEvent))
  countTaken(rows.length)
  return new Map(rows.map((row) => [row.id, row]))
}

export async function readPayments(client: SqlClient, ids: readonly string[]): Promise<Map<string, Payment>> {
  const { rows } = await client.query<Payment & { id: string }>({
    name: 'payment-read',
    text: `select ${COLUMNS} from payments where id = any($1::uuid[])`,
    values: [ids],
  })
  return new Map(rows.map((row) => [row.id, row]))
}

/** A payment, locked until the transaction ends; null where there is none. */
export async function lockPayment(client: SqlClient, id: string): Promise<Payment | null> {
  const { rows } = await client.query<Payment & { id: string }>({
    name: 'payment-lock',
    text: `select ${COLUMNS} from payments where id = $1 for no key update`,
    values: [id],
  })
  return rows[0] ?? null
}

/** Which work is done together: what waits for a provider holds up the wallets that deal with it, and no others. */
export type Errand = 'IN_HOUSE' | 'WITH_PROVIDER'

/** Which payments an errand is for, as SQL. */
export const PAYMENTS_OF: Readonly<Record<Errand, string>> = {
  IN_HOUSE: `status <> 'AUTHORIZED'`,
  WITH_PROVIDER: `status = 'AUTHORIZED'`,
}

/** The payments of these wallets that have something due, each wallet's in order and behind none that must wait. */
export async function readDue(
  client: SqlClient,
  { errand, walletIds, now, limit }: { errand: Errand; walletIds: readonly string[]; now: Date; limit: number },
): Promise<Payment[]> {
  const { rows } = await client.query<Payment & { id: string }>({
    name: `payment-read-due-${errand}`,
    text: `with waiting as materialized (
             select leased_wallet_id, min(number) as number from payments
             where leased_wallet_id = any($1::uuid[]) and status = 'PENDING' and due_at > $2 group by 1
           )
           select ${COLUMNS} from payments p left join (select leased_wallet_id, number as first from waiting) w using (leased_wallet_id)
           where p.leased_wallet_id = any($1::uuid[]) and p.due_at <= $2 and p.${PAYMENTS_OF[errand]}
             and (p.status <> 'PENDING' or w.first is null or p.number < w.first)
           order by p.number limit $3`,
    values: [walletIds, now, limit],
  })
  return rows
}

/** Writes that providers are about to be asked to begin these payments; answers which of them wait for that. */
export async function markAsked(client: SqlClient, ids: readonly string[], now: Date): Promise<ReadonlySet<string>> {
  const { rows } = await client.query<{ id: string }>({
    name: 'payment-mark-asked',
    text: `update payments set provider_asked_at = coalesce(provider_asked_at, $2)
           where id = any($1::uuid[]) and status = 'AUTHORIZED' returning id`,
    values: [ids, now],
  })
  return new Set(rows.map(({ id }) => id))
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

/** A customer's payments, newest first: those he made, and those that reached him; of nobody in particular, all. One row more than `limit`. */
export async function readPage(client: SqlClient, page: PageOfPayments): Promise<Payment[]> {
  const { rows } = await client.query<Payment & { id: string }>({
    name: 'payment-page',
    text: `select ${COLUMNS} from payments
           where ($1::uuid is null or payer = $1 or (payee = $1 and ${HAS_ARRIVED}))
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

/** What the processor came to; a status that differs is a transition with its event, and so is each part that is given back. */
export type PaymentChange = Payment & { readonly note?: string | null }

const CHANGED = jsonRows({
  id: 'uuid',
  seenVersion: 'bigint',
  seenIntent: 'text',
  moved: 'boolean',
  status: 'text',
  version: 'bigint',
  fxQuoteId: 'uuid',
  principalMinor: 'bigint',
  creditMinor: 'bigint',
  feeMinor: 'bigint',
  referenceUsdMinor: 'bigint',
  referenceMid: 'numeric',
  decided: 'boolean',
  providerStartedAt: 'timestamptz',
  providerOutcome: 'text',
  providerReference: 'text',
  nextActionUrl: 'text',
  failureCode: 'text',
  failureMessage: 'text',
  transferIds: 'uuid[]',
  payeeTransferIds: 'uuid[]',
  attempts: 'integer',
  dueAt: 'timestamptz',
  payer: 'uuid',
  payee: 'uuid',
  note: 'text',
})

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
  invariant(
    new Set(changes.map(({ before }) => before.id)).size === changes.length,
    'a payment is changed once at a time',
  )
  const rows = changes.map(({ before, after }) => {
    const moved = before.status !== after.status || before.transferIds.length !== after.transferIds.length
    if (moved) assertTransition(before.status, after.status)
    const version = before.version + (moved ? 1n : 0n)
    return { note: null, ...after, version, moved, seenVersion: before.version, seenIntent: before.intent }
  })
  const written = await client.query<{ id: string }>({
    name: 'payment-write',
    text: `with change as materialized (
             select * from ${CHANGED.recordset('c')}
           ), written as (
             update payments p set status = c.status, version = c.version, fx_quote_id = c."fxQuoteId",
               principal_minor = c."principalMinor", credit_minor = c."creditMinor", fee_minor = c."feeMinor",
               reference_usd_minor = c."referenceUsdMinor", reference_mid = c."referenceMid", decided = c.decided,
               provider_started_at = c."providerStartedAt",
               provider_outcome = coalesce(p.provider_outcome, c."providerOutcome"),
               provider_reference = c."providerReference", next_action_url = c."nextActionUrl",
               failure_code = c."failureCode", failure_message = c."failureMessage", transfer_ids = c."transferIds",
               payee_transfer_ids = c."payeeTransferIds", attempts = c.attempts, updated_at = $2,
               -- A callback or an intent may have come meanwhile: then what it made due stays due.
               due_at = case when p.intent is distinct from c."seenIntent" then p.due_at
                             when c.status = 'AUTHORIZED' and p.provider_outcome is not null and c."providerOutcome" is null then p.due_at
                             else c."dueAt" end
             from change c where p.id = c.id and p.version = c."seenVersion" returning p.id, p.number, p.traceparent
           ), queued as (
             insert into payment_event_queue (payment_id, version, status, payer, payee, note, at, traceparent)
             select c.id, c.version, c.status, c.payer, c.payee, c.note, $2, w.traceparent
             from change c join written w on w.id = c.id where c.moved order by w.number
           )
           select id from written`,
    values: [CHANGED.toJson(rows), now],
  })
  const ids = new Set(written.rows.map(({ id }) => id))
  await enqueueEvents(client, rows.filter(({ id, moved }) => moved && ids.has(id)).map(toEvent))
  for (const { before, after } of changes) {
    if (before.status !== after.status && ids.has(before.id)) countTransition(before, after, now)
  }
  return ids
}

type Announced = Pick<
  Payment,
  'id' | 'status' | 'version' | 'payer' | 'payee' | 'kind' | 'referenceUsdMinor' | 'referenceMid' | 'traceparent'
>

function toEvent(payment: Announced): NewEvent {
  const { id, status, version, payer, payee, kind, referenceUsdMinor, referenceMid } = payment
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
  const traceparent = traceparentFor(payment.traceparent)
  return { topic: 'payment.events', key: id, type: `payment.${status.toLowerCase()}`, data, traceparent }
}
