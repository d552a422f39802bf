import type { SqlClient } from '@corridor/platform'
import type { DownloadRange } from '../domain/download.ts'
import type { StatementAccount } from '../domain/statement-row.ts'

/** An account with the numbers of its entries in a period, first and last, and its balance before them. */
export interface StatementBounds extends StatementAccount {
  readonly first: bigint
  /** Less than `first` when there is none. */
  readonly last: bigint
  readonly openingMinor: bigint
}

/**
 * Up to `limit` accounts behind the id `after`, in id order, with what of each falls into the period as of now. The
 * numbers decide, not the times: they are without gaps, so that opening balance and entries always make the closing one.
 */
export async function readStatementBounds(
  client: SqlClient,
  { range, after, limit }: { range: DownloadRange; after: string | null; limit: number },
): Promise<StatementBounds[]> {
  const { rows } = await client.query<StatementBounds>({
    name: 'ledger-statement-bounds',
    text: `select a.id, a.code, a.currency, b.first, b.last, coalesce(o.balance_after_minor, 0) as "openingMinor"
           from (select id, code, currency from accounts
                 where ($1::uuid is null or id = $1) and ($2::uuid is null or id > $2) order by id limit $3) a
           cross join lateral (
             select entry_number_at(a.id, $4::timestamptz - interval '1 microsecond') + 1 as first,
                    entry_number_at(a.id, $5::timestamptz - interval '1 microsecond') as last
           ) b
           left join entries o on o.account_id = a.id and o.number = b.first - 1
           order by a.id`,
    values: [range.accountId, after, limit, range.from, range.to],
  })
  return rows
}

export interface StatementEntry {
  readonly number: bigint
  readonly at: Date
  readonly direction: 'DEBIT' | 'CREDIT'
  readonly amountMinor: bigint
  readonly balanceMinor: bigint
  readonly transferId: string
  readonly journalId: string
  readonly description: string | null
}

/** Up to `limit` entries of an account behind number `after`, up to number `last`, in order. */
export async function readStatementEntries(
  client: SqlClient,
  { accountId, after, last, limit }: { accountId: string; after: bigint; last: bigint; limit: number },
): Promise<StatementEntry[]> {
  const { rows } = await client.query<StatementEntry>({
    name: 'ledger-statement-entries',
    text: `select e.number, e.at, e.direction, e.amount_minor as "amountMinor", e.balance_after_minor as "balanceMinor",
                  e.transfer_id as "transferId", t.journal_id as "journalId", j.description
           from (select * from entries where account_id = $1 and number > $2 and number <= $3 order by number limit $4) e
           cross join lateral (select journal_id from transfers where id = e.transfer_id offset 0) t -- by its key
           cross join lateral (select description from journals where id = t.journal_id offset 0) j
           order by e.number`,
    values: [accountId, after, last, limit],
  })
  return rows
}
