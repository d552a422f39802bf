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
 * What a payment posts, in order. In one currency the principal goes from source to target; across currencies it goes
 * to `fx.position` and the credit comes from it, so that the spread stays there; the fee goes to `income.fees`. What a
 * provider brings or takes away, it holds for us or owes us: `settlement.<provider>` is source or target then.
 */
export function planPostings(payment: PricedPayment): Posting[] {
  const { kind, fromCurrency, principalMinor, feeMinor } = payment
  const settlement = house(`settlement.${payment.provider}`)
  const source = kind === 'DEPOSIT' ? settlement : wallet(payment.fromWalletId)
  const target = payment.toWalletId === null ? settlement : wallet(payment.toWalletId)
  const fee = feeMinor > 0n ? [posting(source, house(FEES), feeMinor, fromCurrency, false)] : []
  const { toCurrency, creditMinor } = payment
  const moved = { source, target, fromCurrency, principalMinor, toCurrency, creditMinor, payeeIs: 'target' } as const
  return [...movement(moved), ...fee]
}

/**
 * What a refund posts: `amountMinor` leaves the target of the payment, `returnedMinor` comes to its source. A provider's
 * return comes from what the provider holds for us; a deposit's refund goes there.
 */
export function planRefund(
  payment: PricedPayment,
  { amountMinor, returnedMinor }: { readonly amountMinor: bigint; readonly returnedMinor: bigint },
): Posting[] {
  const settlement = house(`settlement.${payment.provider}`)
  return movement({
    source: payment.toWalletId === null ? settlement : wallet(payment.toWalletId),
    target: payment.fromWalletId === null ? settlement : wallet(payment.fromWalletId),
    fromCurrency: payment.toCurrency,
    principalMinor: amountMinor,
    toCurrency: payment.fromCurrency,
    creditMinor: returnedMinor,
    payeeIs: 'source',
  })
}

interface Movement {
  readonly source: Side
  readonly target: Side
  readonly fromCurrency: string
  readonly principalMinor: bigint
  readonly toCurrency: string
  readonly creditMinor: bigint
  /** Which side is the payee's, where that is a wallet. */
  readonly payeeIs: 'source' | 'target'
}

function movement(moved: Movement): Posting[] {
  const { source, target, fromCurrency, principalMinor, toCurrency, creditMinor, payeeIs } = moved
  const payeeHasWallet = moved[payeeIs].code === WALLET
  if (fromCurrency === toCurrency) return [posting(source, target, principalMinor, fromCurrency, payeeHasWallet)]
  return [
    posting(source, house(POSITION), principalMinor, fromCurrency, payeeHasWallet && payeeIs === 'source'),
    posting(house(POSITION), target, creditMinor, toCurrency, payeeHasWallet && payeeIs === 'target'),
  ]
}

const house = (code: string): Side => ({ account: code, code })
const wallet = (id: string | null): Side => ({ account: id ?? '', code: WALLET })

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
export type JournalRole = 'post' | 'hold' | 'resolve' | 'suspense'

export const journalIdOf = (paymentId: string, role: JournalRole): string => uuidv5(role, paymentId)

export const transferIdOf = (journalId: string, index: number): string => uuidv5(String(index), journalId)
