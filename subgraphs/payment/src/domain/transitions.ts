import { invariant } from '@corridor/platform'
import type { PaymentStatus } from './payment.ts'

/** The only changes of state there are; the database holds the same table and refuses all others. */
export const TRANSITIONS = {
  SCHEDULED: ['PENDING', 'CANCELLED'],
  PENDING: ['COMPLETED', 'AUTHORIZED', 'IN_REVIEW', 'DECLINED', 'FAILED', 'CANCELLED'],
  IN_REVIEW: ['COMPLETED', 'AUTHORIZED', 'DECLINED', 'CANCELLED', 'FAILED'],
  AUTHORIZED: ['COMPLETED', 'FAILED'],
  COMPLETED: ['PARTIALLY_REFUNDED', 'REFUNDED'],
  PARTIALLY_REFUNDED: ['PARTIALLY_REFUNDED', 'REFUNDED'],
  REFUNDED: [],
  DECLINED: [],
  FAILED: [],
  CANCELLED: [],
} as const satisfies Record<PaymentStatus, readonly PaymentStatus[]>

/** Whether a payment may go from one state to the other; terminal states never change. */
export const mayGo = (from: PaymentStatus, to: PaymentStatus): boolean =>
  (TRANSITIONS[from] as readonly PaymentStatus[]).includes(to)

export function assertTransition(from: PaymentStatus, to: PaymentStatus): void {
  invariant(mayGo(from, to), `a payment does not go from ${from} to ${to}`)
}
