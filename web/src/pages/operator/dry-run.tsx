import { type FormEvent, useState } from 'react'
import { useClient } from 'urql'
import { type Problem, problemIn } from '../../api/errors.ts'
import { graphql, type ResultOf, type VariablesOf } from '../../api/graphql.ts'
import { Button } from '../../ui/button.tsx'
import { SelectField, TextField } from '../../ui/fields.tsx'
import { ProblemNotice } from '../../ui/states.tsx'
import { Status } from '../../ui/status.tsx'
import { OUTCOME, PAYMENT_KIND } from '../../ui/words.ts'

const EVALUATE = graphql(`
  query EvaluateRules($input: RuleInput!) {
    evaluateRules(input: $input) {
      outcome
      riskScore
      reasons { code message ruleSetName ruleSetVersion }
    }
  }
`)

type Decision = ResultOf<typeof EVALUATE>['evaluateRules']
type Kind = VariablesOf<typeof EVALUATE>['input']['kind']
type Outcome = { readonly decision: Decision } | { readonly problem: Problem } | null

const START = { kind: 'TRANSFER', amount: '1000.00', currency: 'USD', profileId: '', country: '' }

/** Decides a payment that nobody makes, and leaves no trace. */
export function DryRun() {
  const client = useClient()
  const [values, setValues] = useState(START)
  const [outcome, setOutcome] = useState<Outcome>(null)
  const [busy, setBusy] = useState(false)
  const bind = (name: keyof typeof START, clean = (value: string): string => value) => ({
    value: values[name],
    onChange: (event: { target: { value: string } }) => setValues({ ...values, [name]: clean(event.target.value) }),
  })
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault()
    setBusy(true)
    const { data, error } = await client
      .query(
        EVALUATE,
        {
          input: {
            kind: values.kind as Kind, // One of the options.
            amount: { amount: values.amount.trim(), currency: values.currency },
            profileId: values.profileId.trim() || null,
            destinationCountry: values.country || null,
          },
        },
        { requestPolicy: 'network-only' },
      )
      .toPromise()
    setBusy(false)
    if (data) setOutcome({ decision: data.evaluateRules })
    else if (error) setOutcome({ problem: problemIn(error) })
  }
  return (
    <section className="card stack section" aria-labelledby="dry-run">
      <h2 id="dry-run">Try a payment</h2>
      <p className="quiet">The active rules decide it as if it were made now. Nothing is kept.</p>
      <form className="filters" onSubmit={(event) => void submit(event)}>
        <SelectField label="Kind" {...bind('kind')}>
          {Object.entries(PAYMENT_KIND).map(([value, text]) => (
            <option key={value} value={value}>
              {text}
            </option>
          ))}
        </SelectField>
        <TextField label="Amount" inputMode="decimal" autoComplete="off" {...bind('amount')} />
        <TextField label="Currency" maxLength={3} {...bind('currency', (value) => value.toUpperCase())} />
        <TextField label="Country (optional)" maxLength={2} {...bind('country', (value) => value.toUpperCase())} />
        <TextField label="Customer number (optional)" {...bind('profileId')} />
        <Button type="submit" kind="primary" busy={busy}>
          Decide
        </Button>
      </form>
      <div role="status">{outcome && 'decision' in outcome && <Decided decision={outcome.decision} />}</div>
      {outcome && 'problem' in outcome && <ProblemNotice problem={outcome.problem} />}
    </section>
  )
}

function Decided({ decision: { outcome, riskScore, reasons } }: { decision: Decision }) {
  return (
    <div className="stack tight">
      <p className="row">
        <Status words={OUTCOME} state={outcome} />
        <span>Risk {riskScore} of 100</span>
      </p>
      {reasons.length === 0 && <p className="quiet">No rule had anything against it.</p>}
      <ul>
        {reasons.map(({ code, message, ruleSetName, ruleSetVersion }) => (
          <li key={code}>
            {message}{' '}
            <span className="small quiet">
              ({ruleSetName}, version {ruleSetVersion})
            </span>
          </li>
        ))}
      </ul>
    </div>
  )
}
