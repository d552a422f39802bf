import { browserLocale, formatDay, formatDecimal, formatTime } from '../../ui/format.ts'
import { useWidth } from '../../ui/use-width.ts'

export interface Candle {
  readonly openTime: string
  readonly open: string
  readonly high: string
  readonly low: string
  readonly close: string
}

const FIRST_WIDTH = 720
const HEIGHT = 300
const RIGHT = 84
const BOTTOM = 24
const TOP = 10
const LINES = 4
/** Of the room that a candle has. */
const BODY_SHARE = 0.7
const MAX_BODY = 14
const DAY_MS = 24 * 60 * 60 * 1_000

/** Open, high, low and close per interval. Drawn for the eye; in words for screen readers, and as a table beside it. */
export function CandleChart({ candles, title }: { candles: readonly Candle[]; title: string }) {
  const lows = candles.map(({ low }) => Number(low))
  const highs = candles.map(({ high }) => Number(high))
  const [low, high] = widened(Math.min(...lows), Math.max(...highs))
  const y = (value: number): number => TOP + (1 - (value - low) / (high - low)) * (HEIGHT - TOP - BOTTOM)
  const { ref, width } = useWidth(FIRST_WIDTH)
  const room = (width - RIGHT) / candles.length
  const body = Math.min(MAX_BODY, room * BODY_SHARE)
  const digits = candles[0]?.close.split('.')[1]?.length ?? 2
  return (
    <svg
      ref={ref}
      className="candles"
      viewBox={`0 0 ${width} ${HEIGHT}`}
      height={HEIGHT}
      role="img"
      aria-label={`${title}. ${inWords(candles)}`}
    >
      {Array.from({ length: LINES + 1 }, (_, index) => low + ((high - low) * index) / LINES).map((value) => (
        <g key={value}>
          <line className="grid-line" x1={0} x2={width - RIGHT} y1={y(value)} y2={y(value)} />
          <text x={width - RIGHT + 8} y={y(value) + 4}>
            {formatDecimal(value.toFixed(digits), browserLocale())}
          </text>
        </g>
      ))}
      {candles.map((candle, index) => (
        <Bar key={candle.openTime} candle={candle} x={(index + 0.5) * room} body={body} y={y} />
      ))}
      <Times candles={candles} room={room} />
    </svg>
  )
}

function Bar({
  candle: { open, high, low, close },
  x,
  body,
  y,
}: {
  candle: Candle
  x: number
  body: number
  y: (value: number) => number
}) {
  const [from, to] = [y(Number(open)), y(Number(close))]
  return (
    <g className={Number(close) >= Number(open) ? 'up' : 'down'}>
      <line x1={x} x2={x} y1={y(Number(high))} y2={y(Number(low))} />
      <rect x={x - body / 2} y={Math.min(from, to)} width={body} height={Math.max(1, Math.abs(from - to))} />
    </g>
  )
}

/** The first, the middle and the last: as days when there are several. */
function Times({ candles, room }: { candles: readonly Candle[]; room: number }) {
  const [first, last] = [candles[0], candles.at(-1)]
  if (!first || !last) return null
  const isDays = Date.parse(last.openTime) - Date.parse(first.openTime) > 2 * DAY_MS
  const middle = Math.floor((candles.length - 1) / 2)
  const shown = candles.length < 3 ? [0] : [0, middle, candles.length - 1]
  return shown.map((index) => {
    const at = candles[index]?.openTime ?? first.openTime
    const anchor = index === 0 ? 'start' : index === middle ? 'middle' : 'end'
    const x = index === 0 ? 0 : index === middle ? (index + 0.5) * room : (index + 1) * room
    return (
      <text key={at} x={x} y={HEIGHT - 6} textAnchor={anchor}>
        {isDays ? formatDay(at, browserLocale()) : formatTime(at, browserLocale())}
      </text>
    )
  })
}

/** With room above and below; a rate that did not move stands in the middle. */
function widened(low: number, high: number): [number, number] {
  const margin = high === low ? Math.abs(high) * 0.001 || 1 : (high - low) * 0.05
  return [low - margin, high + margin]
}

function inWords(candles: readonly Candle[]): string {
  const [first, last] = [candles[0], candles.at(-1)]
  if (!first || !last) return ''
  const highest = candles.reduce((best, { high }) => (Number(high) > Number(best) ? high : best), first.high)
  const lowest = candles.reduce((best, { low }) => (Number(low) < Number(best) ? low : best), first.low)
  const said = (value: string): string => formatDecimal(value, browserLocale())
  return `From ${said(first.open)} to ${said(last.close)}, at most ${said(highest)}, at least ${said(lowest)}.`
}
