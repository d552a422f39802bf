import type { SqlClient } from '@corridor/platform'
import type { Page } from '@corridor/subgraph'
import type { AccountState } from '../domain/journal.ts'
import type { Viewer } from './viewer.ts'

const COLUMNS = `id, code, currency, owner, status, posted_minor as "postedMinor", held_minor as "heldMinor",
  incoming_minor as "incomingMinor", floor_minor as "floorMinor", entry_count as "entryCount", version`

/** Accounts by id, in one statement; those that do not exist are left out. */
export async function readAccounts(client: SqlClient, ids: readonly string[]): Promise<Map<string, AccountState>> {
  const { rows } = await client.query<AccountState>({
    name: 'ledger-read-accounts',
    text: `select ${COLUMNS} from accounts where id = any($1::uuid[])`,
    values: [ids],
  })
  return new Map(rows.map((row) => [row.id, row]))
}

export interface AccountFilter {
  readonly code: string | null
  readonly currency: string | null
}

/** A page of the accounts that the viewer may see, in id order; one row more than asked for says that there is more. */
export async function listAccounts(
  client: SqlClient,
  { filter, page, viewer }: { filter: AccountFilter; page: Page; viewer: Viewer },
): Promise<AccountState[]> {
  const { rows } = await client.query<AccountState>(
    `select ${COLUMNS} from accounts
     where ($1::text is null or code = $1) and ($2::text is null or currency = $2)
       and ($3::uuid is null or id > $3::uuid)
       and ($4 or ($5 and owner is not null) or owner = $6::uuid)
     order by id limit $7`,
    [
      filter.code,
      filter.currency,
      page.after?.[0] ?? null,
      viewer.mayAudit,
      viewer.mayAdminWallets,
      viewer.owner,
      page.limit + 1,
    ],
  )
  return rows
}

/** The posted balance as it was at `at`: what the newest entry up to then left. */
export async function balanceAt(
  client: SqlClient,
  { accountId, at }: { accountId: string; at: Date },
): Promise<bigint> {
  const { rows } = await client.query<{ balance: bigint }>({
    name: 'ledger-balance-at',
    text: `select balance_after_minor as balance from entries
           where account_id = $1 and number = (select entry_number_at($1, $2))`,
    values: [accountId, at],
  })
  return rows[0]?.balance ?? 0n
}
