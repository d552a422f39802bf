import { useEffect, useState } from 'react'
import { useQuery } from 'urql'
import { Link } from 'wouter'
import { problemOf } from '../../api/errors.ts'
import { graphql, type ResultOf } from '../../api/graphql.ts'
import { useMay, useServices } from '../../session/context.tsx'
import { useEvents } from '../../session/use-events.ts'
import { Button } from '../../ui/button.tsx'
import { browserLocale, formatRate } from '../../ui/format.ts'
import { Empty, PageHead, ProblemNotice, Waiting } from '../../ui/states.tsx'
import { Status } from '../../ui/status.tsx'
import { DateTime, Money } from '../../ui/values.tsx'
import { PAYMENT_KIND, PAYMENT_STATUS } from '../../ui/words.ts'
import { DecisionSection } from './decision-section.tsx'
import { EntriesSection } from './entries-section.tsx'
import { PAYMENT_PROGRESS } from './operations.ts'
import { CancelPayment, RefundPayment } from './payment-actions.tsx'

const PAYMENT = graphql(`
  query Payment($id: ID!) {
    payment(id: $id) {
      id
      kind
      status
      reference
      createdAt
      scheduledFor
      nextActionUrl
      payer { id displayName }
      payee { id displayName }
      from { id name }
      to { id name currency }
      beneficiary { id name bankName accountNumber delivery }
      debit { amount currency }
      credit { amount currency }
      fee { amount currency }
      fxQuote { id appliedRate mid spreadBps source observedAt path }
      failure { code message }
      decision { id outcome riskScore decidedAt reasons { code message } }
      transfers { id state debitAccountCode creditAccountCode amount { amount currency } createdAt }
      timeline { cursor status at note }
      refunds { id status reason createdAt amount { amount currency } returned { amount currency } }
    }
  }
`)

export type PaymentData = NonNullable<ResultOf<typeof PAYMENT>['payment']>

export default function Payment({ id = '' }: { id?: string }) {
  const [{ data, error }, reload] = useQuery({ query: PAYMENT, variables: { id } })
  const { state: events } = useEvents({
    query: PAYMENT_PROGRESS,
    variables: { id, after: null },
    initial: 0,
    fold: (before) => before + 1,
  })
  // Each event makes the page read anew, for what belongs to a state stands in other subgraphs too; the first as well, since
  // it may have come after what was read.
  useEffect(() => {
    if (events > 0) reload({ requestPolicy: 'network-only' })
  }, [events, reload])
  if (data?.payment) return <PaymentOf payment={data.payment} onChange={reload} />
  return (
    <>
      <PageHead title="Payment" />
      <Waiting error={error} hasData={data !== undefined} onRetry={reload} />
      {data && <Empty title="There is no such payment, or it is not yours." />}
    </>
  )
}

const CANCELLABLE = new Set(['SCHEDULED', 'PENDING', 'IN_REVIEW'])
const REFUNDABLE = new Set(['COMPLETED', 'PARTIALLY_REFUNDED'])

function PaymentOf({ payment, onChange }: { payment: PaymentData; onChange: () => void }) {
  const [open, setOpen] = useState<'cancel' | 'refund' | null>(null)
  const me = useServices().session.signedIn?.userId
  const mayWrite = useMay('payments:write')
  const { kind, status, payer, payee, failure, nextActionUrl } = payment
  const mayCancel = mayWrite && payer?.id === me && CANCELLABLE.has(status)
  const mayRefund =
    mayWrite &&
    REFUNDABLE.has(status) &&
    ((kind === 'TRANSFER' && payee?.id === me && payer?.id !== me) || kind === 'DEPOSIT')
  const close = (): void => {
    setOpen(null)
    onChange()
  }
  return (
    <>
      <PageHead title={PAYMENT_KIND[kind] ?? kind} lead={<Status words={PAYMENT_STATUS} state={status} />}>
        {mayCancel && (
          <Button kind="danger" onClick={() => setOpen('cancel')}>
            Cancel payment
          </Button>
        )}
        {mayRefund && <Button onClick={() => setOpen('refund')}>Refund</Button>}
      </PageHead>
      <div className="two">
        <div className="stack">
          {failure && <ProblemNotice problem={problemOf(failure.code)} />}
          {nextActionUrl && (
            <div className="notice">
              <p>
                The provider needs something from you: <a href={nextActionUrl}>go on there</a>.
              </p>
            </div>
          )}
          <Facts payment={payment} />
          <DecisionSection decision={payment.decision} />
        </div>
        <div className="stack">
          <Timeline events={payment.timeline} />
          <Refunds refunds={payment.refunds} />
        </div>
      </div>
      <EntriesSection transfers={payment.transfers ?? []} />
      {open === 'cancel' && <CancelPayment id={payment.id} onClose={close} />}
      {open === 'refund' && <RefundPayment payment={payment} onClose={close} />}
    </>
  )
}

