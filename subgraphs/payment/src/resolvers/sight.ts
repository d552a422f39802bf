import { hasScope } from '@corridor/platform'
import type { SubgraphContext } from '@corridor/subgraph'
import { hasArrived, type Payment } from '../domain/payment.ts'

/** How a caller sees a payment: as its payer, as staff, as its payee once it has arrived, or not at all. */
export type Sight = 'payer' | 'staff' | 'payee'

export function sightOf(
  { caller }: Pick<SubgraphContext, 'caller'>,
  { payer, payee, status }: Pick<Payment, 'payer' | 'payee' | 'status'>,
): Sight | null {
  if (caller.kind === 'user' && caller.subject === payer) return 'payer'
  if (hasScope(caller, 'payments:review') || hasScope(caller, 'ledger:audit')) return 'staff'
  return caller.kind === 'user' && caller.subject === payee && hasArrived(status) ? 'payee' : null
}
