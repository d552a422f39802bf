import { type SqlClient, uuidv7 } from '@corridor/platform'

/** The part of its life after which a lease is renewed. */
const RENEW_AFTER = 3

/**
 * One holder at a time, by a row of `leases`. Expiry is judged by the database's clock alone, so that no two clocks
 * are compared. The fence rises whenever the holder changes: work guarded by `fence` cannot be done by an old holder.
 */
export class Lease {
  readonly holder: string
  private fence: bigint | null = null
  private renewedAtMs = Number.NEGATIVE_INFINITY

  constructor(private readonly options: { name: string; ttlMs: number; holder?: string }) {
    this.holder = options.holder ?? uuidv7()
  }

  /**
   * The fence if this is the holder, after taking or renewing the lease; null while another holds it. What was renewed a
   * moment ago is not renewed again: `confirm` finds out if it was lost since.
   */
  async hold(client: SqlClient): Promise<bigint | null> {
    const nowMs = performance.now()
    if (this.fence !== null && nowMs - this.renewedAtMs < this.options.ttlMs / RENEW_AFTER) return this.fence
    const { rows } = await client.query<{ fence: bigint }>({
      name: 'lease-hold',
      text: `insert into leases as l (name, holder, fence, expires_at)
             values ($1, $2, 1, clock_timestamp() + $3 * interval '1 millisecond')
             on conflict (name) do update
               set holder = excluded.holder,
                   fence = case when l.holder = excluded.holder then l.fence else l.fence + 1 end,
                   expires_at = excluded.expires_at
               where l.holder = excluded.holder or l.expires_at < clock_timestamp()
             returning fence`,
      values: [this.options.name, this.holder, this.options.ttlMs],
    })
    this.fence = rows[0]?.fence ?? null
    this.renewedAtMs = nowMs
    return this.fence
  }

  /** Whether the lease is still ours, locking it until the transaction ends: what is written here, no later holder misses. */
  async confirm(client: SqlClient): Promise<boolean> {
    const { rowCount } = await client.query({
      name: 'lease-confirm',
      text: `select 1 from leases where name = $1 and holder = $2 and fence = $3 for share`,
      values: [...this.held],
    })
    if (rowCount !== 1) this.fence = null
    return rowCount === 1
  }

  /** The condition, on `held` as $1 to $3, under which a statement is the holder's: it locks the lease as `confirm` does. */
  static readonly HELD = 'exists (select 1 from leases where name = $1 and holder = $2 and fence = $3 for share)'

  get held(): readonly unknown[] {
    return [this.options.name, this.holder, this.fence]
  }

  /** Gives the lease up, so that a standby need not wait for its end. */
  async release(client: SqlClient): Promise<void> {
    this.fence = null
    await client.query(`update leases set expires_at = clock_timestamp() where name = $1 and holder = $2`, [
      this.options.name,
      this.holder,
    ])
  }
}
