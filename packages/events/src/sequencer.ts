import { inTransaction, invariant, type Logger, type Pool, type SqlClient, type Wakeups } from '@corridor/platform'
import { Lease } from './lease.ts'
import { Loop } from './loop.ts'

/** Each row of a queue table has a `sequence`; the rest is the owner's. */
export interface QueueRow {
  readonly sequence: bigint
}

export interface SequencerOptions<Row extends QueueRow = QueueRow> {
  /** Names the lease: one sequencer of this name places rows at a time, others stand by. */
  readonly name: string
  readonly pool: Pool
  readonly queueTable: string
  /**
   * Gives the rows their place, in the order given, inside the transaction that removes them from the queue. Where an insert
   * of one row for each does it, its text: it selects from `taken`, and goes in one statement with the removal.
   */
  readonly place: Place<Row> | string
  /** After the commit: tells readers that there is something new. */
  readonly placed?: () => void
  readonly logger: Logger
  readonly wakeups: Wakeups
  readonly channel: string
  readonly maxRows?: number
  readonly pollMs?: number
  readonly leaseTtlMs?: number
}

type Place<Row> = (client: SqlClient, rows: readonly Row[]) => Promise<void>

const DEFAULT_MAX_ROWS = 1_000
const DEFAULT_POLL_MS = 250
const DEFAULT_LEASE_TTL_MS = 5_000
const TABLE_NAME = /^[a-z_]+$/

/**
 * Gives committed rows their positions, after the commit and by one writer, so that a reader who goes by position
 * never misses one that became visible late.
 */
export class Sequencer<Row extends QueueRow = QueueRow> {
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
    const { pool, maxRows = DEFAULT_MAX_ROWS, place } = this.options
    if ((await this.lease.hold(pool)) === null) return false
    const count =
      typeof place === 'string'
        ? await this.placeAtOnce(pool, place, maxRows)
        : await inTransaction(pool, (client) => this.take(client, place, maxRows))
    if (count > 0) this.options.placed?.()
    return count === maxRows
  }

  private async take(client: SqlClient, place: Place<Row>, maxRows: number): Promise<number> {
    if (!(await this.lease.confirm(client))) return 0
    const { rows } = await client.query<Row>(
      `with taken as (
         delete from ${this.options.queueTable}
         where sequence in (select sequence from ${this.options.queueTable} order by sequence limit $1)
         returning *
       )
       select * from taken order by sequence`,
      [maxRows],
    )
    if (rows.length > 0) await place(client, rows)
    return rows.length
  }

  /** A lease is taken only from behind who works by it, so that what he placed is seen by the first statement of the next. */
  private async placeAtOnce(client: SqlClient, insert: string, maxRows: number): Promise<number> {
    const { name, queueTable } = this.options
    const { rowCount } = await client.query({
      name: `sequence-${name}`,
      text: `with taken as (
               delete from ${queueTable}
               where sequence in (select sequence from ${queueTable} order by sequence limit $4) and ${Lease.HELD}
               returning *
             )
             ${insert}`,
      values: [...this.lease.held, maxRows],
    })
    return rowCount ?? 0
  }
}
