import type { Pool } from '@corridor/platform'
import { MAX_BACKOFF_MS } from './processed.ts'

/**
 * What waits for its turn or for another attempt, and for no instant of its own. The first condition follows from the others:
 * it names the index that holds no scheduled payment, however many there are.
 */
const PAYMENTS_FOR_THEIR_TURN = `status <> 'SCHEDULED' and (status = 'PENDING' or (status = 'IN_REVIEW' and intent is not null)
  or (status = 'AUTHORIZED' and (provider_started_at is null or provider_outcome is not null)))`
const REFUNDS_FOR_THEIR_TURN = `status = 'PENDING' and (provider_started_at is null or provider_outcome is not null)`

/** Exported for the test of its plan. */
export const HASTEN_SQL = `with payments_ahead as (
  select id from payments where due_at > $1 and ${PAYMENTS_FOR_THEIR_TURN} for no key update skip locked
), hastened as (
  update payments p set due_at = $2 from payments_ahead a where p.id = a.id returning 1
), refunds_ahead as (
  select id from refunds where due_at > $1 and ${REFUNDS_FOR_THEIR_TURN} for no key update skip locked
), refunds_hastened as (
  update refunds r set due_at = $2 from refunds_ahead a where r.id = a.id returning 1
), items_ahead as (
  select id from reconciliation_items where due_at > $1 for no key update skip locked
), items_hastened as (
  update reconciliation_items i set due_at = $2 from items_ahead a where i.id = a.id returning 1
)
select ((select count(*) from hastened) + (select count(*) from refunds_hastened)
  + (select count(*) from items_hastened))::int as hastened`

/**
 * Makes due what lies further ahead than any attempt is put off: a clock that was ahead wrote it, this one before it was set
 * back or that of another process, and nobody waits until ours has caught up. Answers of how many that was.
 */
export async function hastenDue(pool: Pool, now: Date): Promise<number> {
  const { rows } = await pool.query<{ hastened: number }>({
    name: 'payment-hasten-due',
    text: HASTEN_SQL,
    values: [new Date(now.getTime() + MAX_BACKOFF_MS), now],
  })
  return rows[0]?.hastened ?? 0
}
