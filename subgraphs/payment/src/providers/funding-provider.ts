import type { PaymentKind } from '../domain/payment.ts'
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

export interface Started {
  readonly nextActionUrl: string | null
  readonly outcome?: 'FAILED'
  /** What the provider calls it by, where it cannot be found by our id. */
  readonly reference?: string | null
}

/** What a provider has moved for good. */
export interface Settled {
  /** In minor units; null: an amount that its currency does not have. */
  readonly amountMinor: bigint | null
  readonly currency: string
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
  start(payment: ProviderPayment): Promise<Started>
  /**
   * What became of it, with what was moved; OPEN while the provider has it and waits for somebody, null while nobody knows, which is not a
   * failure.
   */
  outcomeOf(
    payment: Omit<ProviderPayment, 'payout'> & { readonly reference: string | null },
  ): Promise<Settled | 'FAILED' | 'OPEN' | null>
}
