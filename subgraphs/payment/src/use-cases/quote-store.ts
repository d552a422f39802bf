import type { SqlClient } from '@corridor/platform'

/** What `preparePayment` showed, in minor units; confirming it does exactly that. */
export interface PreparedQuote {
  readonly id: string
  readonly owner: string
  readonly fromWalletId: string
  readonly toWalletId: string
  readonly payee: string
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
             principal_minor, credit_minor, fee_minor, fx_quote_id, reference, expires_at, created_at)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
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
    ],
  })
}

export async function readQuote(client: SqlClient, id: string): Promise<PreparedQuote | null> {
  const { rows } = await client.query<PreparedQuote & { id: string }>({
    name: 'payment-read-quote',
    text: `select id, owner, from_wallet_id as "fromWalletId", to_wallet_id as "toWalletId", payee,
             from_currency as "fromCurrency", to_currency as "toCurrency", principal_minor as "principalMinor",
             credit_minor as "creditMinor", fee_minor as "feeMinor", fx_quote_id as "fxQuoteId", reference,
             expires_at as "expiresAt", created_at as "createdAt", payment_id as "paymentId"
           from payment_quotes where id = $1`,
    values: [id],
  })
  return rows[0] ?? null
}

/** Binds a quote to the payment that confirms it; false when another payment has it. */
export async function useQuote(client: SqlClient, quoteId: string, paymentId: string): Promise<boolean> {
  const { rowCount } = await client.query({
    name: 'payment-use-quote',
    text: 'update payment_quotes set payment_id = $2 where id = $1 and (payment_id is null or payment_id = $2)',
    values: [quoteId, paymentId],
  })
  return rowCount === 1
}
