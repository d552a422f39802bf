import type { Pool } from '@corridor/platform'

/** What was done by the transfers of each of these journals, each action named once; a journal without any is left out. */
export async function readJournalActions(
  pool: Pool,
  journalIds: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const { rows } = await pool.query<{ id: string; actions: string[] }>({
    name: 'ledger-journal-actions',
    text: `select journal_id as id, array_agg(distinct action order by action) as actions from transfers
           where journal_id = any($1::uuid[]) group by journal_id`,
    values: [journalIds],
  })
  return new Map(rows.map(({ id, actions }) => [id, actions]))
}
