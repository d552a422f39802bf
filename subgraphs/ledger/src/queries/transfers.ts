import type { SqlClient } from '@corridor/platform'
import type { TransferAction } from '../domain/journal.ts'
import type { Viewer } from './viewer.ts'

export interface TransferRecord {
  readonly id: string
  readonly journalId: string
  readonly action: TransferAction
  readonly debitAccountId: string
  readonly creditAccountId: string
  readonly debitCode: string
  readonly creditCode: string
  readonly amountMinor: bigint
  readonly currency: string
  readonly resolves: string | null
  readonly expiresAt: Date | null
  readonly createdAt: Date
  readonly description: string | null
  /** How a hold was resolved, and what of it was posted. */
  readonly resolution: 'CAPTURE' | 'VOID' | 'EXPIRE' | null
  readonly capturedMinor: bigint | null
}

/**
 * Transfers by id that the viewer may see, in one statement. A customer sees a transfer if he owns one side, or if he
 * paid: one of his accounts is debited in the same journal. Who sees customers' accounts sees what moved on them.
 */
export async function readTransfers(
  client: SqlClient,
  ids: readonly string[],
  viewer: Viewer,
): Promise<Map<string, TransferRecord>> {
  const { rows } = await client.query<TransferRecord>({
    name: 'ledger-read-transfers',
    text: `select t.id, t.journal_id as "journalId", t.action, t.debit_account_id as "debitAccountId",
                  t.credit_account_id as "creditAccountId", d.code as "debitCode", c.code as "creditCode",
                  t.amount_minor as "amountMinor", t.currency, t.resolves, t.expires_at as "expiresAt",
                  t.created_at as "createdAt", j.description, r.action as resolution,
                  case when r.action = 'CAPTURE' then r.amount_minor end as "capturedMinor"
           from transfers t
           join accounts d on d.id = t.debit_account_id
           join accounts c on c.id = t.credit_account_id
           join journals j on j.id = t.journal_id
           left join transfers r on r.resolves = t.id
           where t.id = any($1::uuid[])
             and ($2 or d.owner = $3::uuid or c.owner = $3::uuid or ($4 and coalesce(d.owner, c.owner) is not null)
                  or exists (select 1 from transfers s join accounts a on a.id = s.debit_account_id
                             where s.journal_id = t.journal_id and a.owner = $3::uuid))`,
    values: [ids, viewer.mayAudit, viewer.owner, viewer.mayAdminWallets],
  })
  return new Map(rows.map((row) => [row.id, row]))
}
