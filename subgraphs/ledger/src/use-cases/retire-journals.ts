import { inTransaction } from '@corridor/platform'
import type { JournalResult } from '../domain/journal.ts'
import { readDecided } from './books-reading.ts'
import type { PostJournalsDeps } from './post-journals.ts'

/**
 * Gives ids up: what was not posted under them never will be, however late the call comes. Answers for each id, in
 * order, what it had come to already, or RETIRED.
 */
export async function retireJournals(
  { pool, clock }: Pick<PostJournalsDeps, 'pool' | 'clock'>,
  ids: readonly string[],
): Promise<JournalResult[]> {
  const now = clock.now()
  const known = await inTransaction(pool, async (client) => {
    await client.query(
      `insert into journals (id, status, decided_at) select id, 'RETIRED', $2 from unnest($1::uuid[]) as r (id) order by id
       on conflict (id) do nothing`,
      [[...new Set(ids)], now],
    )
    return new Map((await readDecided(client, ids)).map((journal) => [journal.id, journal.result]))
  })
  return ids.map((id) => known.get(id) ?? { id, status: 'RETIRED', decidedAt: now })
}
