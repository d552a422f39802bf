import { type FormEvent, useState } from 'react'
import { graphql } from '../../api/graphql.ts'
import { useForm } from '../../session/use-form.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { AmountField, TextField } from '../../ui/fields.tsx'
import { browserLocale, parseAmount } from '../../ui/format.ts'
import { ProblemNotice } from '../../ui/states.tsx'
import { useSay } from '../../ui/toasts.tsx'
import { useAction } from '../../ui/use-action.ts'
import type { PaymentData } from './payment.tsx'
import { useExponent } from './use-exponent.ts'

const CANCEL_PAYMENT = graphql(`
  mutation CancelPayment($id: ID!, $reason: String) {
    cancelPayment(id: $id, reason: $reason) { id status }
  }
`)

const REFUND_PAYMENT = graphql(`
  mutation RefundPayment($input: RefundPaymentInput!) {
    refundPayment(input: $input) { id status }
  }
`)

export function CancelPayment({ id, onClose }: { id: string; onClose: () => void }) {
  const { run, busy, problem } = useAction(CANCEL_PAYMENT)
  const [reason, setReason] = useState('')
  const say = useSay()
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault()
    if (!(await run({ id, reason: reason.trim() || null }))) return
    say('The payment is being cancelled.')
    onClose()
  }
  return (
    <Dialog title="Cancel this payment?" onClose={onClose}>
      <form onSubmit={(event) => void submit(event)}>
        <p>If it has not been carried out yet, no money leaves your wallet.</p>
        <TextField
          label="Reason (optional)"
          value={reason}
          maxLength={200}
          onChange={(event) => setReason(event.target.value)}
        />
        {problem && <ProblemNotice problem={problem} />}
        <div className="actions">
          <Button kind="plain" onClick={onClose}>
            Keep it
          </Button>
          <Button kind="danger" type="submit" busy={busy}>
            Cancel payment
          </Button>
        </div>
      </form>
    </Dialog>
  )
}

/** Gives back what arrived, or a part of it. */
export function RefundPayment({ payment: { id, credit }, onClose }: { payment: PaymentData; onClose: () => void }) {
  const currency = credit?.currency ?? ''
  const exponent = useExponent(currency)
  const { run, busy, problem } = useAction(REFUND_PAYMENT)
  const { values, set, keyFor, clear } = useForm(`refund.${id}`, { amount: '', reason: '' })
  const [wrong, setWrong] = useState<{ amount?: string; reason?: string }>({})
  const say = useSay()

  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault()
    const parsed =
      values.amount.trim() === '' ? null : parseAmount(values.amount, { exponent, locale: browserLocale() })
    const reason = values.reason.trim()
    if ((parsed && 'problem' in parsed) || reason === '') {
      setWrong({
        ...(parsed && 'problem' in parsed ? { amount: parsed.problem } : {}),
        ...(reason === '' ? { reason: 'Say why it is given back.' } : {}),
      })
      return
    }
    setWrong({})
    const wanted = { paymentId: id, reason, amount: parsed ? { amount: parsed.amount, currency } : null }
    if (!(await run({ input: { ...wanted, idempotencyKey: keyFor(wanted) } }))) return
    clear()
    say('The refund is on its way.')
    onClose()
  }

  return (
    <Dialog title="Refund this payment" onClose={onClose}>
      <form onSubmit={(event) => void submit(event)} noValidate>
        <AmountField
          label="Amount"
          hint="Leave it empty to give back all that is left."
          currency={currency}
          value={values.amount}
          problem={wrong.amount}
          onChange={(event) => set({ amount: event.target.value })}
        />
        <TextField
          label="Reason"
          value={values.reason}
          maxLength={200}
          problem={wrong.reason}
          onChange={(event) => set({ reason: event.target.value })}
        />
        {problem && <ProblemNotice problem={problem} />}
        <div className="actions">
          <Button kind="plain" onClick={onClose}>
            Cancel
          </Button>
          <Button kind="primary" type="submit" busy={busy}>
            Refund
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
