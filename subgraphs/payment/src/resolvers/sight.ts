import { type Caller, hasScope } from '@corridor/platform'
import type { SubgraphContext } from '@corridor/subgraph'
import { hasArrived, type Payment } from '../domain/payment.ts'

/** How a caller sees a payment: as its payer, as staff, as its payee once it has arrived, or not at all. */
export type Sight = 'payer' | 'staff' | 'payee'

export function sightOf(
  { caller }: Pick<SubgraphContext, 'caller'>,
  { payer, payee, status }: Pick<Payment, 'payer' | 'payee' | 'status'>,
): Sight | null {
  if (caller.kind === 'user' && caller.subject === payer) return 'payer'
  if (isStaff(caller)) return 'staff'
  return caller.kind === 'user' && caller.subject === payee && hasArrived(status) ? 'payee' : null
}

/** Who may see payments of others. */
export const isStaff = (caller: Caller): boolean =>
  hasScope(caller, 'payments:review') || hasScope(caller, 'ledger:audit')
