import { Decimal } from '@corridor/money'
import type { SqlClient } from '@corridor/platform'
import type { FxQuote, Provenance, QuoteUse } from '../domain/fx-quote.ts'

interface QuoteRow {
  id: string
  owner: string
  from_currency: string
  from_minor: bigint
  to_currency: string
  to_minor: bigint
  applied_rate: string
  mid: string
  spread_bps: number
  path: string[]
  source: string
  observed_at: Date
  provenance: Provenance
  reference_usd_minor: bigint
  reference_mid: string
  created_at: Date
  expires_at: Date
  payment_id: string | null
  is_refund: boolean
}

const COLUMNS = `id, owner, from_currency, from_minor, to_currency, to_minor, applied_rate::text, mid::text, spread_bps,
  path, source, observed_at, provenance, reference_usd_minor, reference_mid::text, created_at, expires_at, payment_id, is_refund`

/** Writes quotes whose ids are chosen by the caller; one that is there already stays as it is. */
export async function insertQuotes(client: SqlClient, quotes: readonly FxQuote[]): Promise<void> {
  if (quotes.length === 0) return
  await client.query({
    name: 'forex-insert-quotes',
    text: `insert into fx_quotes (id, owner, from_currency, from_minor, to_currency, to_minor, applied_rate, mid, spread_bps,
             source, observed_at, reference_usd_minor, reference_mid, created_at, expires_at, payment_id, is_refund, used_at,
             settled_at, path, provenance)
           select id, owner, from_currency, from_minor, to_currency, to_minor, applied_rate, mid, spread_bps, source,
             observed_at, reference_usd_minor, reference_mid, created_at, expires_at, payment_id, is_refund,
             case when payment_id is not null then created_at end, case when is_refund then created_at end, string_to_array(path, ','), provenance
           from unnest($1::uuid[], $2::uuid[], $3::text[], $4::bigint[], $5::text[], $6::bigint[], $7::numeric[],
             $8::numeric[], $9::integer[], $10::text[], $11::timestamptz[], $12::bigint[], $13::numeric[],
             $14::timestamptz[], $15::timestamptz[], $16::uuid[], $17::text[], $18::jsonb[],
             $19::boolean[])
             as q (id, owner, from_currency, from_minor, to_currency, to_minor, applied_rate, mid, spread_bps, source,
               observed_at, reference_usd_minor, reference_mid, created_at, expires_at, payment_id, path, provenance,
               is_refund)
           on conflict (id) do nothing`,
    values: [
      quotes.map((quote) => quote.id),
      quotes.map((quote) => quote.owner),
      quotes.map((quote) => quote.from.currency),
      quotes.map((quote) => quote.from.amountMinor),
      quotes.map((quote) => quote.to.currency),
      quotes.map((quote) => quote.to.amountMinor),
      quotes.map((quote) => quote.appliedRate.toString()),
      quotes.map((quote) => quote.mid.toString()),
      quotes.map((quote) => quote.spreadBps),
      quotes.map((quote) => quote.source),
      quotes.map((quote) => quote.observedAt),
      quotes.map((quote) => quote.referenceUsdMinor),
      quotes.map((quote) => quote.referenceMid.toString()),
      quotes.map((quote) => quote.createdAt),
      quotes.map((quote) => quote.expiresAt),
      quotes.map((quote) => quote.paymentId),
      quotes.map((quote) => quote.path.join(',')),
      quotes.map((quote) => JSON.stringify(quote.provenance)),
      quotes.map((quote) => quote.isRefund),
    ],
  })
}

export async function readQuotes(client: SqlClient, ids: readonly string[]): Promise<Map<string, FxQuote>> {
  const { rows } = await client.query<QuoteRow>({
    name: 'forex-read-quotes',
    text: `select ${COLUMNS} from fx_quotes where id = any($1::uuid[])`,
    values: [ids],
  })
  return new Map(rows.map((row) => [row.id, toQuote(row)]))
}

/** Nobody else locks a rate for these customers until the transaction ends. In one order, so that groups do not cross. */
export async function lockOwners(client: SqlClient, owners: readonly string[]): Promise<void> {
  await client.query({
    name: 'forex-lock-owners',
    text: `select pg_advisory_xact_lock(number) from (
             select distinct hashtextextended('open-quotes:' || owner, 0) as number
             from unnest($1::text[]) as o (owner) order by number
           ) locks`,
    values: [owners],
  })
}

