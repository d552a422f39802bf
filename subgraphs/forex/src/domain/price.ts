import { Decimal, divideToMinor, type Money, multiplyToMinor } from '@corridor/money'
import { accept, type Result, refuse } from '@corridor/platform'
import { DERIVED_SCALE } from './derive-rate.ts'
import type { Rate } from './rate.ts'

const BPS = Decimal.of(10_000n)

export interface Price {
  readonly from: Money
  readonly to: Money
  /** Units of `to` per unit of `from`, spread included. */
  readonly appliedRate: Decimal
}

/** Exactly one side is given; the other follows. */
export type Wanted =
  | { readonly from: Money; readonly toCurrency: string }
  | { readonly to: Money; readonly fromCurrency: string }

/**
 * What the customer gets per unit: the mid less the spread, and never more than the market's bid. Rounded down, so
 * that the rounding is never his gain.
 */
export function appliedRate(rate: Rate, spreadBps: number): Decimal {
  const lessSpread = rate.mid.times(BPS.minus(Decimal.of(BigInt(spreadBps)))).dividedBy(BPS, DERIVED_SCALE, 'down')
  return lessSpread.compare(rate.bid) > 0 ? rate.bid : lessSpread
}

/**
 * Prices a conversion. What he receives is rounded down and what he pays up, at most one minor unit each, so that
 * there and back never gains. Refuses AMOUNT_TOO_SMALL where a side would be zero.
 */
export function priceConversion(wanted: Wanted, rate: Rate, spreadBps: number): Result<Price> {
  const applied = appliedRate(rate, spreadBps)
  if (applied.isZero) return refuse('AMOUNT_TOO_SMALL')
  const [from, to] =
    'from' in wanted
      ? [wanted.from, receive(wanted.from, applied, wanted.toCurrency)]
      : [pay(wanted.to, applied, wanted.fromCurrency), wanted.to]
  if (from.amountMinor <= 0n || to.amountMinor <= 0n) return refuse('AMOUNT_TOO_SMALL')
  return accept({ from, to, appliedRate: applied })
}

const receive = (from: Money, rate: Decimal, currency: string): Money => ({
  amountMinor: multiplyToMinor({ money: from, rate, to: currency, rounding: 'down' }),
  currency,
})

const pay = (to: Money, rate: Decimal, currency: string): Money => ({
  amountMinor: divideToMinor({ money: to, rate, to: currency, rounding: 'up' }),
  currency,
})
