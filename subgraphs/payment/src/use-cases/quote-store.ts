import type { SqlClient } from '@corridor/platform'

/** What `preparePayment` showed, in minor units; confirming it does exactly that. */
export interface PreparedQuote {
  readonly id: string
  readonly owner: string
  readonly kind: 'TRANSFER' | 'PAYOUT'
  readonly fromWalletId: string
  readonly toWalletId: string | null
  readonly payee: string | null
  readonly beneficiaryId: string | null
  readonly destinationCountry: string | null
  readonly provider: string | null
  readonly fromCurrency: string
  readonly toCurrency: string
  readonly principalMinor: bigint
  readonly creditMinor: bigint
  readonly feeMinor: bigint
  readonly fxQuoteId: string | null
  readonly reference: string | null
  readonly expiresAt: Date
  readonly createdAt: Date
  readonly paymentId: string | null
}

export async function insertQuote(client: SqlClient, quote: PreparedQuote): Promise<void> {
  await client.query({
    name: 'payment-insert-quote',
    text: `insert into payment_quotes (id, owner, from_wallet_id, to_wallet_id, payee, from_currency, to_currency,
             principal_minor, credit_minor, fee_minor, fx_quote_id, reference, expires_at, created_at, kind,
             beneficiary_id, destination_country, provider)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)`,
    values: [
      quote.id,
      quote.owner,
      quote.fromWalletId,
      quote.toWalletId,
      quote.payee,
      quote.fromCurrency,
      quote.toCurrency,
      quote.principalMinor,
      quote.creditMinor,
      quote.feeMinor,
      quote.fxQuoteId,
      quote.reference,
      quote.expiresAt,
      quote.createdAt,
      quote.kind,
      quote.beneficiaryId,
      quote.destinationCountry,
      quote.provider,
    ],
  })
}

/** Quotes by id; what is none is left out. */
export async function readQuotes(client: SqlClient, ids: readonly string[]): Promise<Map<string, PreparedQuote>> {
  if (ids.length === 0) return new Map()
  const { rows } = await client.query<PreparedQuote & { id: string }>({
    name: 'payment-read-quotes',
    text: `select id, owner, from_wallet_id as "fromWalletId", to_wallet_id as "toWalletId", payee,
             from_currency as "fromCurrency", to_currency as "toCurrency", principal_minor as "principalMinor",
             credit_minor as "creditMinor", fee_minor as "feeMinor", fx_quote_id as "fxQuoteId", reference,
             expires_at as "expiresAt", created_at as "createdAt", payment_id as "paymentId",
             kind, beneficiary_id as "beneficiaryId", destination_country as "destinationCountry", provider
           from payment_quotes where id = any($1::uuid[])`,
    values: [ids],
  })
  return new Map(rows.map((row) => [row.id, row]))
}

/** Binds quotes to the payments that confirm them; answers the payments whose quote another payment has. */
export async function useQuotes(
  client: SqlClient,
  payments: readonly { readonly id: string; readonly quoteId: string | null }[],
): Promise<ReadonlySet<string>> {
  const confirming = payments.filter(({ quoteId }) => quoteId !== null)
  if (confirming.length === 0) return new Set()
  const { rows } = await client.query<{ paymentId: string }>({
    name: 'payment-use-quotes',
    text: `with asked as (
             select distinct on (quote_id) quote_id, payment_id
             from unnest($1::uuid[], $2::uuid[]) with ordinality as a (quote_id, payment_id, place) order by quote_id, place
           ), locked as (
             select q.id, a.payment_id from asked a join payment_quotes q on q.id = a.quote_id order by q.id for update of q
           )
           update payment_quotes q set payment_id = l.payment_id from locked l
           where q.id = l.id and (q.payment_id is null or q.payment_id = l.payment_id)
           returning q.payment_id as "paymentId"`,
    values: [confirming.map(({ quoteId }) => quoteId), confirming.map(({ id }) => id)],
  })
  const bound = new Set(rows.map(({ paymentId }) => paymentId))
  return new Set(confirming.map(({ id }) => id).filter((id) => !bound.has(id)))
}

/** Until the transaction ends nobody else opens quotes of this customer. */
export async function lockQuotesOf(client: SqlClient, owner: string): Promise<void> {
  await client.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`payment-quotes:${owner}`])
}

/** How many quotes a customer may still confirm. */
export async function countOpenQuotes(client: SqlClient, owner: string, now: Date): Promise<number> {
  const { rows } = await client.query<{ open: number }>({
    name: 'payment-open-quotes',
    text: `select count(*)::int as open from payment_quotes where owner = $1 and payment_id is null and expires_at > $2`,
    values: [owner, now],
  })
  return rows[0]?.open ?? 0
}

/** Forgets quotes that nobody used and that expired before that time, some at once; answers how many. */
export async function forgetQuotes(client: SqlClient, before: Date, limit: number): Promise<number> {
  const { rowCount } = await client.query({
    name: 'payment-forget-quotes',
    text: `with old as materialized (
             select id from payment_quotes where payment_id is null and expires_at < $1
             order by expires_at limit $2 for update skip locked
           )
           delete from payment_quotes q using old where q.id = old.id`,
    values: [before, limit],
  })
  return rowCount ?? 0
}
