import type { Decimal, Money } from '@corridor/money'
import { legsOf, type Rate } from './rate.ts'

/** A rate as it was when a quote was made of it, prices to the digit. */
export interface QuotedTick {
  readonly pair: string
  readonly bid: string
  readonly mid: string
  readonly ask: string
  readonly source: string
  readonly manual: boolean
  readonly version: string
  readonly observedAt: string
  /** How old it was then. */
  readonly ageMs: number
}

/** What a spread is made of. */
export interface SpreadParts {
  readonly policyBps: number
  /** For a lock that is longer than usual. */
  readonly holdBps: number
  /** Because the house holds, or owes, much of one of the currencies. */
  readonly exposureBps: number
}

export interface Provenance {
  readonly ticks: readonly QuotedTick[]
  readonly spread?: SpreadParts
}

export interface FxQuote {
  readonly id: string
  readonly owner: string
  readonly from: Money
  readonly to: Money
  readonly appliedRate: Decimal
  readonly mid: Decimal
  readonly spreadBps: number
  readonly path: readonly string[]
  readonly source: string
  readonly observedAt: Date
  readonly provenance: Provenance
  /** `from` in US cents at the mid, and that mid. */
  readonly referenceUsdMinor: bigint
  readonly referenceMid: Decimal
  readonly createdAt: Date
  readonly expiresAt: Date
  /** The payment that used it; null while it is open. */
  readonly paymentId: string | null
  /** What a refund is held against: the payment was converted long ago, and the house takes on nothing by this price. */
  readonly isRefund: boolean
}

export type FxQuoteStatus = 'OPEN' | 'USED' | 'EXPIRED'

export function statusOf(quote: Pick<FxQuote, 'paymentId' | 'expiresAt'>, now: Date): FxQuoteStatus {
  if (quote.paymentId !== null) return 'USED'
  return quote.expiresAt <= now ? 'EXPIRED' : 'OPEN'
}

/** The ticks that a rate comes from, as old as they are now. */
export const ticksOf = (rate: Rate, now: Date): QuotedTick[] =>
  legsOf(rate).map(({ pair, bid, mid, ask, source, manual, version, observedAt }) => ({
    pair,
    bid: bid.toString(),
    mid: mid.toString(),
    ask: ask.toString(),
    source,
    manual,
    version: String(version),
    observedAt: observedAt.toISOString(),
    ageMs: now.getTime() - observedAt.getTime(),
  }))

/** A lock that a customer may ask for: how long, and what it adds to the spread. */
export interface Lock {
  readonly seconds: number
  readonly holdBps: number
}

/** What a customer could call at once, and has locked since midnight in UTC. */
export interface QuoteUse {
  readonly open: number
  readonly todayUsdMinor: bigint
}
