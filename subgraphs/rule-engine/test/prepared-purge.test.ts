import { afterAll, beforeAll, expect, it } from 'vitest'
import { PREPARED_KEPT_MS, purgePrepared } from '../src/use-cases/prepared-purge.ts'
import { payment, RulesFixture } from './fixture.ts'

const QUOTES = 7

let fixture: RulesFixture
beforeAll(async () => {
  fixture = await RulesFixture.start()
})
afterAll(() => fixture.close())

it('what was decided for quotes is forgotten when they have long expired, and what was decided for payments never', async () => {
  const { pool } = fixture.rules
  const id = await fixture.customer()
  const prepare = async (count: number) =>
    (
      await fixture.decide(
        Array.from({ length: count }, () => payment(id, 1)),
        { prepare: true },
      )
    ).map(({ subjectId }) => subjectId)
  await prepare(QUOTES)
  const [paid] = await fixture.decide([payment(id, 1)])
  const decidedAt = fixture.clock.now()
  fixture.clock.advanceMs(1)
  const [young] = await prepare(1)

  const purge = (afterMs: number, maxRows: number) =>
    purgePrepared(pool, new Date(decidedAt.getTime() + afterMs), maxRows)
  expect(await purge(PREPARED_KEPT_MS - 1, 100)).toBe(0)
  expect(await purge(PREPARED_KEPT_MS, 5)).toBe(5)
  expect(await purge(PREPARED_KEPT_MS, 100)).toBe(QUOTES - 5)
  const { rows } = await pool.query<{ id: string }>('select id from decisions order by decided_at')
  expect(rows.map((row) => row.id)).toEqual([paid?.subjectId, young])
})

it('they are forgotten by the rule engine itself, all that are due', async () => {
  const id = await fixture.customer()
  await fixture.decide([payment(id, 1)], { prepare: true })
  fixture.clock.advanceMs(2 * PREPARED_KEPT_MS)
  const { pool } = await fixture.anotherInstance()
  await expect
    .poll(async () => (await pool.query('select 1 from decisions where prepared')).rowCount, { timeout: 30_000 })
    .toBe(0)
})
