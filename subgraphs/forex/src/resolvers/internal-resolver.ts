import { isCurrency } from '@corridor/money'
import { accept, isUuid, orThrow, type Pool, type Result, refuse } from '@corridor/platform'
import { CurrencyScalar, InternalField } from '@corridor/subgraph'
import { Arg, Mutation, Query, Resolver } from 'type-graphql'
import type { FxQuote } from '../domain/fx-quote.ts'
import type { ExposureBook } from '../exposure-book.ts'
import { type ForexUseCases, type LockRequest, wantedOf } from '../use-cases/forex-use-cases.ts'
import { type PaymentToPrice, pricePayments } from '../use-cases/price-payments.ts'
import type { Pricing } from '../use-cases/pricing.ts'
import {
  FxQuoteResult,
  LockFxQuoteInput,
  PaymentPriceResult,
  PricePaymentInput,
  RedeemFxQuoteInput,
  UsdReferenceType,
} from './internal-types.ts'

const MAX_BATCH = 1_000
const MINOR = /^\d{1,19}$/

/** What services of the platform ask of forex, whole groups at once. */
@Resolver()
export class InternalResolver {
  constructor(
    private readonly deps: { pool: Pool; exposures: ExposureBook; pricing: Pricing; useCases: ForexUseCases },
  ) {}

  @InternalField('payment-service')
  @Mutation(() => [FxQuoteResult])
  async lockFxQuotes(@Arg('quotes', () => [LockFxQuoteInput]) quotes: LockFxQuoteInput[]): Promise<FxQuoteResult[]> {
    mustFit(quotes, 'quotes')
    const requests = quotes.map((quote, index) => orThrow(lockRequest(quote, `quotes.${index}`)))
    return (await this.deps.useCases.lockFxQuotes(requests)).map(toQuoteResult)
  }

  @InternalField('payment-service')
  @Mutation(() => [FxQuoteResult])
  async redeemFxQuotes(
    @Arg('redemptions', () => [RedeemFxQuoteInput]) redemptions: RedeemFxQuoteInput[],
  ): Promise<FxQuoteResult[]> {
    mustFit(redemptions, 'redemptions')
    for (const { quoteId, owner, paymentId } of redemptions) mustBeIds({ quoteId, owner, paymentId })
    return (await this.deps.useCases.redeemFxQuotes(redemptions)).map(toQuoteResult)
  }

  @InternalField('payment-processor')
  @Mutation(() => [PaymentPriceResult])
  async pricePayments(
    @Arg('payments', () => [PricePaymentInput]) payments: PricePaymentInput[],
  ): Promise<PaymentPriceResult[]> {
    mustFit(payments, 'payments')
    const requests = payments.map((payment, index) => orThrow(paymentToPrice(payment, `payments.${index}`)))
    const prices = await pricePayments(this.deps, requests)
    return requests.map(({ paymentId }, index) => {
      const price = prices[index] ?? refuse('INTERNAL_SERVER_ERROR')
      if (!price.ok) return { paymentId, code: price.code, message: price.message }
      const { debitMinor, creditMinor, fxQuoteId, referenceUsdMinor, referenceMid } = price.value
      return {
        paymentId,
        debitMinor: String(debitMinor),
        creditMinor: String(creditMinor),
        fxQuoteId,
        referenceUsdMinor: String(referenceUsdMinor),
        referenceMid: referenceMid.normalized().toString(),
      }
    })
  }

  /** What an amount is worth in US dollars at the mid, for limits and rules. */
  @InternalField('payment-service', 'rule-engine-service')
  @Query(() => UsdReferenceType)
  async usdReference(
    @Arg('amountMinor', () => String) amountMinor: string,
    @Arg('currency', () => CurrencyScalar) currency: string,
  ): Promise<UsdReferenceType> {
    if (!MINOR.test(amountMinor)) orThrow(refuse('BAD_USER_INPUT', 'amountMinor is no whole number.', 'amountMinor'))
    if (!isCurrency(currency)) orThrow(refuse('BAD_USER_INPUT', 'currency is no currency.', 'currency'))
    await this.deps.pricing.freshRates()
    const { usdMinor, mid } = orThrow(this.deps.pricing.usdReference({ amountMinor: BigInt(amountMinor), currency }))
    return { usdMinor: String(usdMinor), mid: mid.normalized().toString() }
  }
}

function mustFit(list: readonly unknown[], field: string): void {
  if (list.length > MAX_BATCH) orThrow(refuse('BATCH_TOO_LARGE', undefined, field))
}

function mustBeIds(ids: Readonly<Record<string, string>>): void {
  for (const [field, id] of Object.entries(ids)) {
    if (!isUuid(id)) orThrow(refuse('BAD_USER_INPUT', `${field} is not a UUID.`, field))
  }
}

function lockRequest(input: LockFxQuoteInput, field: string): Result<LockRequest> {
  const { id, owner, fromCurrency, toCurrency, fromMinor, toMinor, lockSeconds = null, mustExist } = input
  mustBeIds({ id, owner })
  if ([fromMinor, toMinor].some((minor) => minor && !MINOR.test(minor))) {
    return refuse('BAD_USER_INPUT', `${field} has an amount that is no whole number.`, field)
  }
  const from = fromMinor ? { amountMinor: BigInt(fromMinor), currency: fromCurrency } : null
  const to = toMinor ? { amountMinor: BigInt(toMinor), currency: toCurrency } : null
  const wanted = wantedOf({ from, to, fromCurrency: from ? null : fromCurrency, toCurrency: to ? null : toCurrency })
  return wanted.ok ? accept({ id, owner, wanted: wanted.value, lockSeconds, mustExist: mustExist ?? false }) : wanted
}

function paymentToPrice(input: PricePaymentInput, field: string): Result<PaymentToPrice> {
  const { paymentId, owner, fromCurrency, toCurrency, debitMinor, creditMinor, fxQuoteId = null } = input
  mustBeIds({ paymentId, owner, ...(fxQuoteId === null ? {} : { fxQuoteId }) })
  if ([debitMinor, creditMinor].some((minor) => minor && !MINOR.test(minor))) {
    return refuse('BAD_USER_INPUT', `${field} has an amount that is no whole number.`, field)
  }
  if (!isCurrency(fromCurrency) || !isCurrency(toCurrency)) {
    return refuse('BAD_USER_INPUT', `${field} has an unknown currency.`, field)
  }
  const minor = (text: string | null | undefined): bigint | null => (text ? BigInt(text) : null)
  const amounts = { debitMinor: minor(debitMinor), creditMinor: minor(creditMinor) }
  return accept({
    paymentId,
    owner,
    fromCurrency,
    toCurrency,
    fxQuoteId,
    isRefund: input.isRefund ?? false,
    ...amounts,
  })
}

function toQuoteResult(result: Result<FxQuote>): FxQuoteResult {
  if (!result.ok) return { code: result.code, message: result.message }
  const { id, from, to, appliedRate, expiresAt, referenceUsdMinor, referenceMid } = result.value
  return {
    quote: {
      id,
      fromCurrency: from.currency,
      fromMinor: String(from.amountMinor),
      toCurrency: to.currency,
      toMinor: String(to.amountMinor),
      appliedRate: appliedRate.normalized().toString(),
      expiresAt,
      referenceUsdMinor: String(referenceUsdMinor),
      referenceMid: referenceMid.normalized().toString(),
    },
  }
}
