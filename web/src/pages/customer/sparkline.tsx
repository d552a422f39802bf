const WIDTH = 100
const HEIGHT = 28
const MARGIN = 2

/** A line of how something moved, for the eye alone: the change is written beside it. */
export function Sparkline({ values }: { values: readonly number[] }) {
  const [low, high] = [Math.min(...values), Math.max(...values)]
  const span = high - low || 1
  const step = WIDTH / Math.max(1, values.length - 1)
  const y = (value: number): number =>
    high === low ? HEIGHT / 2 : MARGIN + (1 - (value - low) / span) * (HEIGHT - 2 * MARGIN)
  const points = values.length === 1 ? [...values, ...values] : values
  const path = points.map(
    (value, index) => `${index === 0 ? 'M' : 'L'}${(index * step).toFixed(2)} ${y(value).toFixed(2)}`,
  )
  return (
    <svg className="sparkline" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
      <path d={path.join('')} />
    </svg>
  )
}
