import { inProcessWakeups, systemClock, uuidv7 } from '@corridor/platform'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkInvariants, type JournalDraft, LedgerUseCases } from '../src/index.ts'
import { capture, hold, move, release, TestBooks } from './books.ts'

const WRITERS = 16
/** Calls of each writer; `ISOLATION_SECONDS=20` writes for that long instead. */
const CALLS = 25
const SECONDS = Number(process.env.ISOLATION_SECONDS ?? 0)
const HOT = 2
const UNIFORM = 60
const FUNDS_MINOR = 2_000n
const MAX_JOURNALS_PER_CALL = 12

let books: TestBooks
let accounts: string[]
beforeAll(async () => {
  books = await TestBooks.open()
  accounts = await Promise.all(Array.from({ length: HOT + UNIFORM }, () => books.wallet('USD', FUNDS_MINOR)))
})
afterAll(() => books.close())

const between = (limit: number): number => Math.floor(Math.random() * limit)

/** Half of all sides are one of two hot accounts. */
function pair(): [string, string] {
  const pick = () => accounts[Math.random() < 0.5 ? between(HOT) : HOT + between(UNIFORM)] ?? ''
  for (;;) {
    const [from, to] = [pick(), pick()]
    if (from !== to) return [from, to]
  }
}

/** A writer posts, holds, and resolves holds of anybody's: many of its journals are refused, and that is as it should be. */
function journalOf(holds: string[]): JournalDraft {
  const [from, to] = pair()
  const amountMinor = BigInt(1 + between(200))
  const made = hold(from, to, amountMinor)
  const known = holds[between(Math.max(holds.length, 1))]
  const kinds = [
    () => [move(from, to, amountMinor)],
    () => [move(from, to, amountMinor), move(to, 'income.fees', 1n)],
    () => {
      holds.push(made.id)
      return [made]
    },
    () => [known ? capture(known, Math.random() < 0.3 ? 1n : null) : made],
    () => [known ? release(known) : made],
  ]
  return { id: uuidv7(), final: Math.random() < 0.2, transfers: kinds[between(kinds.length)]?.() ?? [] }
}

describe('sixteen writers at once, on hot accounts and on others', () => {
  it(
    'lose no update, leave no version without its event, never deadlock, and post what they were told was posted',
    async () => {
      const { pool } = books.ledger
      const servers = Array.from(
        { length: WRITERS },
        () => new LedgerUseCases({ pool, clock: systemClock, wakeups: inProcessWakeups() }),
      )
      const holds: string[] = []
      const sent: JournalDraft[] = []
      const posted = new Set<string>()
      const until = performance.now() + SECONDS * 1000
      const write = async (server: LedgerUseCases): Promise<void> => {
        for (let call = 0; SECONDS > 0 ? performance.now() < until : call < CALLS; call += 1) {
          const journals = Array.from({ length: 1 + between(MAX_JOURNALS_PER_CALL) }, () => journalOf(holds))
          const again = sent[between(Math.max(sent.length, 1))] // Somebody's earlier one, whatever became of it.
          if (again) journals.push(again)
          sent.push(...journals.slice(0, 1))
          const results = await server.postJournals(journals)
          if (!results.ok) throw new Error(results.message)
          for (const { id, status } of results.value) if (status === 'POSTED') posted.add(id)
        }
      }
      await Promise.all(servers.map(write))

      expect(posted.size).toBeGreaterThan(WRITERS)
      const { rows } = await pool.query(`select id from journals where status = 'POSTED'`)
      expect(rows.filter(({ id }) => posted.has(id))).toHaveLength(posted.size)
      expect(await deadlocks()).toBe(0)
      expect(await brokenVersions()).toEqual([])
      const checks = await checkInvariants({ pool, clock: systemClock })
      expect(checks.filter(({ holds: held }) => !held)).toEqual([])
      const total = await pool.query('select sum(posted_minor)::bigint as total from accounts')
      expect(total.rows[0].total).toBe(0n)
    },
    120_000 + SECONDS * 1000,
  )
})

async function deadlocks(): Promise<number> {
  const { rows } = await books.ledger.pool.query(
    'select deadlocks::int from pg_stat_database where datname = current_database()',
  )
  return rows[0].deadlocks
}

/** Accounts of which some version has no event, or two: each change has its own. */
async function brokenVersions(): Promise<string[]> {
  const { rows } = await books.ledger.pool.query(
    `select a.id from accounts a
     left join (select key::uuid as id, count(*) as events, count(distinct (data ->> 'version')::bigint) as versions,
                       max((data ->> 'version')::bigint) as newest
                from event_queue where type in ('ledger.entry', 'ledger.account') group by key) e on e.id = a.id
     where coalesce(e.newest, 0) <> a.version or coalesce(e.events, 0) <> a.version or e.events <> e.versions`,
  )
  return rows.map(({ id }) => id)
}
