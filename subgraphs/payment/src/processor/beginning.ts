import type { Payment } from '../domain/payment.ts'
import { journalIdOf, planPostings, transferIdOf } from '../domain/postings.ts'
import type { JournalToPost } from '../use-cases/ports.ts'
import type { Processed } from './processed.ts'

export interface PricedFields {
  readonly principalMinor: bigint
  readonly creditMinor: bigint
  readonly feeMinor: bigint
  readonly referenceUsdMinor: bigint
}

/** The journal by which a payment begins: posted at once, or held. */
export function beginningOf(payment: Payment & PricedFields, role: 'post' | 'hold'): JournalToPost {
  const id = journalIdOf(payment.id, role)
  const action = role === 'post' ? 'POST' : 'HOLD'
  const transfers = planPostings(payment).map(
    (posting, index) => ({ ...posting, id: transferIdOf(id, index), action }) as const,
  )
  return { id, role, transfers }
}

/** A payment with the transfers of that journal. */
export function withTransfers(payment: Processed, { transfers }: JournalToPost): Processed {
  const forPayee = transfers.filter((transfer) => 'forPayee' in transfer && transfer.forPayee)
  return {
    ...payment,
    transferIds: [...payment.transferIds, ...transfers.map(({ id }) => id)],
    payeeTransferIds: [...payment.payeeTransferIds, ...forPayee.map(({ id }) => id)],
  }
}
