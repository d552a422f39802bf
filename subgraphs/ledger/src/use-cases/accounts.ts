import { enqueueEvents, type NewEvent, queueChannel } from '@corridor/events'
import { isCurrency } from '@corridor/money'
import { accept, inTransaction, isUuid, type Pool, type Result, refuse, type Wakeups } from '@corridor/platform'
import { CUSTOMER_WALLET, floorOf } from '../domain/chart-of-accounts.ts'
import type { AccountState, AccountStatus } from '../domain/journal.ts'
import { lockAccounts } from './books-reading.ts'

export interface NewAccount {
  readonly id: string
  readonly code: string
  readonly currency: string
  readonly owner: string
}

const MAX_ACCOUNTS_PER_CALL = 1_000

/** Opens customers' accounts; the same id again is the same account. Another owner or currency under it is refused. */
export async function openAccounts(
  pool: Pool,
  accounts: readonly NewAccount[],
): Promise<Result<readonly NewAccount[]>> {
  if (accounts.length > MAX_ACCOUNTS_PER_CALL) return refuse('BATCH_TOO_LARGE')
  for (const [index, { id, code, currency, owner }] of accounts.entries()) {
    const field = `accounts.${index}`
    if (!isUuid(id)) return refuse('BAD_USER_INPUT', `${field}.id is not a UUID.`, `${field}.id`)
    if (!isUuid(owner)) return refuse('BAD_USER_INPUT', `${field}.owner is not a UUID.`, `${field}.owner`)
    if (!isCurrency(currency)) return refuse('BAD_USER_INPUT', `${field}.currency is no currency.`, `${field}.currency`)
    if (code !== CUSTOMER_WALLET)
      return refuse('BAD_USER_INPUT', `${field}.code is made by the ledger itself.`, `${field}.code`)
  }
  const { rows } = await pool.query<NewAccount>(
    `with opened as (
       insert into accounts (id, code, currency, owner, floor_minor)
       select * from unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[], $5::bigint[]) order by 1
       on conflict (id) do nothing
       returning id, code, currency, owner
     )
     select * from opened
     union select id, code, currency, owner from accounts where id = any($1::uuid[])`,
    [
      accounts.map(({ id }) => id),
      accounts.map(({ code }) => code),
      accounts.map(({ currency }) => currency),
      accounts.map(({ owner }) => owner),
      accounts.map(({ code }) => floorOf(code)),
    ],
  )
  const opened = new Map(rows.map((row) => [row.id, row]))
  const differs = accounts.find(({ id, currency, owner }) => {
    const row = opened.get(id)
    return row?.currency !== currency || row.owner !== owner
  })
  return differs ? refuse('CONFLICT', 'This account id belongs to another account.', 'accounts') : accept(accounts)
}

/** An account's status, and the version of the account that had it: of two, the one of the higher version is newer. */
export interface DecidedStatus {
  readonly id: string
  readonly status: AccountStatus
  readonly version: bigint
}

/**
 * Changes an account's status. A frozen account takes no new debit or credit; what is pending is still resolved. Closing
 * demands nothing posted and nothing pending on either side, and is for ever.
 */
export async function setAccountStatus(
  { pool, wakeups }: { pool: Pool; wakeups: Wakeups },
  { id, status }: { id: string; status: AccountStatus },
): Promise<Result<DecidedStatus>> {
  const result = await inTransaction(pool, async (client): Promise<Result<DecidedStatus>> => {
    const account = (await lockAccounts(client, new Set([id]))).get(id)
    const refused = account ? refuseStatus(account, status) : refuse('ACCOUNT_NOT_FOUND')
    if (refused || !account) return refused ?? refuse('ACCOUNT_NOT_FOUND')
    if (account.status === status) return accept({ id, status, version: account.version })
    const version = account.version + 1n
    await client.query('update accounts set status = $2, version = $3 where id = $1', [id, status, version])
    await enqueueEvents(client, [statusEvent({ ...account, status, version })])
    return accept({ id, status, version })
  })
  if (result.ok) wakeups.wake(queueChannel('ledger'))
  return result
}

/** That an account's status is another now. */
export const statusEvent = (
  account: Pick<AccountState, 'id' | 'version' | 'status' | 'currency' | 'postedMinor' | 'heldMinor'>,
): NewEvent => ({
  topic: 'ledger.transfers',
  key: account.id,
  type: 'ledger.account',
  data: {
    accountId: account.id,
    version: String(account.version),
    status: account.status,
    currency: account.currency,
    postedMinor: String(account.postedMinor),
    heldMinor: String(account.heldMinor),
  },
})

/** Customers' accounts that are frozen, or closed, in the order of their ids, from after `after` on. */
export async function readAccountsOutOfUse(
  pool: Pool,
  { status, after, limit }: { status: 'FROZEN' | 'CLOSED'; after: string; limit: number },
): Promise<DecidedStatus[]> {
  const { rows } = await pool.query<DecidedStatus>({
    name: `ledger-accounts-${status}`,
    text: `select id, status, version from accounts
           where status = '${status}' and owner is not null and id > $1 order by id limit $2`,
    values: [after, limit],
  })
  return rows
}

/** The status of each of these accounts, those that do not exist left out. */
export async function readAccountStatuses(pool: Pool, ids: readonly string[]): Promise<DecidedStatus[]> {
  const { rows } = await pool.query<DecidedStatus>({
    name: 'ledger-account-statuses',
    text: 'select id, status, version from accounts where id = any($1::uuid[])',
    values: [ids],
  })
  return rows
}

function refuseStatus(account: AccountState, status: AccountStatus) {
  if (account.owner === null) return refuse('FORBIDDEN', 'Accounts of the house are neither frozen nor closed.')
  if (account.status === 'CLOSED' && status !== 'CLOSED') return refuse('ACCOUNT_CLOSED')
  if (status !== 'CLOSED') return null
  const empty = account.postedMinor === 0n && account.heldMinor === 0n && account.incomingMinor === 0n
  return empty ? null : refuse('CONFLICT', 'An account is closed when nothing is posted on it and nothing is pending.')
}
