import type { SqlClient } from '@corridor/platform'
import type { Page } from '@corridor/subgraph'

export interface EntryRecord {
  readonly number: bigint
  readonly transferId: string
  readonly direction: 'DEBIT' | 'CREDIT'
  readonly amountMinor: bigint
  readonly balanceAfterMinor: bigint
  readonly at: Date
}

/** A page of an account's entries, newest first; one row more than asked for says that there is more. */
export async function listEntries(
  client: SqlClient,
  { accountId, page, from, to }: { accountId: string; page: Page; from: Date | null; to: Date | null },
): Promise<EntryRecord[]> {
  const { rows } = await client.query<EntryRecord>(
    `select number, transfer_id as "transferId", direction, amount_minor as "amountMinor",
            balance_after_minor as "balanceAfterMinor", at
     from entries
     where account_id = $1 and ($2::bigint is null or number < $2::bigint)
       and ($3::timestamptz is null or number > (select entry_number_at($1, $3::timestamptz - interval '1 microsecond')))
       and ($4::timestamptz is null or number <= (select entry_number_at($1, $4::timestamptz - interval '1 microsecond')))
     order by number desc limit $5`,
    [accountId, page.after?.[0] ?? null, from, to, page.limit + 1],
  )
  return rows
}
