import { Decimal } from '@corridor/money'
import type { Tick } from './rate.ts'

/** Why a tick is not believed. */
export type TickFault = 'NOT_POSITIVE' | 'CROSSED' | 'IN_THE_FUTURE' | 'JUMP'

/** A fifth of the price: more between two ticks is a provider's mistake far more often than a market's move. */
export const STANDARD_MAX_JUMP_BPS = 2_000
/** How far a provider's clock may run ahead of ours. */
const MAX_AHEAD_MS = 60_000
const BPS = 4

/**
 * Whether a tick may become the rate; null where nothing speaks against it. `references` are mids known to be right:
 * the last believed tick and a manual rate that stands. One of them within the bound suffices, so that a real jump is
 * let through once somebody has confirmed it by a manual rate. The first tick of a pair has nothing to be held to.
 */
export function judgeTick(
  tick: Tick,
  { references, maxJumpBps, now }: { references: readonly Decimal[]; maxJumpBps: number; now: Date },
): TickFault | null {
  if ([tick.bid, tick.mid, tick.ask].some((price) => price.sign <= 0)) return 'NOT_POSITIVE'
  if (tick.bid.compare(tick.mid) > 0 || tick.mid.compare(tick.ask) > 0) return 'CROSSED'
  if (isFromFuture(tick.observedAt, now)) return 'IN_THE_FUTURE'
  const near = references.length === 0 || references.some((mid) => isNear(tick.mid, mid, maxJumpBps))
  return near ? null : 'JUMP'
}

/** Whether no clock that is right could have said so yet. */
export const isFromFuture = (observedAt: Date, now: Date): boolean =>
  observedAt.getTime() > now.getTime() + MAX_AHEAD_MS

function isNear(mid: Decimal, reference: Decimal, maxJumpBps: number): boolean {
  const difference = mid.minus(reference)
  const distance = difference.sign < 0 ? difference.negate() : difference
  return distance.compare(reference.times(Decimal.of(BigInt(maxJumpBps), BPS))) <= 0
}
