import type { ProviderOutcome } from './payment.ts'

export type RefundStatus = 'PENDING' | 'COMPLETED' | 'FAILED'

/** A part of a payment that goes back. `amountMinor` is in the currency that had arrived. */
export interface Refund {
  readonly id: string
  readonly number: bigint
  readonly paymentId: string
  readonly source: 'CALLER' | 'PROVIDER'
  readonly requestedBy: string | null
  readonly leasedWalletId: string
  readonly amountMinor: bigint
  /** In the currency that had left; null until it is known. */
  readonly returnedMinor: bigint | null
  readonly status: RefundStatus
  readonly reason: string
  readonly transferIds: readonly string[]
  readonly providerStartedAt: Date | null
  readonly providerOutcome: ProviderOutcome | null
  readonly failureCode: string | null
  readonly attempts: number
  readonly dueAt: Date | null
  readonly createdAt: Date
}

/**
 * How much of what arrived is given back, or is on its way. A provider's return counts although it could not be credited:
 * its money came back once, and lies in suspense.
 */
export const givenBack = (refunds: readonly Refund[]): bigint =>
  refunds
    .filter(({ status, source }) => status !== 'FAILED' || source === 'PROVIDER')
    .reduce((sum, { amountMinor }) => sum + amountMinor, 0n)

export interface RefundShare {
  /** What was debited without the fee, and what arrived. */
  readonly principalMinor: bigint
  readonly creditMinor: bigint
  /** What was given back before, of what arrived. */
  readonly refundedBeforeMinor: bigint
  readonly amountMinor: bigint
}

/**
 * What a refund returns at the payment's own rate: floor(principal x refunded so far / credited), less what the refunds
 * before it came to by the same formula. However a payment is refunded in parts, the parts never exceed the principal,
 * and all of them together are exactly it.
 */
export function returnedAtOriginalRate(share: RefundShare): bigint {
  const { principalMinor, creditMinor, refundedBeforeMinor, amountMinor } = share
  const upTo = (refundedMinor: bigint): bigint => (principalMinor * refundedMinor) / creditMinor
  return upTo(refundedBeforeMinor + amountMinor) - upTo(refundedBeforeMinor)
}

/** Across currencies money is given back within this time; in one currency at any time. */
export const REFUND_WINDOW_MS = 30 * 24 * 60 * 60 * 1000
