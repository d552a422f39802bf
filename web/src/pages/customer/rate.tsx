import { useMemo, useState } from 'react'
import { useQuery } from 'urql'
import { Link } from 'wouter'
import type { VariablesOf } from '../../api/graphql.ts'
import { browserLocale, currencyName, formatRate } from '../../ui/format.ts'
import { Empty, PageHead, Waiting } from '../../ui/states.tsx'
import { type Column, Table } from '../../ui/table.tsx'
import { DateTime } from '../../ui/values.tsx'
import { type Candle, CandleChart } from './candle-chart.tsx'
import { AsOf, useLiveRates } from './rates.tsx'
import { RATE_HISTORY } from './use-history.ts'
import { withLive } from './with-live.ts'

type Interval = VariablesOf<typeof RATE_HISTORY>['interval']

const SECOND_MS = 1_000
const MINUTE_MS = 60 * SECOND_MS
const HOUR_MS = 60 * MINUTE_MS
/** What a choice shows: candles of that interval, as far back as that. */
interface Choice {
  readonly label: string
  readonly interval: Interval
  readonly candleMs: number
  readonly spanMs: number
}

const LAST_HOUR: Choice = { label: '1 hour', interval: 'MINUTE', candleMs: MINUTE_MS, spanMs: HOUR_MS }
const CHOICES: readonly Choice[] = [
  LAST_HOUR,
  { label: '6 hours', interval: 'FIVE_MINUTES', candleMs: 5 * MINUTE_MS, spanMs: 6 * HOUR_MS },
  { label: '3 days', interval: 'HOUR', candleMs: HOUR_MS, spanMs: 72 * HOUR_MS },
  { label: '60 days', interval: 'DAY', candleMs: 24 * HOUR_MS, spanMs: 60 * 24 * HOUR_MS },
]

export default function RatePage({ pair = '' }: { pair?: string }) {
  const [chosen, setChosen] = useState(LAST_HOUR)
  const { interval, candleMs, spanMs, label } = chosen
  const variables = useMemo(() => {
    const now = Date.now()
    return { pair, interval, from: new Date(now - spanMs).toISOString(), to: new Date(now + candleMs).toISOString() }
  }, [pair, interval, spanMs, candleMs])
  const [{ data, error }, reload] = useQuery({ query: RATE_HISTORY, variables })
  const rate = useLiveRates().get(pair)
  const candles = withLive(data?.rateHistory ?? [], rate, candleMs)
  const [base, quote] = [pair.slice(0, 3), pair.slice(3)]
  const locale = browserLocale()
  return (
    <>
      <PageHead title={`${base} / ${quote}`} lead={`${currencyName(base, locale)} in ${currencyName(quote, locale)}`}>
        <Link className="button" href="/rates">
          All rates
        </Link>
      </PageHead>
      <div className="stack">
        {rate && (
          <section className="card row apart" aria-label="Rate of now">
            <p className="figure numeric">
              1 {base} = <strong>{formatRate(rate.mid, locale)}</strong> {quote}
            </p>
            <AsOf rate={rate} />
            <p className="quiet small numeric">
              Bid {formatRate(rate.bid, locale)} · ask {formatRate(rate.ask, locale)} · {rate.source}
            </p>
          </section>
        )}
        <fieldset>
          <legend className="visually-hidden">How far back</legend>
          <div className="segments">
            {CHOICES.map((choice) => (
              <label key={choice.label}>
                <input type="radio" name="span" checked={choice === chosen} onChange={() => setChosen(choice)} />
                {choice.label}
              </label>
            ))}
          </div>
        </fieldset>
        <Waiting error={error} hasData={data !== undefined} onRetry={reload} />
        {data && candles.length === 0 && <Empty title="No rates were recorded in this time." />}
        {candles.length > 0 && (
          <>
            <section className="card" aria-label={`The last ${label}`}>
              <CandleChart candles={candles} title={`${base} / ${quote}, the last ${label}`} />
            </section>
            <details>
              <summary>The same as a table</summary>
              <Table
                caption={`${base} / ${quote}, the last ${label}`}
                columns={COLUMNS}
                rows={candles.toReversed()}
                keyOf={({ openTime }) => openTime}
              />
            </details>
          </>
        )}
      </div>
    </>
  )
}

const shownRate = (value: string) => <span className="numeric">{formatRate(value, browserLocale())}</span>

const COLUMNS: readonly Column<Candle>[] = [
  { head: 'From', cell: ({ openTime }) => <DateTime at={openTime} /> },
  { head: 'Open', end: true, cell: ({ open }) => shownRate(open) },
  { head: 'High', end: true, cell: ({ high }) => shownRate(high) },
  { head: 'Low', end: true, cell: ({ low }) => shownRate(low) },
  { head: 'Close', end: true, cell: ({ close }) => shownRate(close) },
]
