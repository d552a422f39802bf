import { testClock } from '@corridor/testing'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkInvariants } from '../src/index.ts'
import { trialBalance } from '../src/queries/trial-balance.ts'
import { TestBooks } from './books.ts'
import { ModelRun } from './model/model-run.ts'
import { steps } from './model/steps.ts'

/** More runs find rarer things: `MODEL_RUNS=2000 npx vitest run subgraphs/ledger/test/model.test.ts`. */
const RUNS = Number(process.env.MODEL_RUNS ?? 25)
const MS_PER_RUN = 10_000

const clock = testClock()
let books: TestBooks
beforeAll(async () => {
  books = await TestBooks.open({ clock })
})
afterAll(() => books.close())

describe('the ledger against books on paper', () => {
  it(
    'comes to the same results and balances, whatever is asked of it and in whatever order',
    async () => {
      await fc.assert(
        fc.asyncProperty(steps, async (taken) => {
          const run = await ModelRun.begin(books, clock)
          for (const step of taken) await run.take(step)
        }),
        { numRuns: RUNS, endOnFailure: false },
      )
      const checks = await checkInvariants({ pool: books.ledger.pool, clock })
      expect(checks.filter(({ holds }) => !holds)).toEqual([])
      const { rows } = await books.ledger.pool.query(
        `select coalesce(e.transfer_id, t.id) as id from expiring_holds e
         full join (select id from transfers h where expires_at is not null
                    and not exists (select 1 from transfers r where r.resolves = h.id)) t on t.id = e.transfer_id
         where e.transfer_id is null or t.id is null`,
      )
      expect(rows, 'holds that wait to expire, but should not, or should and do not').toEqual([])
    },
    RUNS * MS_PER_RUN,
  )

  it('has entries in the order of their times, and balances at any past instant, though clocks jumped', async () => {
    const { pool } = books.ledger
    const { rows } = await pool.query(
      `select count(*)::int as entries, count(*) filter (where at < before)::int as backwards
       from (select at, lag(at) over (partition by account_id order by number) as before from entries) as ordered`,
    )
    expect(rows[0].entries).toBeGreaterThan(0)
    expect(rows[0].backwards).toBe(0)
    const instants = await pool.query(
      'select at from (select distinct at from entries) as e order by random() limit 40',
    )
    for (const { at } of instants.rows) {
      for (const line of await trialBalance(pool, at)) expect(line.debitsMinor).toBe(line.creditsMinor)
    }
  })
})
