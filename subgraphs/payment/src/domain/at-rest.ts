import { hasArrived, type Payment, type PaymentStatus } from './payment.ts'
import { type JournalRole, journalIdOf } from './postings.ts'
import type { Refund } from './refund.ts'

/** What the ledger did by the journals of a payment or refund: nothing, posted at once, or held and then resolved or not. */
export type Moved = 'NOTHING' | 'POST' | 'HOLD' | 'HOLD CAPTURE' | 'HOLD VOID' | 'HOLD EXPIRE' | 'OTHER'

const ROLES: readonly JournalRole[] = ['post', 'hold', 'resolve']
const MOVED: ReadonlySet<string> = new Set<Moved>(['POST', 'HOLD', 'HOLD CAPTURE', 'HOLD VOID', 'HOLD EXPIRE'])
export const CAME_TO_NOTHING: ReadonlySet<PaymentStatus> = new Set(['DECLINED', 'FAILED', 'CANCELLED'])
const GIVEN_BACK: readonly Moved[] = ['NOTHING', 'HOLD VOID', 'HOLD EXPIRE']

export const journalsOf = (id: string): readonly string[] => ROLES.map((role) => journalIdOf(id, role))

/** Of the actions of each journal. */
export function movedBy(id: string, actions: ReadonlyMap<string, readonly string[]>): Moved {
  const found = journalsOf(id).map((journal) => [...new Set(actions.get(journal))].join('+'))
  const moved = found.filter((action) => action !== '').join(' ')
  if (moved === '') return 'NOTHING'
  return MOVED.has(moved) ? (moved as Moved) : 'OTHER'
}

/** What a payment that has ended may have moved; null of one that has not. */
export function allowedOf({ kind, status }: Pick<Payment, 'kind' | 'status'>): readonly Moved[] | null {
  if (hasArrived(status)) return kind === 'TRANSFER' ? ['POST', 'HOLD CAPTURE'] : ['HOLD CAPTURE']
  return CAME_TO_NOTHING.has(status) ? GIVEN_BACK : null
}

/** The same of a refund. */
export function allowedOfRefund({ status }: Pick<Refund, 'status'>): readonly Moved[] | null {
  if (status === 'COMPLETED') return ['POST', 'HOLD CAPTURE']
  return status === 'FAILED' ? GIVEN_BACK : null
}
