import { type Amount, browserLocale, formatDay, formatInstant, formatMoney, formatTime } from './format.ts'

/** An amount in the reader's locale, every digit exact. */
export function Money({ value, strong = false }: { value: Amount; strong?: boolean }) {
  const text = formatMoney(value, browserLocale())
  return strong ? <strong className="numeric">{text}</strong> : <span className="numeric">{text}</span>
}

/** An instant in the reader's locale and time zone; the exact one is its machine-readable value. */
export function DateTime({ at, show = 'instant' }: { at: string; show?: 'instant' | 'day' | 'time' }) {
  const format = { instant: formatInstant, day: formatDay, time: formatTime }[show]
  return (
    <time dateTime={at} className="numeric" title={formatInstant(at, browserLocale())}>
      {format(at, browserLocale())}
    </time>
  )
}

export type Tone = 'neutral' | 'good' | 'warn' | 'bad' | 'info'

export function Badge({ tone = 'neutral', children }: { tone?: Tone; children: string }) {
  return <span className={`badge ${tone}`}>{children}</span>
}
