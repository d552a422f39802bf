import { ledgerMigrations } from '@corridor/ledger'
import { inProcessWakeups, silentLogger, systemClock } from '@corridor/platform'
import { createTestDatabase, type TestDatabase } from '@corridor/testing'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { Reconciler } from './reconciler.ts'

let database: TestDatabase
let client: pg.Client
beforeAll(async () => {
  database = await createTestDatabase({ migrationsDirectory: ledgerMigrations })
  client = new pg.Client({ connectionString: database.applicationUrl })
  await client.connect()
})
afterAll(async () => {
  await client.end()
  await database.drop()
})

const reconciler = () =>
  new Reconciler({
    databaseUrl: database.applicationUrl,
    clock: systemClock,
    logger: silentLogger,
    wakeups: inProcessWakeups(),
  })
const lastCheck = async (): Promise<Date | undefined> =>
  (await client.query('select max(checked_at) as at from invariant_checks')).rows[0].at ?? undefined

describe('the reconciler', () => {
  it('checks by itself from its start on, one at a time, and hands over when it stops', async () => {
    const [first, second] = [reconciler(), reconciler()]
    first.start()
    await vi.waitFor(async () => expect(await lastCheck()).toBeDefined(), { timeout: 20_000 })
    const checked = await lastCheck()
    await second.reconcile()
    expect(await lastCheck()).toEqual(checked)
    await first.stop()
    await second.reconcile()
    expect((await lastCheck())?.getTime()).toBeGreaterThan(checked?.getTime() ?? 0)
    await second.stop()
  })
})