/** What each of these customers could still use now, and has locked since `since`. */
export async function readUse(
  client: SqlClient,
  owners: readonly string[],
  { now, since }: { now: Date; since: Date },
): Promise<Map<string, QuoteUse>> {
  const { rows } = await client.query<{ owner: string; open: number; today: string }>({
    name: 'forex-quote-use',
    text: `select o.owner::text as owner, coalesce(open.n, 0)::int as open, coalesce(today.usd, 0)::text as today
           from unnest($1::uuid[]) as o (owner)
           left join lateral (select count(*) as n from fx_quotes
             where owner = o.owner and payment_id is null and expires_at > $2) open on true
           left join lateral (select sum(reference_usd_minor) as usd from fx_quotes
             where owner = o.owner and created_at >= $3 and not is_refund) today on true`,
    values: [owners, now, since],
  })
  return new Map(rows.map(({ owner, open, today }) => [owner, { open, todayUsdMinor: BigInt(today) }]))
}

export interface Redemption {
  readonly quoteId: string
  readonly owner: string
  readonly paymentId: string
  /** The currencies that it is wanted for; a quote for others is left as it is. */
  readonly fromCurrency?: string | null
  readonly toCurrency?: string | null
}

/**
 * Binds each open quote to its payment, with its event; answers those that were bound now. Of several payments for one
 * quote, the first committed keeps it. No quote is named twice.
 */
export async function bindQuotes(
  client: SqlClient,
  redemptions: readonly Redemption[],
  now: Date,
): Promise<Map<string, FxQuote>> {
  const { rows } = await client.query<QuoteRow>({
    name: 'forex-bind-quotes',
    text: `with locked as (
             select q.id, r.payment_id
             from unnest($1::uuid[], $2::uuid[], $3::uuid[], $5::text[], $6::text[])
               as r (id, owner, payment_id, from_currency, to_currency)
             join fx_quotes q on q.id = r.id and q.owner = r.owner
               and q.from_currency = coalesce(r.from_currency, q.from_currency)
               and q.to_currency = coalesce(r.to_currency, q.to_currency)
             where q.payment_id is null and q.expired_at is null and q.expires_at > $4
             order by q.id for update of q
           ), bound as (
             update fx_quotes q set payment_id = l.payment_id, used_at = $4 from locked l
             where q.id = l.id and q.payment_id is null and q.expired_at is null
             returning q.*
           ), ${announce('quote.used', 'bound')}
           select ${COLUMNS} from bound`,
    values: [
      redemptions.map(({ quoteId }) => quoteId),
      redemptions.map(({ owner }) => owner),
      redemptions.map(({ paymentId }) => paymentId),
      now,
      redemptions.map(({ fromCurrency }) => fromCurrency ?? null),
      redemptions.map(({ toCurrency }) => toCurrency ?? null),
    ],
  })
  return new Map(rows.map((row) => [row.id, toQuote(row)]))
}

/** Announces the end of quotes that nobody used in time, some at a time; answers how many they were. */
export async function expireQuotes(client: SqlClient, now: Date, limit: number): Promise<number> {
  const { rowCount } = await client.query({
    name: 'forex-expire-quotes',
    text: `with due as (
             select id from fx_quotes where payment_id is null and expired_at is null and expires_at <= $1
             order by expires_at limit $2 for update skip locked
           ), ended as (
             update fx_quotes q set expired_at = $1 from due where q.id = due.id returning q.*
           ), ${announce('quote.expired', 'ended')}
           select id from ended`,
    values: [now, limit],
  })
  return rowCount ?? 0
}

/** The event of each row of `ended`: who used it, or that nobody did. */
const announce = (type: 'quote.used' | 'quote.expired', ended: string): string => `events as (
  insert into event_queue (id, topic, key, type, data)
  select gen_random_uuid(), 'forex.rates', e.id::text, '${type}', jsonb_build_object(
    'quoteId', e.id, 'owner', e.owner, 'paymentId', e.payment_id,
    'fromCurrency', e.from_currency, 'fromMinor', e.from_minor::text,
    'toCurrency', e.to_currency, 'toMinor', e.to_minor::text)
  from ${ended} e
)`

const toQuote = (row: QuoteRow): FxQuote => ({
  id: row.id,
  owner: row.owner,
  from: { amountMinor: row.from_minor, currency: row.from_currency },
  to: { amountMinor: row.to_minor, currency: row.to_currency },
  appliedRate: Decimal.parse(row.applied_rate),
  mid: Decimal.parse(row.mid),
  spreadBps: row.spread_bps,
  path: row.path,
  source: row.source,
  observedAt: row.observed_at,
  provenance: row.provenance,
  referenceUsdMinor: row.reference_usd_minor,
  referenceMid: Decimal.parse(row.reference_mid),
  createdAt: row.created_at,
  expiresAt: row.expires_at,
  paymentId: row.payment_id,
  isRefund: row.is_refund,
})
