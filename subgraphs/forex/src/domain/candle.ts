import { Decimal } from '@corridor/money'
import type { Tick } from './rate.ts'

const MINUTE_MS = 60_000

/** How long each kind of candle lasts, from midnight in UTC. */
export const INTERVAL_MS = {
  MINUTE: MINUTE_MS,
  FIVE_MINUTES: 5 * MINUTE_MS,
  HOUR: 60 * MINUTE_MS,
  DAY: 24 * 60 * MINUTE_MS,
} as const

export type CandleInterval = keyof typeof INTERVAL_MS
export const CANDLE_INTERVALS = Object.keys(INTERVAL_MS) as CandleInterval[] // The keys are those of the literal above.

/** The mids of the ticks observed from `openTime` on, for one interval. */
export interface Candle {
  readonly openTime: Date
  readonly open: Decimal
  readonly high: Decimal
  readonly low: Decimal
  readonly close: Decimal
  readonly ticks: number
  /** When the first and the last tick were observed: by them a late tick finds its place. */
  readonly openedAt: Date
  readonly closedAt: Date
}

export type MidTick = Pick<Tick, 'mid' | 'observedAt'>

export const openTimeOf = (instant: Date, interval: CandleInterval): Date =>
  new Date(Math.floor(instant.getTime() / INTERVAL_MS[interval]) * INTERVAL_MS[interval])

/** The candle with one more tick, whenever it was observed: the order in which ticks arrive does not matter. */
export function withTick(candle: Candle | undefined, { mid, observedAt }: MidTick, interval: CandleInterval): Candle {
  if (!candle) {
    const prices = { open: mid, high: mid, low: mid, close: mid }
    return {
      openTime: openTimeOf(observedAt, interval),
      ...prices,
      ticks: 1,
      openedAt: observedAt,
      closedAt: observedAt,
    }
  }
  const [first, last] = [
    precedes(observedAt, mid, candle.openedAt, candle.open),
    !precedes(observedAt, mid, candle.closedAt, candle.close),
  ]
  return {
    openTime: candle.openTime,
    open: first ? mid : candle.open,
    high: mid.compare(candle.high) > 0 ? mid : candle.high,
    low: mid.compare(candle.low) < 0 ? mid : candle.low,
    close: last ? mid : candle.close,
    ticks: candle.ticks + 1,
    openedAt: first ? observedAt : candle.openedAt,
    closedAt: last ? observedAt : candle.closedAt,
  }
}

/** In time, and at one instant by price, so that ticks of two providers have an order too. */
function precedes(at: Date, mid: Decimal, otherAt: Date, other: Decimal): boolean {
  return at.getTime() === otherAt.getTime() ? mid.compare(other) < 0 : at < otherAt
}
