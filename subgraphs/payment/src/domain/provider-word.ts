import { hasArrived, type Payment } from './payment.ts'
import type { Refund } from './refund.ts'

/** What a provider says of a payment. RETURNED: money that was out came back; CHARGEBACK: money that was in was taken back. */
export const PROVIDER_WORDS = ['SETTLED', 'FAILED', 'RETURNED', 'CHARGEBACK'] as const
export type ProviderWord = (typeof PROVIDER_WORDS)[number]

export interface ToldOfPayment {
  readonly word: ProviderWord
  readonly amountMinor: bigint
  readonly currency: string
}

export type ItemKind = 'LATE_SETTLEMENT' | 'OTHER_AMOUNT' | 'LATE_FAILURE' | 'CHARGEBACK' | 'RETURN_REFUSED'

/** A posting between house accounts, for money that no payment explains. */
export interface SuspensePosting {
  readonly debitCode: string
  readonly creditCode: string
}

export type Heard =
  /** It is known already, or says what is so. */
  | { readonly do: 'nothing' }
  /** The payment's outcome, to be applied by the processor; kept while the payment is not with the provider yet. */
  | { readonly do: 'settle'; readonly outcome: 'SETTLED' | 'FAILED' }
  | { readonly do: 'return' }
  /** The payment stays as it is: somebody has to look. */
  | { readonly do: 'open'; readonly kind: ItemKind; readonly posting: SuspensePosting | null }
  | { readonly do: 'refuse' }

const BEFORE_OUTCOME: ReadonlySet<Payment['status']> = new Set(['SCHEDULED', 'PENDING', 'IN_REVIEW', 'AUTHORIZED'])

type Judged = Pick<Payment, 'kind' | 'status' | 'provider' | 'providerOutcome' | 'toCurrency'> & {
  /** What shall arrive, as far as it is known. */
  readonly expectedMinor: bigint | null
  /** What came back before. */
  readonly returnedMinor: bigint
}

/**
 * What a provider's word does to a payment. It never changes one that has ended, and never by another amount: such money
 * goes to suspense, and somebody finds out why.
 */
export function hear(payment: Judged, { word, amountMinor, currency }: ToldOfPayment): Heard {
  const { kind, status, provider, providerOutcome } = payment
  if (kind === 'TRANSFER' || provider === null) return { do: 'refuse' }
  const expected = amountMinor === payment.expectedMinor && currency === payment.toCurrency
  const unsettled = BEFORE_OUTCOME.has(status) && providerOutcome === null
  const settled = hasArrived(status) || (BEFORE_OUTCOME.has(status) && providerOutcome === 'SETTLED')
  const incoming = kind === 'DEPOSIT'
  switch (word) {
    case 'SETTLED':
      if (!expected) return { do: 'open', kind: 'OTHER_AMOUNT', posting: unexplained(provider, incoming) }
      if (unsettled) return { do: 'settle', outcome: 'SETTLED' }
      if (settled) return { do: 'nothing' }
      return { do: 'open', kind: 'LATE_SETTLEMENT', posting: unexplained(provider, incoming) }
    case 'FAILED':
      if (unsettled) return { do: 'settle', outcome: 'FAILED' }
      return settled ? { do: 'open', kind: 'LATE_FAILURE', posting: null } : { do: 'nothing' }
    case 'RETURNED':
      if (incoming) return { do: 'refuse' }
      if (!expected) return { do: 'open', kind: 'OTHER_AMOUNT', posting: unexplained(provider, true) }
      if (unsettled) return { do: 'settle', outcome: 'FAILED' }
      if (payment.returnedMinor > 0n) return { do: 'open', kind: 'OTHER_AMOUNT', posting: unexplained(provider, true) }
      return settled ? { do: 'return' } : { do: 'open', kind: 'LATE_FAILURE', posting: null }
    case 'CHARGEBACK':
      if (!incoming) return { do: 'refuse' }
      return { do: 'open', kind: 'CHARGEBACK', posting: unexplained(provider, false) }
  }
}

interface JudgedRefund extends Pick<Refund, 'status' | 'providerOutcome' | 'amountMinor'> {
  readonly payment: Pick<Payment, 'kind' | 'provider' | 'toCurrency'>
}

/**
 * What a provider's word does to the refund of a deposit: the first outcome stands. A settlement that nobody waits for has
 * taken money from us; a failure after a settlement has brought it back, while the wallet has paid.
 */
export function hearOfRefund(refund: JudgedRefund, { word, amountMinor, currency }: ToldOfPayment): Heard {
  const { kind, provider, toCurrency } = refund.payment
  if (kind !== 'DEPOSIT' || provider === null || (word !== 'SETTLED' && word !== 'FAILED')) return { do: 'refuse' }
  const known = refund.providerOutcome ?? (refund.status === 'FAILED' ? 'FAILED' : null)
  const expected = amountMinor === refund.amountMinor && currency === toCurrency
  const isBack = word === 'FAILED'
  if (isBack && known === 'FAILED') return { do: 'nothing' }
  if (isBack && known === null) return { do: 'settle', outcome: 'FAILED' }
  if (!expected) return { do: 'open', kind: 'OTHER_AMOUNT', posting: unexplained(provider, isBack) }
  if (known === null) return { do: 'settle', outcome: 'SETTLED' }
  if (known === word) return { do: 'nothing' }
  return { do: 'open', kind: isBack ? 'LATE_FAILURE' : 'LATE_SETTLEMENT', posting: unexplained(provider, isBack) }
}

/** Money that came in is owed to nobody known; money that went out is owed by nobody known. */
export const unexplained = (provider: string, incoming: boolean): SuspensePosting =>
  incoming
    ? { debitCode: `settlement.${provider}`, creditCode: `suspense.${provider}` }
    : { debitCode: `suspense.${provider}`, creditCode: `settlement.${provider}` }

/** What shall arrive; null while it is not known. */
export const expectedOf = ({ creditMinor, askedCreditMinor, askedDebitMinor, kind }: Payment): bigint | null =>
  creditMinor ?? askedCreditMinor ?? (kind === 'WITHDRAWAL' ? askedDebitMinor : null)
