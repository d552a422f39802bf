import { type Clock, Fault, type Pool } from '@corridor/platform'
import { journalIdOf, transferIdOf } from '../domain/postings.ts'
import type { JournalToPost, LedgerPort } from '../use-cases/ports.ts'
import { markPosted, type ReconciliationItem, readDueItems } from '../use-cases/reconciliation-store.ts'

const MAX_ITEMS = 100

/**
 * Posts money that no payment explains between settlement and suspense. Each posting has the id of its item, so that
 * whoever posts it again changes nothing: no lease is needed. What the ledger refuses stays due, and holds up no other.
 * Answers whether there may be more.
 */
export async function postItems(deps: { pool: Pool; clock: Clock; ledger: LedgerPort }): Promise<boolean> {
  const { pool, clock, ledger } = deps
  const items = await readDueItems(pool, clock.now(), MAX_ITEMS)
  if (items.length === 0) return false
  const results = await ledger.post(items.map(journalOf))
  const idsWhere = (ok: boolean) => items.filter((_, index) => (results[index]?.ok ?? false) === ok).map(({ id }) => id)
  await markPosted(pool, idsWhere(true))
  const refused = idsWhere(false)
  if (refused.length > 0) throw new Fault('INTERNAL_SERVER_ERROR', `Not posted to suspense: ${refused.join(', ')}.`)
  return items.length === MAX_ITEMS
}

function journalOf({ id, debitCode, creditCode, amountMinor, currency }: ReconciliationItem): JournalToPost {
  const journalId = journalIdOf(id, 'suspense')
  const [debit, credit] = [debitCode ?? '', creditCode ?? ''] // Only an item with a posting is ever due.
  const posting = {
    id: transferIdOf(journalId, 0),
    action: 'POST',
    debitAccount: debit,
    creditAccount: credit,
    debitAccountCode: debit,
    creditAccountCode: credit,
    amountMinor,
    currency,
    forPayee: false,
  } as const
  return { id: journalId, role: 'suspense', transfers: [posting] }
}
