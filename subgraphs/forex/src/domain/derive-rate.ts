import { Decimal } from '@corridor/money'
import { baseOf, legsOf, quoteOf, type Rate } from './rate.ts'

/** Digits after the point of a derived rate: the smallest real rate (one rupiah in dinars) keeps seven that count. */
export const DERIVED_SCALE = 12
const THROUGH = ['USD', 'EUR'] as const

/**
 * The rate of `pair` from what providers quote: itself, the inverse, or through USD or EUR with the path recorded.
 * Derived bids are rounded down, asks up and mids to the nearest even, so that no derivation narrows the spread.
 * Null where there is no path.
 */
export function deriveRate(rates: ReadonlyMap<string, Rate>, pair: string): Rate | null {
  const [base, quote] = [baseOf(pair), quoteOf(pair)]
  const single = leg(rates, base, quote)
  if (single) return single
  for (const through of THROUGH) {
    if (through === base || through === quote) continue
    const [first, second] = [leg(rates, base, through), leg(rates, through, quote)]
    if (first && second) return chain(pair, first, second)
  }
  return null
}

function leg(rates: ReadonlyMap<string, Rate>, base: string, quote: string): Rate | null {
  const direct = rates.get(base + quote)
  const opposite = rates.get(quote + base)
  // A manual rate outranks a provider's in both directions: else there and back could gain on the difference.
  if (direct && (direct.manual || !opposite?.manual)) return direct
  return opposite ? invert(opposite, base + quote) : null
}

function invert(rate: Rate, pair: string): Rate {
  return {
    ...rate,
    pair,
    bid: Decimal.ONE.dividedBy(rate.ask, DERIVED_SCALE, 'down'),
    mid: Decimal.ONE.dividedBy(rate.mid, DERIVED_SCALE, 'half-even'),
    ask: Decimal.ONE.dividedBy(rate.bid, DERIVED_SCALE, 'up'),
    legs: [rate],
  }
}

function chain(pair: string, first: Rate, second: Rate): Rate {
  return {
    pair,
    bid: first.bid.times(second.bid).round(DERIVED_SCALE, 'down'),
    mid: first.mid.times(second.mid).round(DERIVED_SCALE, 'half-even'),
    ask: first.ask.times(second.ask).round(DERIVED_SCALE, 'up'),
    source: first.source === second.source ? first.source : `${first.source}+${second.source}`,
    path: [...first.path, ...second.path],
    manual: first.manual || second.manual,
    standing: first.standing === true && second.standing === true,
    version: first.version + second.version, // Rises when either does.
    observedAt: oldest(first, second),
    legs: [...legsOf(first), ...legsOf(second)],
  }
}

/** Of legs that grow old where one does, since by it the whole is judged. */
function oldest(first: Rate, second: Rate): Date {
  const ageing = [first, second].filter(({ standing }) => !standing)
  const instants = (ageing.length > 0 ? ageing : [first, second]).map(({ observedAt }) => observedAt.getTime())
  return new Date(Math.min(...instants))
}
