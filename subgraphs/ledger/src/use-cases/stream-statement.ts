import type { Pool } from '@corridor/platform'
import type { DownloadRange } from '../domain/download.ts'
import type { StatementRow, StatementWriter } from '../domain/statement-row.ts'
import { readStatementBounds, readStatementEntries, type StatementBounds } from '../queries/statements.ts'

/** What is held in memory of a statement at any time, however long it is. */
export const ENTRIES_PER_PAGE = 1_000
const ACCOUNTS_PER_PAGE = 100

/**
 * A statement as text, a page at a time: the next is read when the one before was taken. Entries never change, so that
 * each page is read by itself and no connection is held while a client is slow. An account without balance and
 * entries is left out when all are asked for.
 */
export async function* streamStatement(
  pool: Pool,
  range: DownloadRange,
  writer: StatementWriter,
): AsyncGenerator<string> {
  yield writer.begin(range)
  for await (const account of accountsOf(pool, range)) {
    const isEmpty = account.last < account.first && account.openingMinor === 0n
    if (isEmpty && range.accountId === null) continue
    for await (const rows of rowsOf(pool, range, account)) yield rows.map((row) => writer.write(row)).join('')
  }
  yield writer.end()
}

async function* accountsOf(pool: Pool, range: DownloadRange): AsyncGenerator<StatementBounds> {
  for (let after: string | null = null; ; ) {
    const page = await readStatementBounds(pool, { range, after, limit: ACCOUNTS_PER_PAGE })
    yield* page
    after = page.at(-1)?.id ?? null
    if (page.length < ACCOUNTS_PER_PAGE) return
  }
}

async function* rowsOf(pool: Pool, range: DownloadRange, bounds: StatementBounds): AsyncGenerator<StatementRow[]> {
  const { first, last, openingMinor, ...account } = bounds
  yield [{ row: 'opening', account, at: range.from, balanceMinor: openingMinor }]
  let [balanceMinor, debitsMinor, creditsMinor] = [openingMinor, 0n, 0n]
  for (let after = first - 1n; after < last; ) {
    const page = await readStatementEntries(pool, { accountId: account.id, after, last, limit: ENTRIES_PER_PAGE })
    for (const entry of page) {
      if (entry.direction === 'DEBIT') debitsMinor += entry.amountMinor
      else creditsMinor += entry.amountMinor
      ;({ balanceMinor, number: after } = entry)
    }
    if (page.length === 0) throw new Error(`Account ${account.id} has no entry behind ${after}, and says ${last}.`)
    yield page.map((entry) => ({ row: 'entry', account, ...entry }))
  }
  yield [{ row: 'closing', account, at: range.to, balanceMinor, debitsMinor, creditsMinor }]
}
