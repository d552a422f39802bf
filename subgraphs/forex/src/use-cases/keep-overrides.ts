import type { Pool } from '@corridor/platform'
import type { KeptOverride } from '../history/override-items.ts'
import type { RateHistory } from '../history/rate-history.ts'

const MAX_PER_ROUND = 100

/**
 * Copies manual rates that were set or ended since to the history, where they stand among the ticks; answers whether there
 * may be more. Copied again after a crash, they are the same items.
 */
export async function keepOverrides({ pool, history }: { pool: Pool; history: RateHistory }): Promise<boolean> {
  const { rows } = await pool.query<KeptOverride>(
    `select id, pair, mid::text, note, set_by as "setBy", set_at as "setAt", expires_at as "expiresAt",
       ended_at as "endedAt", ended_by as "endedBy"
     from rate_overrides where not in_history order by id limit $1`,
    [MAX_PER_ROUND],
  )
  for (const override of rows) await history.keepOverride(override)
  // One that was ended meanwhile is copied again: its row is not as it was read.
  await pool.query(
    `update rate_overrides o set in_history = true
     from unnest($1::uuid[], $2::timestamptz[]) as kept (id, ended_at)
     where o.id = kept.id and o.ended_at is not distinct from kept.ended_at`,
    [rows.map(({ id }) => id), rows.map(({ endedAt }) => endedAt)],
  )
  return rows.length === MAX_PER_ROUND
}
