import { problemOf } from '../../api/errors.ts'
import type { ResultOf } from '../../api/graphql.ts'
import { useEvents } from '../../session/use-events.ts'
import { ProblemNotice } from '../../ui/states.tsx'
import { DateTime } from '../../ui/values.tsx'
import { PAYMENT_STATUS, wordFor } from '../../ui/words.ts'
import { PAYMENT_PROGRESS } from './operations.ts'

type Event = ResultOf<typeof PAYMENT_PROGRESS>['paymentStatusChanged']

/** What a state means to whoever waits for it. */
const MEANING: Readonly<Record<string, string>> = {
  SCHEDULED: 'It will be sent when its time has come.',
  PENDING: 'We are carrying it out.',
  IN_REVIEW: 'A person looks at it before it goes on. You need not do anything.',
  AUTHORIZED: 'It is with the bank or card provider.',
  COMPLETED: 'It has arrived.',
  DECLINED: 'It was not carried out. No money has left your wallet.',
  FAILED: 'It was not carried out. No money has left your wallet.',
  CANCELLED: 'It was cancelled. No money has left your wallet.',
  PARTIALLY_REFUNDED: 'A part of it was given back.',
  REFUNDED: 'All of it was given back.',
}

const NO_EVENTS: readonly Event[] = []

/** A payment as it moves, state by state, each shown once and read out as it comes. */
export function PaymentProgress({ id }: { id: string }) {
  const { state: events, problem } = useEvents({
    query: PAYMENT_PROGRESS,
    variables: { id, after: null },
    initial: NO_EVENTS,
    fold: (before, { paymentStatusChanged: event }) => [...before, event],
  })
  const last = events.at(-1)
  return (
    <div className="stack">
      {problem && <ProblemNotice problem={problem} />}
      <ol className="steps" aria-label="Progress">
        {events.map(({ cursor, status, at }) => (
          <li key={cursor} className={wordFor(PAYMENT_STATUS, status).tone}>
            <strong>{wordFor(PAYMENT_STATUS, status).text}</strong>
            <DateTime at={at} show="time" />
          </li>
        ))}
      </ol>
      <p role="status" aria-live="polite" className="quiet">
        {last ? (MEANING[last.status] ?? '') : 'Waiting for the first word of it…'}
      </p>
      {last?.payment.failure && <ProblemNotice problem={problemOf(last.payment.failure.code)} />}
    </div>
  )
}
