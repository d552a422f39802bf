import { Decimal, type Money, toDecimal, toMinor } from '@corridor/money'
import { accept, type Clock, type Result, refuse } from '@corridor/platform'
import type { FxQuote } from '../domain/fx-quote.ts'
import { isStale, type Policies, policyOf } from '../domain/policy.ts'
import { type Price, priceConversion, type Wanted } from '../domain/price.ts'
import { isIndicative, type Rate } from '../domain/rate.ts'
import type { RateBook } from '../rate-book.ts'

/** What an amount is worth in US cents at the mid, for limits and rules; never what is paid. */
export interface UsdReference {
  readonly usdMinor: bigint
  readonly mid: Decimal
}

export interface PricedConversion extends Price {
  readonly rate: Rate
  readonly spreadBps: number
}

/** Prices conversions on the rates as they stand. */
export class Pricing {
  constructor(private readonly deps: { book: RateBook; policies: Policies; clock: Clock }) {}

  /**
   * A price that money may move on. Refuses CURRENCY_MISMATCH for one currency on both sides, RATE_UNAVAILABLE,
   * RATE_STALE, AMOUNT_TOO_SMALL. The book is read before: `await book.fresh()`.
   */
  firm(wanted: Wanted): Result<PricedConversion> {
    const priced = this.price(wanted)
    if (!priced.ok) return priced
    const { rate } = priced.value
    if (isIndicative(rate)) return refuse('RATE_UNAVAILABLE', `The rate of ${rate.pair} is for orientation only.`)
    return this.isStale(rate) ? refuse('RATE_STALE', `The rate of ${rate.pair} is too old to move money on.`) : priced
  }

  /** The same, of a stale rate too where the pair's policy says INDICATIVE: nothing is locked. */
  indicative(wanted: Wanted): Result<PricedConversion> {
    const priced = this.price(wanted)
    if (!priced.ok) return priced
    const { rate } = priced.value
    const rejected = policyOf(this.deps.policies, rate.pair).whenStale === 'REJECT' && this.isStale(rate)
    return rejected ? refuse('RATE_STALE', `The rate of ${rate.pair} is too old.`) : priced
  }

  /** Values an amount in US dollars at the mid, rounded half-even; a stale mid still tells how large it is. */
  usdReference({ amountMinor, currency }: Money): Result<UsdReference> {
    if (currency === 'USD') return accept({ usdMinor: amountMinor, mid: Decimal.ONE })
    const rate = this.deps.book.known(`${currency}USD`)
    if (!rate) return refuse('RATE_UNAVAILABLE', `There is no rate of ${currency} to USD.`)
    const usd = toDecimal({ amountMinor, currency }).times(rate.mid)
    return accept({ usdMinor: toMinor(usd, 'USD', 'half-even'), mid: rate.mid })
  }

  /** A quote on a firm price, for `owner`, from now for `lockSeconds`. */
  quote(input: {
    id: string
    owner: string
    wanted: Wanted
    lockSeconds: number
    paymentId: string | null
  }): Result<FxQuote> {
    const priced = this.firm(input.wanted)
    if (!priced.ok) return priced
    const { from, to, appliedRate, rate, spreadBps } = priced.value
    const reference = this.usdReference(from)
    if (!reference.ok) return reference
    const { id, owner, paymentId } = input
    const { mid, path, source, observedAt } = rate
    const createdAt = this.deps.clock.now()
    const expiresAt = new Date(createdAt.getTime() + input.lockSeconds * 1000)
    const { usdMinor: referenceUsdMinor, mid: referenceMid } = reference.value
    const provenance = { mid, path, source, observedAt, spreadBps, referenceUsdMinor, referenceMid }
    return accept({ id, owner, paymentId, from, to, appliedRate, createdAt, expiresAt, ...provenance })
  }

  private isStale(rate: Rate): boolean {
    return isStale(rate, policyOf(this.deps.policies, rate.pair), this.deps.clock.now())
  }

  private price(wanted: Wanted): Result<PricedConversion> {
    const from = 'from' in wanted ? wanted.from.currency : wanted.fromCurrency
    const to = 'to' in wanted ? wanted.to.currency : wanted.toCurrency
    if (from === to) return refuse('CURRENCY_MISMATCH', 'A conversion is between two currencies.')
    const rate = this.deps.book.known(from + to)
    if (!rate) return refuse('RATE_UNAVAILABLE', `There is no rate of ${from} to ${to}.`)
    const { spreadBps } = policyOf(this.deps.policies, rate.pair)
    const price = priceConversion(wanted, rate, spreadBps)
    return price.ok ? accept({ ...price.value, rate, spreadBps }) : price
  }
}
