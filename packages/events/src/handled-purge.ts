import type { Logger, Pool, SqlClient } from '@corridor/platform'
import { Loop } from './loop.ts'
import { HANDLED_RETENTION_MS } from './retention.ts'

const EVERY_MS = 24 * 60 * 60 * 1000
const MAX_ROWS = 10_000

/**
 * Forgets, once a day, which events were handled so long ago that none of them can come again. Several may run. Rows are
 * found by reading them all: few consumers keep them, and an index would cost every one that they handle.
 */
export class HandledPurge {
  private readonly loop: Loop

  constructor({ domain, pool, logger }: { domain: string; pool: Pool; logger: Logger }) {
    const round = async (): Promise<boolean> => (await purgeHandled(pool, MAX_ROWS)) === MAX_ROWS
    this.loop = new Loop({ name: `handled-purge:${domain}`, logger, round, pollMs: EVERY_MS })
  }

  start(): void {
    this.loop.start()
  }

  stop(): Promise<void> {
    return this.loop.stop()
  }
}

/** Forgets so many at most of those that came last before `HANDLED_RETENTION_MS`; answers how many. */
export async function purgeHandled(client: SqlClient, maxRows: number): Promise<number> {
  const { rowCount } = await client.query(
    `delete from handled_events where ctid = any(array(
       select ctid from handled_events where handled_at < now() - $1 * interval '1 millisecond' limit $2))`,
    [HANDLED_RETENTION_MS, maxRows],
  )
  return rowCount ?? 0
}
