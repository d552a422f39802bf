import type { PaymentKind, ProviderOutcome } from '../domain/payment.ts'
import type { PayoutDetails } from '../use-cases/ports.ts'

export interface ProviderPayment {
  /** Of the payment, or of the refund. */
  readonly paymentId: string
  /** Money that comes in, or goes out; REFUND gives a deposit back. */
  readonly kind: Exclude<PaymentKind, 'TRANSFER'> | 'REFUND'
  readonly amountMinor: bigint
  readonly currency: string
  /** The deposit that a refund gives back. */
  readonly refundOf: string | null
  /** Whom and where to pay; null where the provider knows the customer's own account. */
  readonly payout: PayoutDetails | null
}

/** A provider that moves money in and out of the platform. Every call is idempotent by the payment's id. */
export interface FundingProvider {
  readonly name: string
  /** How long a payment may be without a word before the provider is asked. */
  readonly deadlineMs: number
  /**
   * Begins a payment; its outcome comes by a signed callback, but for one that it cannot move, which has failed at once.
   * Answers where the payer goes on, if he must.
   */
  start(payment: ProviderPayment): Promise<{ readonly nextActionUrl: string | null; readonly outcome?: 'FAILED' }>
  /** What became of it; null while that is not known, which is not a failure. */
  outcomeOf(payment: Omit<ProviderPayment, 'payout'>): Promise<ProviderOutcome | null>
}
