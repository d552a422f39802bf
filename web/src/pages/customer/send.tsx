import { useState } from 'react'
import { useQuery } from 'urql'
import { Link, useSearchParams } from 'wouter'
import { useForm } from '../../session/use-form.ts'
import { Button } from '../../ui/button.tsx'
import { AmountField, SelectField, TextField } from '../../ui/fields.tsx'
import { browserLocale, formatDecimal, formatMoney } from '../../ui/format.ts'
import { Empty, PageHead, Waiting } from '../../ui/states.tsx'
import { Money } from '../../ui/values.tsx'
import { BENEFICIARIES, MY_WALLETS } from './operations.ts'
import { PaymentProgress } from './payment-progress.tsx'
import { QuotePanel } from './quote-panel.tsx'
import { amountOf, EMPTY_DRAFT, quoteInputOf, type SendDraft } from './send-draft.ts'
import { useLiveWallet, type Wallet } from './use-balance.ts'
import { useExponent } from './use-exponent.ts'
import { type Quote, usePaymentQuote } from './use-payment-quote.ts'

export default function Send() {
  const [{ data, error }, reload] = useQuery({ query: MY_WALLETS })
  const [sent, setSent] = useState<SentPayment | null>(null)
  const wallets = (data?.myWallets ?? []).filter(({ status }) => status === 'ACTIVE')
  if (sent !== null) return <Sent {...sent} onAgain={() => setSent(null)} />
  return (
    <>
      <PageHead title="Send money" lead="See what it costs and what arrives before you say yes." />
      <Waiting error={error} hasData={data !== undefined} onRetry={reload} />
      {data && wallets.length === 0 && (
        <Empty title="You need a wallet to send from">
          <Link className="button primary" href="/wallets">
            Open a wallet
          </Link>
        </Empty>
      )}
      {wallets.length > 0 && <SendForm wallets={wallets} onSent={setSent} />}
    </>
  )
}

function SendForm({ wallets, onSent }: { wallets: readonly Wallet[]; onSent: (payment: SentPayment) => void }) {
  const [params] = useSearchParams()
  const form = useForm<SendDraft>('send', EMPTY_DRAFT)
  const { values, set } = form
  const chosen = wallets.find(({ id }) => id === (values.from || params.get('from'))) ?? wallets[0]
  const draft = { ...values, from: chosen?.id ?? '' }
  const target = useTargetCurrency(draft, wallets)
  const debitCurrency = chosen?.currency ?? null
  const [known, setKnown] = useState<{ to: string; currency: string } | null>(null)
  const to = `${values.to} ${values.otherWallet}`
  const creditCurrency = target ?? (known?.to === to ? known.currency : null)
  const currency = values.side === 'debit' ? debitCurrency : creditCurrency
  const exponent = useExponent(currency ?? '')
  const format = { exponent, locale: browserLocale() }
  const typed = amountOf(draft, format)
  const problem = typed && 'problem' in typed ? typed.problem : null
  const live = usePaymentQuote(quoteInputOf(draft, { ...format, currency }))
  const { quote } = live
  if (quote && creditCurrency === null) setKnown({ to, currency: quote.credit.currency })

  const follows = (side: SendDraft['side']): string => {
    if (values.side === side) return values.amount
    if (!quote) return ''
    return formatDecimal(side === 'credit' ? quote.credit.amount : beforeFee(quote), format.locale)
  }
  const amountField = (side: SendDraft['side']) => ({
    value: follows(side),
    problem: values.side === side ? problem : null,
    onChange: (event: { target: { value: string } }) => set({ side, amount: event.target.value }),
  })
  const done = (id: string, confirmed: Quote): void => {
    form.clear()
    onSent({ id, quote: confirmed })
  }

  return (
    <div className="two">
      <form className="card stack" onSubmit={(event) => event.preventDefault()} aria-label="Payment">
        <SelectField label="From" value={draft.from} onChange={(event) => set({ from: event.target.value })}>
          {wallets.map((wallet) => (
            <WalletOption key={wallet.id} wallet={wallet} />
          ))}
        </SelectField>
        <TargetFields draft={draft} set={set} wallets={wallets} />
        <AmountField label="You send" currency={debitCurrency ?? ''} {...amountField('debit')} />
        <AmountField
          label="They receive"
          currency={creditCurrency ?? '···'}
          readOnly={creditCurrency === null}
          {...amountField('credit')}
        />
        <TextField
          label="Reference (optional)"
          hint="The recipient sees it."
          maxLength={140}
          value={values.reference}
          onChange={(event) => set({ reference: event.target.value })}
        />
      </form>
      <QuotePanel live={live} keyFor={form.keyFor} onSent={done} />
    </div>
  )
}

