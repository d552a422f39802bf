import { useState } from 'react'
import { useQuery } from 'urql'
import { Link } from 'wouter'
import { graphql, type ResultOf } from '../../api/graphql.ts'
import { useEvents } from '../../session/use-events.ts'
import { TextField } from '../../ui/fields.tsx'
import { browserLocale, currencyName, formatChange, formatRate } from '../../ui/format.ts'
import { Empty, PageHead, Waiting } from '../../ui/states.tsx'
import { type Column, Table } from '../../ui/table.tsx'
import { Badge, DateTime } from '../../ui/values.tsx'
import { Sparkline } from './sparkline.tsx'
import { useHistory } from './use-history.ts'

const RATES = graphql(`
  query Rates {
    rates { pair base quote bid mid ask source manual stale observedAt version }
  }
`)

const RATES_CHANGED = graphql(`
  subscription RatesChanged {
    rateChanged { pair base quote bid mid ask source manual stale observedAt version }
  }
`)

export type Rate = ResultOf<typeof RATES>['rates'][number]

export default function Rates() {
  const [{ data, error }, reload] = useQuery({ query: RATES })
  const live = useLiveRates()
  const [wanted, setWanted] = useState('')
  const rates = (data?.rates ?? []).map((rate) => live.get(rate.pair) ?? rate)
  const shown = rates.filter((rate) => fits(rate, wanted.trim().toLowerCase()))
  return (
    <>
      <PageHead title="Rates" lead="What the market pays, as it moves. The line shows the last hour." />
      <Waiting error={error} hasData={data !== undefined} onRetry={reload} />
      {data && (
        <div className="stack">
          <search>
            <TextField
              label="Find a currency"
              type="search"
              placeholder="EUR, rupee, …"
              value={wanted}
              onChange={(event) => setWanted(event.target.value)}
            />
          </search>
          {shown.length > 0 ? (
            <Table caption="Exchange rates" columns={COLUMNS} rows={shown} keyOf={({ pair }) => pair} compact />
          ) : (
            <Empty title="No rate of such a currency" />
          )}
        </div>
      )}
    </>
  )
}

/** The newest of each pair; one that comes late never takes the place of a newer one. */
export function useLiveRates(): ReadonlyMap<string, Rate> {
  return useEvents({ query: RATES_CHANGED, variables: {}, initial: NO_RATES, fold: withNewest }).state
}

const NO_RATES: ReadonlyMap<string, Rate> = new Map()

function withNewest(
  before: ReadonlyMap<string, Rate>,
  { rateChanged: rate }: ResultOf<typeof RATES_CHANGED>,
): ReadonlyMap<string, Rate> {
  const known = before.get(rate.pair)
  if (known && BigInt(known.version) >= BigInt(rate.version)) return before
  return new Map(before).set(rate.pair, rate)
}

function fits({ base, quote }: Rate, wanted: string): boolean {
  const names = [base, quote].flatMap((code) => [code, currencyName(code, browserLocale())])
  return names.some((name) => name.toLowerCase().includes(wanted))
}

const COLUMNS: readonly Column<Rate>[] = [
  {
    head: 'Pair',
    cell: ({ pair, base, quote }) => (
      <Link href={`/rates/${pair}`}>
        {base} / {quote}
      </Link>
    ),
  },
  { head: 'Last hour', cell: (rate) => <LastHour rate={rate} /> },
  { head: 'As of', cell: (rate) => <AsOf rate={rate} /> },
  {
    head: 'One unit costs',
    end: true,
    cell: ({ mid, quote }) => (
      <span className="numeric">
        <strong>{formatRate(mid, browserLocale())}</strong> {quote}
      </span>
    ),
  },
]

export function AsOf({ rate: { observedAt, manual, stale } }: { rate: Rate }) {
  return (
    <span className="row as-of">
      <DateTime at={observedAt} show="time" />
      {manual && <Badge tone="info">Set by hand</Badge>}
      {stale && <Badge tone="warn">Out of date</Badge>}
    </span>
  )
}

function LastHour({ rate: { pair, mid } }: { rate: Rate }) {
  const { closes, ref } = useHistory(pair)
  const line = [...closes, Number(mid)]
  const [first] = line
  const change = first === undefined || first === 0 ? 0 : Number(mid) / first - 1
  const tone = change > 0 ? 'rising' : change < 0 ? 'falling' : 'quiet'
  return (
    <span className="row" ref={ref}>
      <Sparkline values={line} />
      <span className={`numeric small ${tone}`}>{formatChange(change, browserLocale())}</span>
    </span>
  )
}
