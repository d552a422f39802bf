import type { Clock, Pool } from '@corridor/platform'
import { expireQuotes } from './quote-store.ts'

const MAX_PER_ROUND = 1_000

/** Announces the end of quotes whose time has passed unused; answers whether there may be more. */
export async function announceExpiredQuotes({ pool, clock }: { pool: Pool; clock: Clock }): Promise<boolean> {
  return (await expireQuotes(pool, clock.now(), MAX_PER_ROUND)) === MAX_PER_ROUND
}
