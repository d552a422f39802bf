import { inTransaction, invariant, type Logger, type Pool, type SqlClient, type Wakeups } from '@corridor/platform'
import { Lease } from './lease.ts'
import { Loop } from './loop.ts'

/** Each row of a queue table has a `sequence`; the rest is the owner's. */
export interface QueueRow {
  readonly sequence: bigint
}

export interface SequencerOptions<Row extends QueueRow> {
  /** Names the lease: one sequencer of this name places rows at a time, others stand by. */
  readonly name: string
  readonly pool: Pool
  readonly queueTable: string
  /** Gives the rows their place, in the order given, inside the transaction that removes them from the queue. */
  readonly place: (client: SqlClient, rows: readonly Row[]) => Promise<void>
  /** After the commit: tells readers that there is something new. */
  readonly placed?: (rows: readonly Row[]) => void
  readonly logger: Logger
  readonly wakeups: Wakeups
  readonly channel: string
  readonly maxRows?: number
  readonly pollMs?: number
  readonly leaseTtlMs?: number
}

const DEFAULT_MAX_ROWS = 1_000
const DEFAULT_POLL_MS = 250
const DEFAULT_LEASE_TTL_MS = 5_000
const TABLE_NAME = /^[a-z_]+$/

/**
 * Gives committed rows their positions, after the commit and by one writer, so that a reader who goes by position
 * never misses one that became visible late.
 */
export class Sequencer<Row extends QueueRow> {
  private readonly lease: Lease
  private readonly loop: Loop

  constructor(private readonly options: SequencerOptions<Row>) {
    invariant(TABLE_NAME.test(options.queueTable), 'a queue table has a plain name')
    this.lease = new Lease({ name: options.name, ttlMs: options.leaseTtlMs ?? DEFAULT_LEASE_TTL_MS })
    this.loop = new Loop({
      name: options.name,
      logger: options.logger,
      round: () => this.round(),
      pollMs: options.pollMs ?? DEFAULT_POLL_MS,
      wakeups: options.wakeups,
      channels: [options.channel],
    })
  }

  start(): void {
    this.loop.start()
  }

  async stop(): Promise<void> {
    await this.loop.stop()
    await this.lease.release(this.options.pool)
  }

  /** Places up to `maxRows` rows; answers whether more may be waiting. */
  async round(): Promise<boolean> {
    const { pool, maxRows = DEFAULT_MAX_ROWS } = this.options
    if ((await this.lease.hold(pool)) === null) return false
    const rows = await inTransaction(pool, (client) => this.take(client, maxRows))
    if (rows.length > 0) this.options.placed?.(rows)
    return rows.length === maxRows
  }

  private async take(client: SqlClient, maxRows: number): Promise<readonly Row[]> {
    if (!(await this.lease.confirm(client))) return []
    const { rows } = await client.query<Row>(
      `with taken as (
         delete from ${this.options.queueTable}
         where sequence in (select sequence from ${this.options.queueTable} order by sequence limit $1)
         returning *
       )
       select * from taken order by sequence`,
      [maxRows],
    )
    if (rows.length > 0) await this.options.place(client, rows)
    return rows
  }
}
