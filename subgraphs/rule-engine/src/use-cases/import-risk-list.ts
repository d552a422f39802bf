import { accept, inTransactionOrRefuse, type Result, refuse } from '@corridor/platform'
import { CsvError } from 'csv-parse'
import { parse } from 'csv-parse/sync'
import { checkListName, listOf } from '../domain/risk-list.ts'
import { findRiskList, insertRiskList, listRiskLists, type RiskList } from './risk-list-store.ts'
import { BOOK_CHANNEL, lockChanges, recordChange } from './rule-set-store.ts'
import type { RuleChangeDeps } from './save-rule-set.ts'

const MAX_CSV_CHARACTERS = 4_000_000
/** As spreadsheets and people write it: with any line ends, even mixed, and rows of different lengths. */
const CSV_OPTIONS = {
  bom: true,
  skip_empty_lines: true,
  relax_column_count: true,
  record_delimiter: ['\r\n', '\n', '\r'],
}

/**
 * Replaces a list by what a CSV file (RFC 4180) holds, as a new version that every instance asks within a second. The same
 * content again changes nothing; a list keeps its kind.
 */
export async function importRiskList(
  { pool, clock, wakeups }: Pick<RuleChangeDeps, 'pool' | 'clock' | 'wakeups'>,
  { name, csv }: { name: string; csv: string },
  actor: string,
): Promise<Result<RiskList>> {
  const named = checkListName(name)
  if (!named.ok) return named
  const rows = rowsOf(csv)
  if (!rows.ok) return rows
  const content = listOf(rows.value)
  if (!content.ok) return content
  const at = clock.now()
  const result = await inTransactionOrRefuse(pool, async (client) => {
    await lockChanges(client)
    const before = await findRiskList(client, name)
    if (before && before.kind !== content.value.kind) {
      return refuse('CONFLICT', `The list ${name} holds ${before.kind}, the file ${content.value.kind}.`, 'csv')
    }
    if (before && sameValues(before.values, content.value.values)) {
      const unchanged = (await listRiskLists(client)).find((list) => list.name === name)
      return unchanged ? accept(unchanged) : refuse('NOT_FOUND')
    }
    const list = await insertRiskList(client, { ...content.value, name, at, by: actor })
    await recordChange(client, { subject: 'list', name, version: list.version, action: 'IMPORTED', actor, at })
    return accept(list)
  })
  wakeups.wake(BOOK_CHANNEL)
  return result
}

const sameValues = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((value, index) => value === b[index])

function rowsOf(csv: string): Result<string[][]> {
  if (csv.length > MAX_CSV_CHARACTERS) {
    return refuse('BATCH_TOO_LARGE', `csv has at most ${MAX_CSV_CHARACTERS} characters.`, 'csv')
  }
  try {
    return accept(parse(csv, CSV_OPTIONS) as string[][]) // Without `columns`: rows of text.
  } catch (error) {
    if (!(error instanceof CsvError)) throw error
    return refuse('BAD_USER_INPUT', `csv: ${error.message}`, 'csv')
  }
}
