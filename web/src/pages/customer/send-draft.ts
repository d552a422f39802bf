import { type ParsedAmount, parseAmount } from '../../ui/format.ts'
import type { QuoteInput } from './use-payment-quote.ts'

/** What is typed into the form that sends money. */
export interface SendDraft {
  readonly from: string
  /** `beneficiary:<id>`, `wallet:<id>`, or `other` for a wallet whose number is typed. */
  readonly to: string
  readonly otherWallet: string
  /** Which of the two amounts was typed; the other follows. */
  readonly side: 'debit' | 'credit'
  readonly amount: string
  readonly reference: string
}

export const EMPTY_DRAFT: SendDraft = {
  from: '',
  to: '',
  otherWallet: '',
  side: 'debit',
  amount: '',
  reference: '',
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** Where it goes, as the API has it; null while it is not said. */
export function targetOf({ to, otherWallet }: SendDraft): Pick<QuoteInput, 'toWalletId' | 'beneficiaryId'> | null {
  const [kind, id] = to.split(':')
  if (kind === 'beneficiary' && id) return { beneficiaryId: id }
  if (kind === 'wallet' && id) return { toWalletId: id }
  if (kind === 'other' && UUID.test(otherWallet.trim())) return { toWalletId: otherWallet.trim().toLowerCase() }
  return null
}

/** What to ask an offer for; null while something is missing or wrong. */
export function quoteInputOf(
  draft: SendDraft,
  { currency, exponent, locale }: { currency: string | null; exponent: number; locale: string },
): QuoteInput | null {
  const target = targetOf(draft)
  const parsed = amountOf(draft, { exponent, locale })
  if (draft.from === '' || target === null || currency === null || parsed === null || 'problem' in parsed) return null
  const reference = draft.reference.trim()
  return {
    fromWalletId: draft.from,
    ...target,
    [draft.side]: { amount: parsed.amount, currency },
    ...(reference === '' ? {} : { reference }),
  }
}

/** The amount that was typed; null while nothing was. */
export const amountOf = ({ amount }: SendDraft, format: { exponent: number; locale: string }): ParsedAmount | null =>
  amount.trim() === '' ? null : parseAmount(amount, format)
