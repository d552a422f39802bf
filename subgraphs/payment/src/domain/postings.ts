import { uuidv5 } from '@corridor/platform'
import type { Payment } from './payment.ts'

/** One movement that a payment makes in the ledger. An account is a wallet's id, or the code of a house account. */
export interface Posting {
  readonly debitAccount: string
  readonly creditAccount: string
  readonly debitAccountCode: string
  readonly creditAccountCode: string
  readonly amountMinor: bigint
  readonly currency: string
  /** Whether it is on the payee's account. */
  readonly forPayee: boolean
}

export interface PricedPayment
  extends Pick<Payment, 'kind' | 'fromWalletId' | 'toWalletId' | 'fromCurrency' | 'toCurrency' | 'provider'> {
  readonly principalMinor: bigint
  readonly creditMinor: bigint
  readonly feeMinor: bigint
}

const WALLET = 'customer.wallet'
const POSITION = 'fx.position'
const FEES = 'income.fees'

/**
 * What a payment posts, in order. In one currency the principal goes from wallet to wallet; across currencies it goes
 * to `fx.position` and the credit comes from it, so that the spread stays there; the fee goes to `income.fees`. A
 * deposit is owed to us by its provider: settlement to wallet; a withdrawal is the reverse.
 */
export function planPostings(payment: PricedPayment): Posting[] {
  const { fromCurrency, toCurrency, principalMinor, creditMinor, feeMinor } = payment
  const source = { account: payment.fromWalletId ?? '', code: WALLET }
  const target = { account: payment.toWalletId ?? '', code: WALLET }
  const house = (code: string) => ({ account: code, code })
  if (payment.kind === 'DEPOSIT') {
    return [posting(house(`settlement.${payment.provider}`), target, creditMinor, toCurrency, true)]
  }
  if (payment.kind === 'WITHDRAWAL') {
    return [posting(source, house(`settlement.${payment.provider}`), principalMinor, fromCurrency, false)]
  }
  const fee = feeMinor > 0n ? [posting(source, house(FEES), feeMinor, fromCurrency, false)] : []
  if (fromCurrency === toCurrency) return [posting(source, target, principalMinor, fromCurrency, true), ...fee]
  return [
    posting(source, house(POSITION), principalMinor, fromCurrency, false),
    posting(house(POSITION), target, creditMinor, toCurrency, true),
    ...fee,
  ]
}

interface Side {
  readonly account: string
  readonly code: string
}

const posting = (debit: Side, credit: Side, amountMinor: bigint, currency: string, forPayee: boolean): Posting => ({
  debitAccount: debit.account,
  creditAccount: credit.account,
  debitAccountCode: debit.code,
  creditAccountCode: credit.code,
  amountMinor,
  currency,
  forPayee,
})

/** The journals of a payment have the same ids whoever posts them, and however often. */
export type JournalRole = 'post' | 'hold' | 'resolve'

export const journalIdOf = (paymentId: string, role: JournalRole): string => uuidv5(role, paymentId)

export const transferIdOf = (journalId: string, index: number): string => uuidv5(String(index), journalId)
