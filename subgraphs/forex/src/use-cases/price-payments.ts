import type { Decimal } from '@corridor/money'
import { accept, type Pool, type Result, refuse, uuidv5 } from '@corridor/platform'
import type { FxQuote } from '../domain/fx-quote.ts'
import type { ExposureBook } from '../exposure-book.ts'
import type { Pricing } from './pricing.ts'
import { insertQuotes, readQuotes } from './quote-store.ts'

/** A payment to price: one side is given, without the fee. */
export interface PaymentToPrice {
  readonly paymentId: string
  readonly owner: string
  readonly fromCurrency: string
  readonly toCurrency: string
  readonly debitMinor: bigint | null
  readonly creditMinor: bigint | null
  /** A quote that was redeemed for this payment. */
  readonly fxQuoteId: string | null
  /** A refund by this id asks what it would cost today: stored like a payment's price, but nobody is committed by it. */
  readonly isRefund: boolean
}

export interface PaymentPrice {
  readonly debitMinor: bigint
  readonly creditMinor: bigint
  readonly fxQuoteId: string | null
  readonly referenceUsdMinor: bigint
  readonly referenceMid: Decimal
}

/** A payment priced by the processor is posted within seconds; the lock outlives any retry that may still use it. */
const PROCESSING_LOCK_SECONDS = 900

/** The quote that is made for a payment that brought none; the same each time the payment is priced. */
export const automaticQuoteId = (paymentId: string): string => uuidv5('quote', paymentId)

/**
 * Prices a group of payments: across currencies by the quote each is bound to, made now where it brought none; in one
 * currency only with its value in USD. Every step is idempotent by the payment's id.
 */
export async function pricePayments(
  { pool, exposures, pricing }: { pool: Pool; exposures: ExposureBook; pricing: Pricing },
  payments: readonly PaymentToPrice[],
): Promise<Result<PaymentPrice>[]> {
  const crossing = payments.filter((payment) => payment.fromCurrency !== payment.toCurrency)
  await (crossing.length > 0 ? pricing.fresh() : pricing.freshRates())
  const quoteIds = new Map(
    payments.map((payment) => [payment.paymentId, payment.fxQuoteId ?? automaticQuoteId(payment.paymentId)]),
  )
  const known = await readQuotes(
    pool,
    crossing.map(({ paymentId }) => quoteIds.get(paymentId) ?? ''),
  )
  const refused = new Map<string, Result<PaymentPrice>>()
  const fresh: FxQuote[] = []
  for (const payment of crossing) {
    if (payment.fxQuoteId !== null || known.has(automaticQuoteId(payment.paymentId))) continue
    const quote = quoteFor(pricing, payment)
    if (quote.ok) {
      fresh.push(quote.value)
      if (!payment.isRefund) exposures.add(quote.value)
    } else refused.set(payment.paymentId, quote)
  }
  await insertQuotes(pool, fresh)
  const stored =
    fresh.length === 0
      ? known
      : new Map([
          ...known,
          ...(await readQuotes(
            pool,
            fresh.map(({ id }) => id),
          )),
        ])
  return payments.map((payment) => {
    const refusal = refused.get(payment.paymentId)
    if (refusal) return refusal
    if (payment.fromCurrency === payment.toCurrency) return priceSame(pricing, payment)
    return priceByQuote(payment, stored.get(quoteIds.get(payment.paymentId) ?? ''))
  })
}

function quoteFor(pricing: Pricing, payment: PaymentToPrice): Result<FxQuote> {
  const { paymentId, owner, fromCurrency, toCurrency, debitMinor, creditMinor, isRefund } = payment
  if ((debitMinor === null) === (creditMinor === null)) return refuse('BAD_USER_INPUT', 'Exactly one amount is given.')
  const wanted =
    debitMinor !== null
      ? { from: { amountMinor: debitMinor, currency: fromCurrency }, toCurrency }
      : { to: { amountMinor: creditMinor ?? 0n, currency: toCurrency }, fromCurrency }
  return pricing.quote({
    id: automaticQuoteId(paymentId),
    owner,
    wanted,
    lock: { seconds: PROCESSING_LOCK_SECONDS, holdBps: 0 },
    paymentId,
    isRefund,
  })
}

function priceSame(pricing: Pricing, { fromCurrency, debitMinor, creditMinor }: PaymentToPrice): Result<PaymentPrice> {
  const amountMinor = debitMinor ?? creditMinor ?? 0n
  const reference = pricing.usdReference({ amountMinor, currency: fromCurrency })
  if (!reference.ok) return reference
  const { usdMinor: referenceUsdMinor, mid: referenceMid } = reference.value
  return accept({ debitMinor: amountMinor, creditMinor: amountMinor, fxQuoteId: null, referenceUsdMinor, referenceMid })
}

function priceByQuote(payment: PaymentToPrice, quote: FxQuote | undefined): Result<PaymentPrice> {
  if (quote?.paymentId !== payment.paymentId) return refuse('NOT_FOUND', 'There is no such quote.')
  const { from, to, id: fxQuoteId, referenceUsdMinor, referenceMid } = quote
  return accept({
    debitMinor: from.amountMinor,
    creditMinor: to.amountMinor,
    fxQuoteId,
    referenceUsdMinor,
    referenceMid,
  })
}
