import { type FormEvent, useState } from 'react'
import { useQuery } from 'urql'
import { Link } from 'wouter'
import { graphql, type ResultOf } from '../../api/graphql.ts'
import { useMay, useServices } from '../../session/context.tsx'
import { Button } from '../../ui/button.tsx'
import { TextArea } from '../../ui/fields.tsx'
import { Empty, PageHead, ProblemNotice, Waiting } from '../../ui/states.tsx'
import { Status } from '../../ui/status.tsx'
import { useSay } from '../../ui/toasts.tsx'
import { useAction } from '../../ui/use-action.ts'
import { DateTime, Money } from '../../ui/values.tsx'
import { PAYMENT_KIND, PAYMENT_STATUS } from '../../ui/words.ts'
import { DecisionSection } from '../customer/decision-section.tsx'

const PAYMENT = graphql(`
  query PaymentToReview($id: ID!) {
    payment(id: $id) {
      id
      kind
      status
      createdAt
      payer { id displayName }
      payee { id displayName }
      beneficiary { id name country bankName accountNumber }
      debit { amount currency }
      fee { amount currency }
      credit { amount currency }
      decision { id outcome riskScore decidedAt reasons { code message } }
    }
  }
`)

const REVIEW = graphql(`
  mutation ReviewPayment($id: ID!, $approve: Boolean!, $note: String!) {
    reviewPayment(id: $id, approve: $approve, note: $note) { id status }
  }
`)

type Payment = NonNullable<ResultOf<typeof PAYMENT>['payment']>

/** One payment with all that speaks for and against it, and the decision. */
export default function ReviewPayment({ id = '' }: { id?: string }) {
  const [{ data, error }, reload] = useQuery({ query: PAYMENT, variables: { id } })
  const payment = data?.payment
  return (
    <>
      <PageHead
        title={payment ? `Review: ${PAYMENT_KIND[payment.kind] ?? payment.kind}` : 'Review'}
        lead={payment && <Status words={PAYMENT_STATUS} state={payment.status} />}
      >
        <Link className="button" href="/review">
          Back to the queue
        </Link>
      </PageHead>
      <Waiting error={error} hasData={data !== undefined} onRetry={reload} />
      {data && !payment && <Empty title="There is no such payment." />}
      {payment && (
        <div className="two">
          <div className="stack">
            <Facts payment={payment} />
            <DecisionSection decision={payment.decision} />
          </div>
          <Decide payment={payment} onDecided={() => reload({ requestPolicy: 'network-only' })} />
        </div>
      )}
    </>
  )
}

function Facts({ payment }: { payment: Payment }) {
  const { id, payer, payee, beneficiary, debit, fee, credit, createdAt } = payment
  const mayOpen = useMay('profile:admin')
  const person = (party: Payment['payer']) =>
    party && (mayOpen ? <Link href={`/customers/${party.id}`}>{party.displayName}</Link> : party.displayName)
  return (
    <section className="card" aria-label="What it is">
      <dl className="facts">
        <dt>From</dt>
        <dd>{person(payer) ?? 'A customer'}</dd>
        <dt>To</dt>
        <dd>{beneficiary?.name ?? person(payee) ?? 'A recipient'}</dd>
        {beneficiary && (
          <>
            <dt>Account</dt>
            <dd>{[beneficiary.bankName, beneficiary.accountNumber, beneficiary.country].filter(Boolean).join(', ')}</dd>
          </>
        )}
        {debit && (
          <>
            <dt>Leaves in all</dt>
            <dd>
              <Money value={debit} strong />
            </dd>
          </>
        )}
        {fee && (
          <>
            <dt>of which fee</dt>
            <dd>
              <Money value={fee} />
            </dd>
          </>
        )}
        {credit && (
          <>
            <dt>Arrives</dt>
            <dd>
              <Money value={credit} strong />
            </dd>
          </>
        )}
        <dt>Made</dt>
        <dd>
          <DateTime at={createdAt} />
        </dd>
        <dt>Number</dt>
        <dd className="mono">{id}</dd>
      </dl>
    </section>
  )
}

function Decide({ payment, onDecided }: { payment: Payment; onDecided: () => void }) {
  const { id, status, payer, payee } = payment
  const me = useServices().session.signedIn?.userId
  const { run, busy, problem } = useAction(REVIEW)
  const [note, setNote] = useState('')
  const [missing, setMissing] = useState(false)
  // What was decided is carried out a moment later: until then the payment is still in review.
  const [decided, setDecided] = useState(false)
  const say = useSay()
  if (decided || status !== 'IN_REVIEW')
    return <p className="notice">It is decided: nothing more is to be done here.</p>
  if (me !== undefined && (me === payer?.id || me === payee?.id)) {
    return <p className="notice warn">This is your own payment: somebody else must decide it.</p>
  }
  const decide = async (approve: boolean): Promise<void> => {
    setMissing(note.trim() === '')
    if (note.trim() === '') return
    if (!(await run({ id, approve, note: note.trim() }))) return
    say(approve ? 'Approved: the payment goes its way.' : 'Refused: the money is given back.')
    setDecided(true)
    onDecided()
  }
  return (
    <form className="card stack" aria-label="Decision" onSubmit={(event: FormEvent) => event.preventDefault()}>
      <h2>Your decision</h2>
      <TextArea
        label="Note"
        rows={4}
        maxLength={500}
        hint="Why you decide so. Staff see it, the customer does not."
        problem={missing ? 'Say why you decide so.' : null}
        value={note}
        onChange={(event) => setNote(event.target.value)}
      />
      {problem && <ProblemNotice problem={problem} />}
      <div className="actions">
        <Button kind="danger" busy={busy} onClick={() => void decide(false)}>
          Refuse
        </Button>
        <Button kind="primary" busy={busy} onClick={() => void decide(true)}>
          Approve
        </Button>
      </div>
    </form>
  )
}
