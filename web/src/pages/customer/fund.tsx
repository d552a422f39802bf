import { type FormEvent, type ReactNode, useState } from 'react'
import { useQuery } from 'urql'
import type { Problem } from '../../api/errors.ts'
import { graphql } from '../../api/graphql.ts'
import { type Form, useForm } from '../../session/use-form.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { AmountField, SelectField } from '../../ui/fields.tsx'
import { browserLocale, parseAmount } from '../../ui/format.ts'
import { ProblemNotice } from '../../ui/states.tsx'
import { useAction } from '../../ui/use-action.ts'
import { BENEFICIARIES } from './operations.ts'
import { PaymentProgress } from './payment-progress.tsx'
import type { Wallet } from './use-balance.ts'
import { useExponent } from './use-exponent.ts'

const DEPOSIT = graphql(`
  mutation Deposit($input: DepositInput!) {
    deposit(input: $input) { id status }
  }
`)

const WITHDRAW = graphql(`
  mutation Withdraw($input: WithdrawInput!) {
    withdraw(input: $input) { id status }
  }
`)

interface FundProps {
  readonly wallet: Wallet
  readonly onClose: () => void
}

/** Puts money into a wallet through the funding provider. */
export function Deposit({ wallet, onClose }: FundProps) {
  const form = useForm(`deposit.${wallet.id}`, { amount: '' })
  const { run, busy, problem } = useAction(DEPOSIT)
  const [sent, setSent] = useState<string | null>(null)
  const submit = async (amount: string): Promise<void> => {
    const wanted = { walletId: wallet.id, amount: { amount, currency: wallet.currency } }
    const done = await run({ input: { ...wanted, idempotencyKey: form.keyFor(wanted) } })
    if (!done) return
    form.clear()
    setSent(done.deposit.id)
  }
  return (
    <FundDialog title="Deposit" verb="Deposit" {...{ wallet, form, busy, problem, sent, onClose }} onSubmit={submit} />
  )
}

/** Takes money out of a wallet, to the provider's account on file or to a recipient's bank. */
export function Withdraw({ wallet, onClose }: FundProps) {
  const form = useForm(`withdraw.${wallet.id}`, { amount: '', beneficiaryId: '' })
  const { run, busy, problem } = useAction(WITHDRAW)
  const [sent, setSent] = useState<string | null>(null)
  const [{ data }] = useQuery({ query: BENEFICIARIES })
  const banks = (data?.me.beneficiaries ?? []).filter(
    ({ delivery, currency }) => delivery === 'BANK' && currency === wallet.currency,
  )
  const submit = async (amount: string): Promise<void> => {
    const beneficiaryId = form.values.beneficiaryId || null
    const wanted = { walletId: wallet.id, amount: { amount, currency: wallet.currency }, beneficiaryId }
    const done = await run({ input: { ...wanted, idempotencyKey: form.keyFor(wanted) } })
    if (!done) return
    form.clear()
    setSent(done.withdraw.id)
  }
  return (
    <FundDialog title="Withdraw" verb="Withdraw" {...{ wallet, form, busy, problem, sent, onClose }} onSubmit={submit}>
      {banks.length > 0 && (
        <SelectField
          label="To"
          value={form.values.beneficiaryId}
          onChange={(event) => form.set({ beneficiaryId: event.target.value })}
        >
          <option value="">Your own account</option>
          {banks.map(({ id, name, bankName }) => (
            <option key={id} value={id}>
              {name}
              {bankName && `, ${bankName}`}
            </option>
          ))}
        </SelectField>
      )}
    </FundDialog>
  )
}

function FundDialog<T extends { amount: string }>({
  title,
  verb,
  wallet,
  form,
  busy,
  problem,
  sent,
  onClose,
  onSubmit,
  children,
}: FundProps & {
  title: string
  verb: string
  form: Form<T>
  busy: boolean
  problem: Problem | null
  sent: string | null
  onSubmit: (amount: string) => Promise<void>
  children?: ReactNode
}) {
  const exponent = useExponent(wallet.currency)
  const [typing, setTyping] = useState<string | null>(null)
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    const parsed = parseAmount(form.values.amount, { exponent, locale: browserLocale() })
    setTyping('problem' in parsed ? parsed.problem : null)
    if ('amount' in parsed) void onSubmit(parsed.amount)
  }
  if (sent !== null) {
    return (
      <Dialog title={`${title}: on its way`} onClose={onClose}>
        <div className="body">
          <PaymentProgress id={sent} />
          <div className="actions">
            <Button kind="primary" onClick={onClose}>
              Done
            </Button>
          </div>
        </div>
      </Dialog>
    )
  }
  return (
    <Dialog title={`${title} · ${wallet.name}`} onClose={onClose}>
      <form onSubmit={submit} noValidate>
        <AmountField
          label="Amount"
          currency={wallet.currency}
          value={form.values.amount}
          problem={typing}
          onChange={(event) => form.set({ amount: event.target.value } as Partial<T>)} // Every such form has an amount.
        />
        {children}
        {problem && <ProblemNotice problem={problem} />}
        <div className="actions">
          <Button kind="plain" onClick={onClose}>
            Cancel
          </Button>
          <Button kind="primary" type="submit" busy={busy}>
            {verb}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
