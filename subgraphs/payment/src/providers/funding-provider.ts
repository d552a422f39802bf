import type { PaymentKind, ProviderOutcome } from '../domain/payment.ts'

export interface ProviderPayment {
  readonly paymentId: string
  /** Money that comes in, or goes out. */
  readonly kind: Exclude<PaymentKind, 'TRANSFER'>
  readonly amountMinor: bigint
  readonly currency: string
}

/** A provider that moves money in and out of the platform. Every call is idempotent by the payment's id. */
export interface FundingProvider {
  readonly name: string
  /** How long a payment may be without a word before the provider is asked. */
  readonly deadlineMs: number
  /** Begins a payment; its outcome comes by a signed callback. Answers where the payer goes on, if he must. */
  start(payment: ProviderPayment): Promise<{ readonly nextActionUrl: string | null }>
  /** What became of it; null while that is not known, which is not a failure. */
  outcomeOf(payment: ProviderPayment): Promise<ProviderOutcome | null>
}
