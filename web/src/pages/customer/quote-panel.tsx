import type { ReactNode } from 'react'
import { graphql } from '../../api/graphql.ts'
import { Button } from '../../ui/button.tsx'
import { browserLocale, formatMoney, formatRate } from '../../ui/format.ts'
import { ProblemNotice } from '../../ui/states.tsx'
import { useAction } from '../../ui/use-action.ts'
import { useNow } from '../../ui/use-now.ts'
import { Money } from '../../ui/values.tsx'
import type { LiveQuote, Quote } from './use-payment-quote.ts'

const SEND_PAYMENT = graphql(`
  mutation SendPayment($input: SendPaymentInput!) {
    sendPayment(input: $input) { id status }
  }
`)

/** The offer: fee, rate, both amounts, how long it stands; and the button that says yes to exactly that. */
export function QuotePanel({
  live: { quote, problem, busy, refresh },
  keyFor,
  onSent,
}: {
  live: LiveQuote
  keyFor: (input: object) => string
  onSent: (id: string, confirmed: Quote) => void
}) {
  const send = useAction(SEND_PAYMENT)
  const confirm = async (confirmed: Quote): Promise<void> => {
    const wanted = { quoteId: confirmed.id }
    const done = await send.run({ input: { ...wanted, idempotencyKey: keyFor(wanted) } })
    if (done) onSent(done.sendPayment.id, confirmed)
  }
  return (
    <section className="card stack" aria-labelledby="offer" aria-busy={busy}>
      <h2 id="offer">Your offer</h2>
      {quote ? (
        <Offer quote={quote}>
          {(isOver) => (
            <>
              <Verdict decision={quote.decision} />
              {send.problem && <ProblemNotice problem={send.problem} />}
              {isOver ? (
                <Button wide busy={busy} onClick={refresh}>
                  Get a new offer
                </Button>
              ) : (
                <Button kind="primary" wide busy={send.busy || busy} onClick={() => void confirm(quote)}>
                  Send {formatMoney(quote.debit, browserLocale())}
                </Button>
              )}
            </>
          )}
        </Offer>
      ) : (
        <p className="quiet" role="status">
          {busy ? 'Asking for a rate…' : 'Say who gets how much: fee, rate and what arrives appear here.'}
        </p>
      )}
      {problem && <ProblemNotice problem={problem} onRetry={refresh} />}
    </section>
  )
}

const MS_PER_SECOND = 1_000

function Offer({
  quote: { debit, credit, fee, fxQuote, expiresAt },
  children,
}: {
  quote: Quote
  children: (isOver: boolean) => ReactNode
}) {
  const leftMs = Date.parse(expiresAt) - useNow()
  const isOver = leftMs <= 0
  return (
    <>
      <dl className="facts">
        <dt>Leaves your wallet</dt>
        <dd>
          <Money value={debit} strong />
        </dd>
        <dt>of which fee</dt>
        <dd>
          <Money value={fee} />
        </dd>
        {fxQuote && (
          <>
            <dt>Rate</dt>
            <dd>
              1 {debit.currency} = {formatRate(fxQuote.appliedRate, browserLocale())} {credit.currency}
            </dd>
          </>
        )}
        <dt>Arrives</dt>
        <dd>
          <Money value={credit} strong />
        </dd>
      </dl>
      <p className="quiet small">
        {isOver ? (
          'This offer has run out. Nothing was sent.'
        ) : (
          // Not read out each second: whoever wants to know finds it here.
          <span role="timer" aria-live="off" className="numeric">
            Stands for {Math.ceil(leftMs / MS_PER_SECOND)} s more
          </span>
        )}
      </p>
      {children(isOver)}
    </>
  )
}

const FORESEEN: Readonly<Record<string, readonly [tone: string, text: string]>> = {
  REVIEW: ['warn', 'A person will look at this payment before it goes on.'],
  DECLINE: ['bad', 'Our checks would decline this payment.'],
}

/** What the checks would say; nothing where they let it through. */
function Verdict({ decision }: { decision: Quote['decision'] }) {
  const [tone, text] = FORESEEN[decision?.outcome ?? ''] ?? []
  if (!decision || text === undefined) return null
  return (
    <div className={`notice ${tone}`} role="status">
      <p>
        <strong>{text}</strong>
      </p>
      {decision.reasons.map(({ code, message }) => (
        <p key={code}>{message}</p>
      ))}
    </div>
  )
}