/** What leaves before the fee: exact, for both have the digits of one currency. */
function beforeFee({ debit, fee }: { debit: { amount: string }; fee: { amount: string } }): string {
  const digits = debit.amount.split('.')[1]?.length ?? 0
  const units = BigInt(debit.amount.replace('.', '')) - BigInt(fee.amount.replace('.', ''))
  const text = units.toString().padStart(digits + 1, '0')
  return digits === 0 ? text : `${text.slice(0, -digits)}.${text.slice(-digits)}`
}

function WalletOption({ wallet }: { wallet: Wallet }) {
  const { id, name, balance } = useLiveWallet(wallet)
  return (
    <option value={id}>
      {name}
      {balance && ` · ${formatMoney(balance.available, browserLocale())} available`}
    </option>
  )
}

/** The currency that arrives, where the target says it; a wallet whose number is typed tells it with the offer. */
function useTargetCurrency({ to }: SendDraft, wallets: readonly Wallet[]): string | null {
  const [{ data }] = useQuery({ query: BENEFICIARIES })
  const [kind, id] = to.split(':')
  if (kind === 'wallet') return wallets.find((wallet) => wallet.id === id)?.currency ?? null
  return data?.me.beneficiaries.find((beneficiary) => beneficiary.id === id)?.currency ?? null
}

function TargetFields({
  draft,
  set,
  wallets,
}: {
  draft: SendDraft
  set: (changes: Partial<SendDraft>) => void
  wallets: readonly Wallet[]
}) {
  const [{ data }] = useQuery({ query: BENEFICIARIES })
  const beneficiaries = data?.me.beneficiaries ?? []
  const others = wallets.filter(({ id }) => id !== draft.from)
  return (
    <>
      <SelectField label="To" value={draft.to} onChange={(event) => set({ to: event.target.value })}>
        <option value="">Choose who gets it</option>
        {beneficiaries.length > 0 && (
          <optgroup label="Recipients">
            {beneficiaries.map(({ id, name, currency }) => (
              <option key={id} value={`beneficiary:${id}`}>
                {name} · {currency}
              </option>
            ))}
          </optgroup>
        )}
        {others.length > 0 && (
          <optgroup label="Your own wallets">
            {others.map(({ id, name }) => (
              <option key={id} value={`wallet:${id}`}>
                {name}
              </option>
            ))}
          </optgroup>
        )}
        <option value="other">Somebody else’s wallet…</option>
      </SelectField>
      {draft.to === 'other' && (
        <TextField
          label="Number of the wallet"
          hint="The recipient finds it under Wallets."
          value={draft.otherWallet}
          autoComplete="off"
          spellCheck={false}
          onChange={(event) => set({ otherWallet: event.target.value })}
        />
      )}
    </>
  )
}

interface SentPayment {
  readonly id: string
  readonly quote: Quote
}

function Sent({ id, quote: { debit, credit }, onAgain }: SentPayment & { onAgain: () => void }) {
  return (
    <>
      <PageHead
        title="Your payment"
        lead={
          <>
            <Money value={debit} /> leaves your wallet, <Money value={credit} /> arrives.
          </>
        }
      />
      <section className="card stack">
        <PaymentProgress id={id} />
        <div className="row">
          <Link className="button" href={`/payments/${id}`}>
            All about this payment
          </Link>
          <Button kind="plain" onClick={onAgain}>
            Send another
          </Button>
        </div>
      </section>
    </>
  )
}
