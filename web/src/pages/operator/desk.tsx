import { useState } from 'react'
import { useQuery } from 'urql'
import { graphql, type ResultOf } from '../../api/graphql.ts'
import { useMay } from '../../session/context.tsx'
import { Button } from '../../ui/button.tsx'
import { browserLocale, formatRate, inTwo } from '../../ui/format.ts'
import { Empty, PageHead, ProblemNotice, Waiting } from '../../ui/states.tsx'
import { type Column, Table } from '../../ui/table.tsx'
import { useSay } from '../../ui/toasts.tsx'
import { useAction } from '../../ui/use-action.ts'
import { Badge, DateTime, Money } from '../../ui/values.tsx'
import { OverrideRate } from './override-rate.tsx'

const DESK = graphql(`
  query Desk {
    exposure {
      currency
      position { amount currency }
      committed { amount currency }
      valueUsd { amount currency }
      limitUsd { amount currency }
    }
    rates { pair mid manual stale source observedAt }
    pairPolicies { pair spreadBps maxAgeSeconds whenStale }
  }
`)

const CLEAR = graphql(`
  mutation ClearRateOverride($pair: CurrencyPair!) {
    clearRateOverride(pair: $pair) { pair mid manual stale source observedAt }
  }
`)

type Desk = ResultOf<typeof DESK>
type Exposure = Desk['exposure'][number]
type Rate = Desk['rates'][number]

/** What the house holds and owes, and the rates that it prices by. */
export default function DeskPage() {
  const [{ data, error }, reload] = useQuery({ query: DESK })
  const again = (): void => reload({ requestPolicy: 'network-only' })
  return (
    <>
      <PageHead
        title="Rates and exposure"
        lead="What the house holds and owes in each currency, and what it prices by."
      >
        <Button onClick={again}>Refresh</Button>
      </PageHead>
      <Waiting error={error} hasData={data !== undefined} onRetry={again} />
      {data && (
        <>
          <section className="stack section" aria-labelledby="exposure">
            <h2 id="exposure">Exposure</h2>
            {data.exposure.length === 0 ? (
              <Empty title="The house holds and owes nothing yet." />
            ) : (
              <Table
                caption="Exposure by currency"
                columns={EXPOSURE}
                rows={data.exposure}
                keyOf={({ currency }) => currency}
              />
            )}
          </section>
          <Rates desk={data} onChange={again} />
        </>
      )}
    </>
  )
}

const EXPOSURE: readonly Column<Exposure>[] = [
  { head: 'Currency', cell: ({ currency }) => currency },
  { head: 'Holds or owes', end: true, cell: ({ position }) => <Money value={position} /> },
  { head: 'Could still be called', end: true, cell: ({ committed }) => <Money value={committed} /> },
  { head: 'Worth', end: true, cell: ({ valueUsd }) => <Money value={valueUsd} strong /> },
  { head: 'Of the limit', end: true, cell: (exposure) => <LimitBar exposure={exposure} /> },
]

/** For the eye alone: how much of the limit is used. */
function LimitBar({ exposure: { currency, valueUsd, limitUsd } }: { exposure: Exposure }) {
  const used = Math.min(100, Math.round((Math.abs(Number(valueUsd.amount)) / Number(limitUsd.amount)) * 100))
  return (
    <span className="stack tight">
      <span className="small quiet">
        {used}% of <Money value={limitUsd} />
      </span>
      <meter aria-label={`Exposure in ${currency}`} min={0} max={100} high={80} value={used} />
    </span>
  )
}

function Rates({ desk, onChange }: { desk: Desk; onChange: () => void }) {
  const mayOverride = useMay('forex:admin')
  const [overriding, setOverriding] = useState<Rate | null>(null)
  const clear = useAction(CLEAR)
  const say = useSay()
  const lift = async (pair: string): Promise<void> => {
    if (!(await clear.run({ pair }))) return
    say(`${inTwo(pair)} follows the market again.`)
    onChange()
  }
  const policies = new Map(desk.pairPolicies.map((policy) => [policy.pair, policy]))
  const columns: readonly Column<Rate>[] = [
    { head: 'Pair', cell: ({ pair }) => <strong>{inTwo(pair)}</strong> },
    {
      head: 'Mid',
      end: true,
      cell: ({ mid }) => <span className="numeric">{formatRate(mid, browserLocale())}</span>,
    },
    {
      head: 'Source',
      cell: ({ source, manual, stale }) => (
        <span className="row">
          {source}
          {manual && <Badge tone="info">By hand</Badge>}
          {stale && <Badge tone="warn">Stale</Badge>}
        </span>
      ),
    },
    { head: 'Seen', cell: ({ observedAt }) => <DateTime at={observedAt} show="time" /> },
    {
      head: 'Spread',
      end: true,
      cell: ({ pair }) => <span className="numeric">{spreadOf(policies.get(pair)?.spreadBps)}</span>,
    },
    ...(mayOverride
      ? [
          {
            head: 'Action',
            end: true,
            cell: (rate: Rate) => (
              <span className="row at-end">
                <Button aria-label={`Set by hand: ${inTwo(rate.pair)}`} onClick={() => setOverriding(rate)}>
                  Set by hand
                </Button>
                {rate.manual && (
                  <Button
                    aria-label={`Clear: ${inTwo(rate.pair)}`}
                    busy={clear.busy}
                    onClick={() => void lift(rate.pair)}
                  >
                    Clear
                  </Button>
                )}
              </span>
            ),
          },
        ]
      : []),
  ]
  return (
    <section className="stack section" aria-labelledby="rates">
      <h2 id="rates">Rates</h2>
      {clear.problem && <ProblemNotice problem={clear.problem} />}
      <Table caption="Rates" columns={columns} rows={desk.rates} keyOf={({ pair }) => pair} />
      {overriding && <OverrideRate rate={overriding} onClose={() => setOverriding(null)} onSet={onChange} />}
    </section>
  )
}

const spreadOf = (bps: number | undefined): string => (bps === undefined ? '–' : `${bps / 100}%`)
