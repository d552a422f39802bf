import { type Pool, type SqlClient, uuidv7 } from '@corridor/platform'
import { FIRST_OF_PAYMENT } from '../use-cases/refund-store.ts'

export interface HeldLease {
  readonly walletId: string
  readonly fence: bigint
  /** Whether refunds are due, beside payments or alone. */
  readonly hasRefunds: boolean
}

/**
 * Leases on wallets, so that one processor at a time works on a wallet's payments. Times are the database's alone. The
 * fence rises with every taking: a holder who slept past his lease cannot commit what he decided.
 */
export class WalletLeases {
  private readonly holder = uuidv7()

  constructor(private readonly ttlMs: number) {}

  /** Takes up to `limit` wallets that have something due, behind nothing that waits, and that nobody holds. */
  async take(pool: Pool, { now, limit }: { now: Date; limit: number }): Promise<HeldLease[]> {
    const { rows } = await pool.query<HeldLease & { fence: bigint }>({
      name: 'wallet-leases-take',
      text: `with ready as materialized (
               select leased_wallet_id, number, status, due_at from payments where due_at <= $2
             ), waiting as materialized (
               select leased_wallet_id, min(number) as number from payments
               where leased_wallet_id in (select leased_wallet_id from ready) and status = 'PENDING' and due_at > $2 group by 1
             ), work as (
               select leased_wallet_id as wallet_id, r.due_at, false as refund
               from ready r left join waiting w using (leased_wallet_id)
               where r.status <> 'PENDING' or w.number is null or r.number < w.number
               union all
               select leased_wallet_id, due_at, true from refunds r where due_at <= $2 and ${FIRST_OF_PAYMENT}
             ), busy as (
               select wallet_id, min(due_at) as first, bool_or(refund) as refunds from work group by 1
             ), due as (
               select wallet_id, first, refunds from busy
               where not exists (
                 select 1 from wallet_leases l where l.wallet_id = busy.wallet_id and l.expires_at > clock_timestamp())
               order by first limit $3
             ), taken as (
               insert into wallet_leases as l (wallet_id, holder, fence, expires_at)
               select wallet_id, $1, 1, clock_timestamp() + $4 * interval '1 millisecond' from due order by wallet_id
               on conflict (wallet_id) do update set holder = excluded.holder, fence = l.fence + 1, expires_at = excluded.expires_at
                 where l.expires_at <= clock_timestamp()
               returning wallet_id, fence
             )
             select wallet_id as "walletId", fence, refunds as "hasRefunds" from taken join due using (wallet_id)`,
      values: [this.holder, now, limit, this.ttlMs],
    })
    return rows
  }

  /** Those of the leases that are still ours, locked until the transaction ends and given up with it. */
  async giveUp(client: SqlClient, leases: readonly HeldLease[]): Promise<ReadonlySet<string>> {
    const { rows } = await client.query<{ walletId: string }>({
      name: 'wallet-leases-give-up',
      text: `with held as (
               select l.wallet_id from wallet_leases l
               join unnest($1::uuid[], $2::bigint[]) as h (wallet_id, fence) on h.wallet_id = l.wallet_id and h.fence = l.fence
               where l.holder = $3 order by l.wallet_id for update of l
             )
             update wallet_leases l set expires_at = clock_timestamp() from held where l.wallet_id = held.wallet_id
             returning l.wallet_id as "walletId"`,
      values: [leases.map(({ walletId }) => walletId), leases.map(({ fence }) => fence), this.holder],
    })
    return new Set(rows.map(({ walletId }) => walletId))
  }
}
