import { Decimal } from '@corridor/money'
import type { SqlClient } from '@corridor/platform'
import type { FxQuote } from '../domain/fx-quote.ts'

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
  reference_usd_minor: bigint
  reference_mid: string
  created_at: Date
  expires_at: Date
  payment_id: string | null
}

const COLUMNS = `id, owner, from_currency, from_minor, to_currency, to_minor, applied_rate::text, mid::text, spread_bps,
  path, source, observed_at, reference_usd_minor, reference_mid::text, created_at, expires_at, payment_id`

/** Writes quotes whose ids are chosen by the caller; one that is there already stays as it is. */
export async function insertQuotes(client: SqlClient, quotes: readonly FxQuote[]): Promise<void> {
  if (quotes.length === 0) return
  await client.query({
    name: 'forex-insert-quotes',
    text: `insert into fx_quotes (id, owner, from_currency, from_minor, to_currency, to_minor, applied_rate, mid, spread_bps,
             source, observed_at, reference_usd_minor, reference_mid, created_at, expires_at, payment_id, used_at, path)
           select id, owner, from_currency, from_minor, to_currency, to_minor, applied_rate, mid, spread_bps, source,
             observed_at, reference_usd_minor, reference_mid, created_at, expires_at, payment_id,
             case when payment_id is not null then created_at end, string_to_array(path, ',')
           from unnest($1::uuid[], $2::uuid[], $3::text[], $4::bigint[], $5::text[], $6::bigint[], $7::numeric[],
             $8::numeric[], $9::integer[], $10::text[], $11::timestamptz[], $12::bigint[], $13::numeric[],
             $14::timestamptz[], $15::timestamptz[], $16::uuid[], $17::text[])
             as q (id, owner, from_currency, from_minor, to_currency, to_minor, applied_rate, mid, spread_bps, source,
               observed_at, reference_usd_minor, reference_mid, created_at, expires_at, payment_id, path)
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

/** How many quotes a customer could still use. */
export async function countOpenQuotes(client: SqlClient, owner: string, now: Date): Promise<number> {
  const { rows } = await client.query<{ open: bigint }>({
    name: 'forex-open-quotes',
    text: 'select count(*) as open from fx_quotes where owner = $1 and payment_id is null and expires_at > $2',
    values: [owner, now],
  })
  return Number(rows[0]?.open ?? 0n)
}

export interface Redemption {
  readonly quoteId: string
  readonly owner: string
  readonly paymentId: string
}

/** Binds each open quote to its payment; of several payments for one quote, the first committed keeps it. */
export async function bindQuotes(client: SqlClient, redemptions: readonly Redemption[], now: Date): Promise<void> {
  await client.query({
    name: 'forex-bind-quotes',
    text: `with locked as (
             select q.id, r.payment_id
             from unnest($1::uuid[], $2::uuid[], $3::uuid[]) as r (id, owner, payment_id)
             join fx_quotes q on q.id = r.id and q.owner = r.owner
             where q.payment_id is null and q.expires_at > $4
             order by q.id for update of q
           )
           update fx_quotes q set payment_id = l.payment_id, used_at = $4 from locked l
           where q.id = l.id and q.payment_id is null`,
    values: [
      redemptions.map(({ quoteId }) => quoteId),
      redemptions.map(({ owner }) => owner),
      redemptions.map(({ paymentId }) => paymentId),
      now,
    ],
  })
}

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
  referenceUsdMinor: row.reference_usd_minor,
  referenceMid: Decimal.parse(row.reference_mid),
  createdAt: row.created_at,
  expiresAt: row.expires_at,
  paymentId: row.payment_id,
})
