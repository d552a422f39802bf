import { Loop } from '@corridor/events'
import type { Clock, Logger, Pool, SqlClient } from '@corridor/platform'

const DAY_MS = 24 * 60 * 60 * 1000
/** Far longer than any quote stands: a rate is locked for a day at most, and a quote's payment has a decision of its own. */
export const PREPARED_KEPT_MS = 30 * DAY_MS
const MAX_ROWS = 1_000

/** Forgets, once a day, what was decided for quotes that have long expired. Several may run. */
export const preparedPurge = ({ pool, clock, logger }: { pool: Pool; clock: Clock; logger: Logger }): Loop =>
  new Loop({
    name: 'rule-engine: prepared decisions',
    logger,
    round: async () => (await purgePrepared(pool, clock.now(), MAX_ROWS)) === MAX_ROWS,
    pollMs: DAY_MS,
  })

/** Forgets so many at most of those that were decided `PREPARED_KEPT_MS` ago; answers how many. */
export async function purgePrepared(client: SqlClient, now: Date, maxRows: number): Promise<number> {
  const { rowCount } = await client.query(
    `delete from decisions where id = any(array(
       select id from decisions where prepared and decided_at <= $1 order by decided_at limit $2))`,
    [new Date(now.getTime() - PREPARED_KEPT_MS), maxRows],
  )
  return rowCount ?? 0
}
