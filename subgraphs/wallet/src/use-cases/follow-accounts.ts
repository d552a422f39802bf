import { enqueueEvents } from '@corridor/events'
import { inTransaction, type Pool } from '@corridor/platform'

/** What the ledger decided of the account of a wallet, as of that version of the account. */
export interface AccountDecision {
  readonly id: string
  readonly status: 'OPEN' | 'FROZEN' | 'CLOSED'
  readonly version: bigint
}

/** Wallets that are out of use and may come back, in the order of their ids, from after `after` on: those that are frozen. */
export async function readWalletsOutOfUse(
  pool: Pool,
  { after, limit }: { after: string; limit: number },
): Promise<string[]> {
  const { rows } = await pool.query<{ id: string }>({
    name: 'wallet-out-of-use',
    text: `select id from wallets where status = 'FROZEN' and id > $1 order by id limit $2`,
    values: [after, limit],
  })
  return rows.map(({ id }) => id)
}

/**
 * Brings wallets to what the ledger decided of their accounts, where they have not heard of it, and answers which were
 * changed: the ledger froze an account by itself, or a process ended between its decision and the wallet's.
 */
export async function followAccounts(pool: Pool, decisions: readonly AccountDecision[]): Promise<readonly string[]> {
  if (decisions.length === 0) return []
  return await inTransaction(pool, async (client) => {
    const { rows } = await client.query<{ walletId: string; owner: string; currency: string; status: string }>({
      name: 'wallet-follow-accounts',
      text: `with decided as (
               select id, case status when 'OPEN' then 'ACTIVE' else status end as status, version
               from unnest($1::uuid[], $2::text[], $3::bigint[]) as d (id, status, version)
             ), locked as (
               select w.id, d.status, d.version from wallets w join decided d using (id)
               where w.status <> d.status and w.account_version <= d.version order by w.id for update of w
             )
             update wallets w set status = l.status, account_version = l.version, updated_at = now(),
               status_reason = case l.status when 'FROZEN' then 'The ledger has frozen the account.' end
             from locked l where w.id = l.id
             returning w.id as "walletId", w.owner, w.currency, w.status`,
      values: [
        decisions.map(({ id }) => id),
        decisions.map(({ status }) => status),
        decisions.map(({ version }) => version),
      ],
    })
    const events = rows.map((data) => {
      const type = `wallet.${data.status.toLowerCase()}`
      return { topic: 'wallet.events', key: data.walletId, type, data } as const
    })
    await enqueueEvents(client, events)
    return rows.map(({ walletId }) => walletId)
  })
}
