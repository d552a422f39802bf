import { type FormEvent, useState } from 'react'
import { graphql } from '../../api/graphql.ts'
import { Button } from '../../ui/button.tsx'
import { TextField } from '../../ui/fields.tsx'
import { ProblemNotice } from '../../ui/states.tsx'
import { useAction } from '../../ui/use-action.ts'
import { Comparison, type Report } from './comparison.tsx'
import type { RuleSet } from './rule-set.tsx'

const BACKTEST = graphql(`
  mutation BacktestRuleSet($name: String!, $version: Int!, $from: DateTime!, $to: DateTime!) {
    backtestRuleSet(name: $name, version: $version, from: $from, to: $to) {
      evaluated
      changed
      changes { before after count volume { amount currency } }
    }
  }
`)

const DAY_MS = 24 * 60 * 60 * 1000
const dayBefore = (days: number): string => new Date(Date.now() - days * DAY_MS).toISOString().slice(0, 10)

/** Decides past payments anew by this version. */
export function Backtest({ ruleSet: { name, version } }: { ruleSet: RuleSet }) {
  const { run, busy, problem } = useAction(BACKTEST)
  const [days, setDays] = useState({ from: dayBefore(30), to: dayBefore(0) })
  const [report, setReport] = useState<Report | null>(null)
  const bind = (side: keyof typeof days) => ({
    value: days[side],
    onChange: (event: { target: { value: string } }) => setDays({ ...days, [side]: event.target.value }),
  })
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault()
    const [from, to] = [new Date(`${days.from}T00:00`), new Date(`${days.to}T23:59:59.999`)]
    if (Number.isNaN(from.getTime()) || Number.isNaN(to.getTime())) return
    const done = await run({ name, version, from: from.toISOString(), to: to.toISOString() })
    if (done) setReport(done.backtestRuleSet)
  }
  return (
    <section className="card stack section" aria-labelledby="backtest">
      <h2 id="backtest">Backtest</h2>
      <p className="quiet">What this version would have decided on past payments.</p>
      <form className="filters" onSubmit={(event) => void submit(event)}>
        <TextField label="From" type="date" required {...bind('from')} />
        <TextField label="To, included" type="date" required {...bind('to')} />
        <Button type="submit" busy={busy}>
          Run the backtest
        </Button>
      </form>
      {problem && <ProblemNotice problem={problem} />}
      <div role="status">{report && <Comparison report={report} none="There was no payment in these days." />}</div>
    </section>
  )
}
