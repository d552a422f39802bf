import { Decimal, type Money } from '@corridor/money'
import { accept, type Clock, type Result, refuse } from '@corridor/platform'
import { type Appetite, appetiteFor, type ExposurePolicy, valueInUsd } from '../domain/exposure.ts'
import { type FxQuote, type Lock, type SpreadParts, ticksOf } from '../domain/fx-quote.ts'
import { isStale, type Policies, policyOf } from '../domain/policy.ts'
import { type Price, priceConversion, type Wanted } from '../domain/price.ts'
import { isIndicative, type Rate } from '../domain/rate.ts'
import type { ExposureBook } from '../exposure-book.ts'
import type { RateBook } from '../rate-book.ts'

/** What an amount is worth in US cents at the mid, for limits and rules; never what is paid. */
export interface UsdReference {
  readonly usdMinor: bigint
  readonly mid: Decimal
}

export interface PricedConversion extends Price {
  readonly rate: Rate
  readonly spread: SpreadParts
}

export interface PricingDeps {
  readonly book: RateBook
  readonly exposures: ExposureBook
  readonly policies: Policies
  readonly exposurePolicy: ExposurePolicy
  readonly clock: Clock
}

/** Prices conversions on the rates as they stand. */
export class Pricing {
  constructor(private readonly deps: PricingDeps) {}

  /** Reads the rates where they are too old: enough for what moves no money. */
  async freshRates(): Promise<void> {
    await this.deps.book.fresh()
  }

  /** Reads what prices are made of, where it is too old. Throws `Fault` when that cannot be read. */
  async fresh(): Promise<void> {
    await Promise.all([this.deps.book.fresh(), this.deps.exposures.fresh()])
  }

  /**
   * A price that money may move on, wider where the house already holds or owes much. Refuses CURRENCY_MISMATCH for one
   * currency on both sides, RATE_UNAVAILABLE (no rate, or the house takes no more), RATE_STALE, AMOUNT_TOO_SMALL. What it
   * is made of is read before: `await pricing.fresh()`. What a refund is held against is no new conversion: the house is
   * not asked whether it wants one.
   */
  firm(wanted: Wanted, { holdBps = 0, isRefund = false } = {}): Result<PricedConversion> {
    const priced = this.price(wanted, { holdBps, exposureBps: 0 })
    if (!priced.ok) return priced
    const { rate } = priced.value
    if (isIndicative(rate)) return refuse('RATE_UNAVAILABLE', `The rate of ${rate.pair} is for orientation only.`)
    if (this.isStale(rate)) return refuse('RATE_STALE', `The rate of ${rate.pair} is too old to move money on.`)
    const appetite = isRefund ? 'USUAL' : this.appetite(priced.value)
    if (appetite === 'USUAL') return priced
    if (appetite === 'WIDER') return this.price(wanted, { holdBps, exposureBps: this.deps.exposurePolicy.wideningBps })
    return refuse(
      'RATE_UNAVAILABLE',
      `No more is converted from ${rate.pair.slice(0, 3)} to ${rate.pair.slice(3)} now.`,
    )
  }

  /** The same, of a stale rate too where the pair's policy says INDICATIVE: nothing is locked. */
  indicative(wanted: Wanted): Result<PricedConversion> {
    const priced = this.price(wanted, { holdBps: 0, exposureBps: 0 })
    if (!priced.ok) return priced
    const { rate } = priced.value
    const rejected = policyOf(this.deps.policies, rate.pair).whenStale === 'REJECT' && this.isStale(rate)
    return rejected ? refuse('RATE_STALE', `The rate of ${rate.pair} is too old.`) : priced
  }

  /** Values an amount in US dollars at the mid, rounded half-even; a stale mid still tells how large it is. */
  usdReference({ amountMinor, currency }: Money): Result<UsdReference> {
    const mid = this.usdMid(currency)
    if (!mid) return refuse('RATE_UNAVAILABLE', `There is no rate of ${currency} to USD.`)
    return accept({ usdMinor: valueInUsd(currency, amountMinor, mid), mid })
  }

  /** A quote on a firm price, for `owner`, from now on. */
  quote(input: {
    id: string
    owner: string
    wanted: Wanted
    lock: Lock
    paymentId: string | null
    isRefund?: boolean
  }): Result<FxQuote> {
    const { id, owner, wanted, lock, paymentId, isRefund = false } = input
    const priced = this.firm(wanted, { holdBps: lock.holdBps, isRefund })
    if (!priced.ok) return priced
    const { from, to, appliedRate, rate, spread } = priced.value
    const reference = this.usdReference(from)
    if (!reference.ok) return reference
    const createdAt = this.deps.clock.now()
    return accept({
      id,
      owner,
      paymentId,
      isRefund,
      from,
      to,
      appliedRate,
      mid: rate.mid,
      path: rate.path,
      source: rate.source,
      observedAt: rate.observedAt,
      spreadBps: spread.policyBps + spread.holdBps + spread.exposureBps,
      provenance: { ticks: ticksOf(rate, createdAt), spread },
      referenceUsdMinor: reference.value.usdMinor,
      referenceMid: reference.value.mid,
      createdAt,
      expiresAt: new Date(createdAt.getTime() + lock.seconds * 1000),
    })
  }

  private isStale(rate: Rate): boolean {
    return isStale(rate, policyOf(this.deps.policies, rate.pair), this.deps.clock.now())
  }

  /** The house is long what the customer gives and short what he gets: both must be wanted. */
  private appetite({ from, to }: Price): Appetite {
    const appetites = [
      this.appetiteOf(from.currency, from.amountMinor),
      this.appetiteOf(to.currency, -to.amountMinor),
    ] as const
    return appetites.find((one) => one === 'NONE') ?? appetites.find((one) => one === 'WIDER') ?? 'USUAL'
  }

  private appetiteOf(currency: string, changeMinor: bigint): Appetite {
    const usdMid = this.usdMid(currency)
    if (!usdMid) return 'NONE' // What cannot be valued is not taken.
    const { exposures, exposurePolicy: policy } = this.deps
    return appetiteFor(exposures.known(currency), { changeMinor, usdMid, policy })
  }

  private usdMid(currency: string): Decimal | null {
    return currency === 'USD' ? Decimal.ONE : (this.deps.book.known(`${currency}USD`)?.mid ?? null)
  }

  private price(wanted: Wanted, extra: Omit<SpreadParts, 'policyBps'>): Result<PricedConversion> {
    const from = 'from' in wanted ? wanted.from.currency : wanted.fromCurrency
    const to = 'to' in wanted ? wanted.to.currency : wanted.toCurrency
    if (from === to) return refuse('CURRENCY_MISMATCH', 'A conversion is between two currencies.')
    const rate = this.deps.book.known(from + to)
    if (!rate) return refuse('RATE_UNAVAILABLE', `There is no rate of ${from} to ${to}.`)
    const { spreadBps: policyBps } = policyOf(this.deps.policies, rate.pair)
    const price = priceConversion(wanted, rate, policyBps + extra.holdBps + extra.exposureBps)
    return price.ok ? accept({ ...price.value, rate, spread: { policyBps, ...extra } }) : price
  }
}
