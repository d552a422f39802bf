import { useQuery } from 'urql'
import { graphql, type ResultOf } from '../../api/graphql.ts'
import { shareOf } from '../../ui/format.ts'
import { Waiting } from '../../ui/states.tsx'
import { Money } from '../../ui/values.tsx'
import { plainWords } from '../../ui/words.ts'

const MY_LIMITS = graphql(`
  query MyLimits {
    myLimits {
      code
      period
      limit { amount currency }
      used { amount currency }
      remaining { amount currency }
    }
  }
`)

type LimitUse = ResultOf<typeof MY_LIMITS>['myLimits'][number]

const PERIOD: Readonly<Record<string, string>> = { TRANSACTION: 'Per payment', DAY: 'Per day', MONTH: 'Per month' }
const NEARLY = 0.8

/** How much of each limit is used, as bars. */
export function Limits() {
  const [{ data, error }, reload] = useQuery({ query: MY_LIMITS, requestPolicy: 'cache-and-network' })
  return (
    <section className="card stack" aria-labelledby="limits">
      <h2 id="limits">Limits</h2>
      <Waiting error={error} hasData={data !== undefined} onRetry={reload} />
      {data?.myLimits.map((use) => (
        <LimitBar key={use.code} use={use} />
      ))}
    </section>
  )
}

function LimitBar({ use: { code, period, limit, used, remaining } }: { use: LimitUse }) {
  const name = PERIOD[period] ?? plainWords(code)
  if (period === 'TRANSACTION') {
    return (
      <p className="row apart">
        <strong>{name}</strong>
        <span>
          up to <Money value={limit} />
        </span>
      </p>
    )
  }
  const share = shareOf(used.amount, limit.amount)
  const tone = share >= 1 ? 'bad' : share >= NEARLY ? 'warn' : ''
  return (
    <div className="stack tight">
      <p className="row apart">
        <strong>{name}</strong>
        <span>
          <Money value={remaining} /> left
        </span>
      </p>
      {/* For the eye: the line below says the same. */}
      <div className={`bar ${tone}`} aria-hidden="true">
        <i style={{ width: `${share * 100}%` }} />
      </div>
      <p className="quiet small">
        <Money value={used} /> of <Money value={limit} /> used
      </p>
    </div>
  )
}
