import { accept, type Result, refuse } from '@corridor/platform'
import type { Lock, QuoteUse } from '../domain/fx-quote.ts'

export interface QuoteLimits {
  /** What is locked when nothing is asked for. */
  readonly lockSeconds: number
  /** The longest lock that costs nothing more. */
  readonly maxFreeLockSeconds: number
  readonly maxLockSeconds: number
  /** What a longer lock adds to the spread; null: only `forex:admin` may have one, and never pays for it. */
  readonly quoteHoldBps: number | null
  readonly maxOpenPerOwner: number
  /** In US cents at the mid, from midnight in UTC, whatever became of the quotes. */
  readonly maxDailyUsdMinor: bigint
}

export const STANDARD_QUOTE_LIMITS: QuoteLimits = {
  lockSeconds: 60,
  maxFreeLockSeconds: 300,
  maxLockSeconds: 86_400,
  quoteHoldBps: 25,
  maxOpenPerOwner: 20,
  maxDailyUsdMinor: 500_000_000n,
}

/** How long a rate is locked, and at what price. Refuses BAD_USER_INPUT and LIMIT_EXCEEDED. */
export function lockOf(limits: QuoteLimits, asked: number | null, { admin }: { admin: boolean }): Result<Lock> {
  const seconds = asked ?? limits.lockSeconds
  if (seconds < 1) return refuse('BAD_USER_INPUT', 'lockSeconds must be 1 or more.', 'lockSeconds')
  const max = admin || limits.quoteHoldBps !== null ? limits.maxLockSeconds : limits.maxFreeLockSeconds
  if (seconds > max) return refuse('LIMIT_EXCEEDED', `lockSeconds may be at most ${max}.`, 'lockSeconds')
  const free = admin || seconds <= limits.maxFreeLockSeconds
  return accept({ seconds, holdBps: free ? 0 : (limits.quoteHoldBps ?? 0) })
}

/** Whether one more quote of that value fits; null where it does. */
export function overLimit(limits: QuoteLimits, use: QuoteUse, usdMinor: bigint) {
  if (use.open >= limits.maxOpenPerOwner) {
    return refuse('LIMIT_EXCEEDED', `At most ${limits.maxOpenPerOwner} quotes may be open at once.`)
  }
  if (use.todayUsdMinor + usdMinor > limits.maxDailyUsdMinor) {
    return refuse('LIMIT_EXCEEDED', 'No more may be locked today.')
  }
  return null
}
