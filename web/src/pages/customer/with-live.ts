import type { Candle } from './candle-chart.tsx'

/** The candles, the last one moved or a new one begun by the rate of now. */
export function withLive(
  candles: readonly Candle[],
  rate: { readonly mid: string; readonly observedAt: string } | undefined,
  candleMs: number,
): readonly Candle[] {
  const last = candles.at(-1)
  if (!rate || !last) return candles
  const { mid } = rate
  const openedAt = Date.parse(last.openTime)
  const at = Date.parse(rate.observedAt)
  if (at < openedAt) return candles
  if (at >= openedAt + candleMs) {
    const openTime = new Date(at - (at % candleMs)).toISOString()
    return [...candles, { openTime, open: mid, high: mid, low: mid, close: mid }]
  }
  const moved = {
    ...last,
    close: mid,
    high: larger(last.high, mid),
    low: larger(last.low, mid) === mid ? last.low : mid,
  }
  return [...candles.slice(0, -1), moved]
}

/** For drawing: which of the two is the larger, as numbers. */
const larger = (a: string, b: string): string => (Number(a) >= Number(b) ? a : b)
