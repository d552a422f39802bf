import type { DecisionInput } from './decision-input.ts'

export type LimitPeriod = 'TRANSACTION' | 'DAY' | 'MONTH'

/** What the rule set `limits` grants, in US cents. */
export interface GrantedLimits {
  readonly transaction: number
  readonly day: number
  readonly month: number
}

/** In US cents. Of one payment, what is used is its own amount; of a day and a month, what counted before it. */
export interface LimitUse {
  readonly code: string
  readonly period: LimitPeriod
  readonly limitMinor: bigint
  readonly usedMinor: bigint
}

/** The granted limits beside what is used of them; nothing is granted above the hard bound of a payment. */
export function limitUses(limits: GrantedLimits, { usage, bounds, amountUsdMinor }: DecisionInput): LimitUse[] {
  const use = (code: string, period: LimitPeriod, limit: number, used: number): LimitUse => ({
    code,
    period,
    limitMinor: BigInt(limit),
    usedMinor: BigInt(used),
  })
  return [
    use('TRANSACTION_LIMIT', 'TRANSACTION', Math.min(limits.transaction, bounds.maxUsdMinor), amountUsdMinor),
    use('DAILY_LIMIT', 'DAY', limits.day, usage.day.usdMinor),
    use('MONTHLY_LIMIT', 'MONTH', limits.month, usage.month.usdMinor),
  ]
}

/** What is left of a limit, never less than nothing. */
export const remainingMinor = ({ limitMinor, usedMinor }: LimitUse): bigint =>
  limitMinor > usedMinor ? limitMinor - usedMinor : 0n

/** Nearest first: the limit of which least is left. */
export const nearestFirst = (limits: readonly LimitUse[]): LimitUse[] =>
  limits.toSorted((a, b) => Number(remainingMinor(a) - remainingMinor(b)))