function Facts({ payment }: { payment: PaymentData }) {
  const { from, to, payer, payee, beneficiary, debit, credit, fee, fxQuote, reference, createdAt, scheduledFor } =
    payment
  return (
    <section className="card" aria-label="What it is">
      <dl className="facts">
        {from && <Fact name="From" value={<Link href={`/wallets/${from.id}`}>{from.name}</Link>} />}
        {!from && payer && <Fact name="From" value={payer.displayName} />}
        <Fact name="To" value={beneficiary?.name ?? to?.name ?? payee?.displayName ?? 'Your own account'} />
        {beneficiary?.accountNumber && (
          <Fact name="Account" value={[beneficiary.bankName, beneficiary.accountNumber].filter(Boolean).join(', ')} />
        )}
        {debit && <Fact name="Leaves in all" value={<Money value={debit} strong />} />}
        {fee && <Fact name="of which fee" value={<Money value={fee} />} />}
        {credit && <Fact name="Arrives" value={<Money value={credit} strong />} />}
        {fxQuote && debit && credit && (
          <Fact
            name="Rate"
            value={`1 ${debit.currency} = ${formatRate(fxQuote.appliedRate, browserLocale())} ${credit.currency}`}
          />
        )}
        {fxQuote && (
          <Fact
            name="Market rate"
            value={
              <>
                {formatRate(fxQuote.mid, browserLocale())}, {fxQuote.source},{' '}
                <DateTime at={fxQuote.observedAt} show="time" />
              </>
            }
          />
        )}
        {reference && <Fact name="Reference" value={reference} />}
        <Fact name="Made" value={<DateTime at={createdAt} />} />
        {scheduledFor && <Fact name="To be sent" value={<DateTime at={scheduledFor} />} />}
        <Fact name="Number" value={<span className="mono">{payment.id}</span>} />
      </dl>
    </section>
  )
}

function Fact({ name, value }: { name: string; value: React.ReactNode }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </>
  )
}

function Timeline({ events }: { events: PaymentData['timeline'] }) {
  return (
    <section className="card stack" aria-labelledby="timeline">
      <h2 id="timeline">What happened</h2>
      <ol className="steps dated">
        {events.map(({ cursor, status, at, note }) => (
          <li key={cursor}>
            <Status words={PAYMENT_STATUS} state={status} />
            <DateTime at={at} />
            {note && <p className="quiet">{note}</p>}
          </li>
        ))}
      </ol>
      {events.length === 0 && <p className="quiet">Nothing yet.</p>}
    </section>
  )
}

function Refunds({ refunds }: { refunds: PaymentData['refunds'] }) {
  if (refunds.length === 0) return null
  return (
    <section className="card stack" aria-labelledby="refunds">
      <h2 id="refunds">Refunds</h2>
      <ul className="steps">
        {refunds.map(({ id, amount, returned, reason, createdAt }) => (
          <li key={id}>
            <Money value={returned ?? amount} strong />
            <DateTime at={createdAt} />
            <p className="quiet">{reason}</p>
          </li>
        ))}
      </ul>
    </section>
  )
}
