import { setTimeout as delay } from 'node:timers/promises'
import { type Logger, type Pool, type SqlClient, uuidv7 } from '@corridor/platform'
import { type Errand, PAYMENTS_OF } from '../use-cases/payment-store.ts'
import { FIRST_OF_PAYMENT, REFUNDS_OF } from '../use-cases/refund-store.ts'

export interface HeldLease {
  readonly walletId: string
  readonly fence: bigint
  /** Whether refunds are due, beside payments or alone. */
  readonly hasRefunds: boolean
}

/** How often a lease is renewed in its life: one renewal may fail and the next still come in time. */
const RENEWALS = 3

/**
 * Leases on wallets, so that one processor at a time works on a wallet's payments. Times are the database's alone. The
 * fence rises with every taking: a holder who slept past his lease cannot commit what he decided.
 */
export class WalletLeases {
  private readonly holder = uuidv7()

  constructor(private readonly ttlMs: number) {}

  /** Takes up to `limit` wallets that have something due on that errand, behind nothing that waits, and that nobody holds. */
  async take(pool: Pool, { errand, now, limit }: { errand: Errand; now: Date; limit: number }): Promise<HeldLease[]> {
    const { rows } = await pool.query<HeldLease & { fence: bigint }>({
      name: `wallet-leases-take-${errand}`,
      text: `with ready as materialized (
               select leased_wallet_id, number, status, due_at from payments where due_at <= $2 and ${PAYMENTS_OF[errand]}
             ), waiting as materialized (
               select leased_wallet_id, min(number) as number from payments
               where leased_wallet_id in (select leased_wallet_id from ready) and status = 'PENDING' and due_at > $2 group by 1
             ), work as (
               select leased_wallet_id as wallet_id, r.due_at, false as refund
               from ready r left join waiting w using (leased_wallet_id)
               where r.status <> 'PENDING' or w.number is null or r.number < w.number
               union all
               select leased_wallet_id, due_at, true from refunds r where due_at <= $2 and ${FIRST_OF_PAYMENT} and ${REFUNDS_OF[errand]}
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

  /**
   * Does `work` with the leases renewed all the while: a holder that is slow keeps them, and one that died or hangs loses
   * them within their time. A lease that could not be renewed is lost, which its fence tells.
   */
  async keepWhile<T>(
    { pool, leases, logger }: { pool: Pool; leases: readonly HeldLease[]; logger: Logger },
    work: () => Promise<T>,
  ): Promise<T> {
    const done = new AbortController()
    const renewing = this.renewUntil(done.signal, { pool, leases, logger })
    try {
      return await work()
    } finally {
      done.abort()
      await renewing
    }
  }

  private async renewUntil(
    done: AbortSignal,
    { pool, leases, logger }: { pool: Pool; leases: readonly HeldLease[]; logger: Logger },
  ): Promise<void> {
    while (await passed(this.ttlMs / RENEWALS, done)) {
      try {
        await this.renew(pool, leases)
      } catch (error) {
        logger.warn({ error }, 'the leases of wallets were not renewed')
      }
    }
  }

  /** What has expired or was given up stays so. Locks rows in order, as taking and giving up do. */
  private async renew(pool: Pool, leases: readonly HeldLease[]): Promise<void> {
    await pool.query({
      name: 'wallet-leases-renew',
      text: `with held as (
               select l.wallet_id from wallet_leases l
               join unnest($1::uuid[], $2::bigint[]) as h (wallet_id, fence) on h.wallet_id = l.wallet_id and h.fence = l.fence
               where l.holder = $3 and l.expires_at > clock_timestamp() order by l.wallet_id for update of l
             )
             update wallet_leases l set expires_at = clock_timestamp() + $4 * interval '1 millisecond'
             from held where l.wallet_id = held.wallet_id`,
      values: [...this.named(leases), this.ttlMs],
    })
  }

  /** Those of the leases that are still ours: nobody takes them before the transaction ends. */
  async lock(client: SqlClient, leases: readonly HeldLease[]): Promise<ReadonlySet<string>> {
    const { rows } = await client.query<{ walletId: string }>({
      name: 'wallet-leases-lock',
      text: `select l.wallet_id as "walletId" from wallet_leases l
             join unnest($1::uuid[], $2::bigint[]) as h (wallet_id, fence) on h.wallet_id = l.wallet_id and h.fence = l.fence
             where l.holder = $3 order by l.wallet_id for update of l`,
      values: [...this.named(leases)],
    })
    return new Set(rows.map(({ walletId }) => walletId))
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
      values: [...this.named(leases)],
    })
    return new Set(rows.map(({ walletId }) => walletId))
  }

  private named(leases: readonly HeldLease[]): readonly unknown[] {
    return [leases.map(({ walletId }) => walletId), leases.map(({ fence }) => fence), this.holder]
  }
}

/** Waits so long; answers false when `done` comes first. */
async function passed(delayMs: number, done: AbortSignal): Promise<boolean> {
  try {
    await delay(delayMs, undefined, { signal: done })
    return true
  } catch (error) {
    if (done.aborted) return false
    throw error
  }
}
