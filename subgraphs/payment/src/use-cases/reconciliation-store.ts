import type { SqlClient } from '@corridor/platform'
import type { ItemKind, SuspensePosting } from '../domain/provider-word.ts'

/** What a provider said that changes no payment, or what the ledger has otherwise, for somebody to look into. */
export interface ReconciliationItem {
  readonly id: string
  readonly kind: ItemKind | 'TRANSFERS_DIFFER'
  readonly provider: string
  readonly paymentId: string
  readonly amountMinor: bigint
  readonly currency: string
  /** The posting between house accounts that it makes; null when nothing moved. */
  readonly debitCode: string | null
  readonly creditCode: string | null
  readonly openedAt: Date
}

const COLUMNS = `id, kind, provider, payment_id as "paymentId", amount_minor as "amountMinor", currency,
  debit_code as "debitCode", credit_code as "creditCode", opened_at as "openedAt"`

/** Opens an item; one that is there already stays as it is. Its posting is due at once. */
export async function openItem(client: SqlClient, item: ReconciliationItem): Promise<void> {
  await client.query(
    `insert into reconciliation_items (id, kind, provider, payment_id, amount_minor, currency, debit_code, credit_code,
       due_at, opened_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, case when $7::text is not null then $9::timestamptz end, $9)
     on conflict (id) do nothing`,
    [
      item.id,
      item.kind,
      item.provider,
      item.paymentId,
      item.amountMinor,
      item.currency,
      item.debitCode,
      item.creditCode,
      item.openedAt,
    ],
  )
}

/** Whether another amount was posted to suspense for a payment, or for a refund of it, in this direction. */
export async function hasOtherAmount(
  client: SqlClient,
  paymentId: string,
  { debitCode }: SuspensePosting,
): Promise<boolean> {
  const { rowCount } = await client.query({
    name: 'payment-items-other-amount',
    text: `select 1 from reconciliation_items where payment_id = $1 and kind = 'OTHER_AMOUNT' and debit_code = $2 limit 1`,
    values: [paymentId, debitCode],
  })
  return rowCount === 1
}

/** Items whose posting is due. */
export async function readDueItems(client: SqlClient, now: Date, limit: number): Promise<ReconciliationItem[]> {
  const { rows } = await client.query<ReconciliationItem & { id: string }>({
    name: 'payment-items-due',
    text: `select ${COLUMNS} from reconciliation_items where due_at <= $1 order by due_at limit $2`,
    values: [now, limit],
  })
  return rows
}

export async function markPosted(client: SqlClient, ids: readonly string[]): Promise<void> {
  await client.query('update reconciliation_items set due_at = null where id = any($1::uuid[])', [ids])
}

/** What nobody has looked into yet, oldest first. */
export async function listOpenItems(client: SqlClient, limit: number): Promise<ReconciliationItem[]> {
  const { rows } = await client.query<ReconciliationItem & { id: string }>(
    `select ${COLUMNS} from reconciliation_items where closed_at is null order by opened_at, id limit $1`,
    [limit],
  )
  return rows
}

/** Closes an item with what was found; false where there is none that is open and posted. */
export async function closeItem(
  client: SqlClient,
  { id, by, note, now }: { readonly id: string; readonly by: string; readonly note: string; readonly now: Date },
): Promise<boolean> {
  const { rowCount } = await client.query(
    `update reconciliation_items set closed_at = $2, closed_by = $3, note = $4
     where id = $1 and closed_at is null and due_at is null`,
    [id, now, by, note],
  )
  return rowCount === 1
}
