import { lazy, Suspense, useState } from 'react'
import { useMay } from '../../session/context.tsx'
import { Button } from '../../ui/button.tsx'
import { Loading } from '../../ui/states.tsx'
import { Status } from '../../ui/status.tsx'
import { DateTime } from '../../ui/values.tsx'
import { OUTCOME } from '../../ui/words.ts'
import type { PaymentData } from './payment.tsx'

const DecisionTrace = lazy(() => import('./decision-trace.tsx'))

const IN_WORDS: Readonly<Record<string, string>> = {
  APPROVE: 'Our checks let it through.',
  REVIEW: 'Our checks want a person to look at it first.',
  DECLINE: 'Our checks declined it.',
}

/** What the rules decided, in words; and for those who may, how they came to it. */
export function DecisionSection({ decision }: { decision: PaymentData['decision'] }) {
  const mayTrace = useMay('rules:read')
  const [showTrace, setShowTrace] = useState(false)
  if (!decision) return null
  const { id, outcome, reasons, riskScore, decidedAt } = decision
  return (
    <section className="card stack" aria-labelledby="decision">
      <div className="row apart">
        <h2 id="decision">Checks</h2>
        <Status words={OUTCOME} state={outcome} />
      </div>
      <p>
        {IN_WORDS[outcome]} <span className="quiet">Risk {riskScore} of 100,</span>{' '}
        <span className="quiet">
          <DateTime at={decidedAt} />
        </span>
      </p>
      {reasons.length > 0 && (
        <ul>
          {reasons.map(({ code, message }) => (
            <li key={code}>{message}</li>
          ))}
        </ul>
      )}
      {mayTrace && id !== null && !showTrace && (
        <Button onClick={() => setShowTrace(true)}>How the rules came to it</Button>
      )}
      {mayTrace && id !== null && showTrace && (
        <Suspense fallback={<Loading />}>
          <DecisionTrace id={id} />
        </Suspense>
      )}
    </section>
  )
}
