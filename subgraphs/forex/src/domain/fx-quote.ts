import type { Decimal, Money } from '@corridor/money'

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
  /** `from` in US cents at the mid, and that mid. */
  readonly referenceUsdMinor: bigint
  readonly referenceMid: Decimal
  readonly createdAt: Date
  readonly expiresAt: Date
  /** The payment that used it; null while it is open. */
  readonly paymentId: string | null
}

export type FxQuoteStatus = 'OPEN' | 'USED' | 'EXPIRED'

export function statusOf(quote: Pick<FxQuote, 'paymentId' | 'expiresAt'>, now: Date): FxQuoteStatus {
  if (quote.paymentId !== null) return 'USED'
  return quote.expiresAt <= now ? 'EXPIRED' : 'OPEN'
}
