import type { Clock, Logger, Refusal } from '@corridor/platform'
import type { Payment } from '../domain/payment.ts'
import type { SuspensePosting } from '../domain/provider-word.ts'
import type { FundingProvider } from '../providers/funding-provider.ts'
import type { OtherAmount } from '../use-cases/asked-items.ts'
import type { PaymentChange } from '../use-cases/payment-store.ts'
import type { BeneficiaryPort, LedgerPort, PricePort, RulesPort } from '../use-cases/ports.ts'

export interface ProcessDeps {
  readonly clock: Clock
  readonly logger: Logger
  readonly prices: PricePort
  readonly rules: RulesPort
  readonly ledger: LedgerPort
  readonly beneficiaries: BeneficiaryPort
  readonly providers: Readonly<Record<string, FundingProvider>>
  /** Whether a provider has said of a payment, or of a refund of it, that it moved another amount, posted like this. */
  readonly movedOtherwise: (paymentId: string, posting: SuspensePosting) => Promise<boolean>
  /** Opens an item for another amount that a provider has moved, as it says when it is asked. */
  readonly openAskedItem: (other: OtherAmount) => Promise<void>
  /** Commits that providers are about to be asked to begin these; answers those of them that are still ours. */
  readonly aboutToBegin: (payments: readonly Payment[]) => Promise<ReadonlySet<string>>
  /** Whether the round has lasted long enough: what is left is due in the next. */
  readonly isOver: () => boolean
}

/** A payment as it shall stand. */
export type Processed = PaymentChange

const FIRST_BACKOFF_MS = 200
export const MAX_BACKOFF_MS = 30_000

/** When to try again what has failed that often before. */
export const retryAt = (now: Date, attempts: number): Date =>
  new Date(now.getTime() + Math.min(FIRST_BACKOFF_MS * 2 ** attempts, MAX_BACKOFF_MS))

export const settledNow = { dueAt: null, attempts: 0 } as const

export const failed = (payment: Payment, { code, message }: Pick<Refusal, 'code' | 'message'>): Processed => ({
  ...payment,
  ...settledNow,
  status: 'FAILED',
  failureCode: code,
  failureMessage: message,
})
