import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createTestDatabase } from '@corridor/testing'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createLogger, createPool, type Pool, tellSlowStatements } from '../src/index.ts'

const WAIT = { timeout: 30_000 }
const SLOW = 'select relname, pg_sleep($2) from pg_class where relname = $1'
const SECRET = 'pg_class' // A value that finds a row, so that the statement does sleep.
let database: Awaited<ReturnType<typeof createTestDatabase>>
let pool: Pool
const lines: string[] = []
const logger = createLogger({ service: 'ledger-service', write: (line) => lines.push(line) })
beforeAll(async () => {
  database = await createTestDatabase({ migrationsDirectory: mkdtempSync(join(tmpdir(), 'corridor-none-')) })
  pool = createPool({ url: database.applicationUrl, service: 'ledger-service' })
})
afterAll(async () => {
  tellSlowStatements(null)
  await pool.end()
  await database.drop()
})

const told = () => vi.waitFor(() => JSON.parse(lines[0] ?? '') as Record<string, unknown>, WAIT) // One line of JSON.

describe('a slow statement', () => {
  it('is told as it is written, with the plan for any values, once a minute', async () => {
    tellSlowStatements({ thresholdMs: 50, plans: true, logger })
    for (let time = 0; time < 2; time += 1) await pool.query(SLOW, [SECRET, 0.06])
    const line = await told()
    expect(line).toMatchObject({ statement: SLOW, msg: 'a slow statement' })
    expect(line.durationMs).toBeGreaterThanOrEqual(50)
    expect(line.plan).toMatch(/pg_class.*relname = \$1/s)
    expect(line.plan).not.toContain(`'${SECRET}'`)
    expect(lines).toHaveLength(1)
  })

  it('is told without a plan unless plans are asked for', async () => {
    lines.length = 0
    tellSlowStatements({ thresholdMs: 50, plans: false, logger })
    await pool.query(SLOW, [SECRET, 0.06])
    expect(await told()).not.toHaveProperty('plan')
  })

  it('is none when it is fast', async () => {
    lines.length = 0
    tellSlowStatements({ thresholdMs: 60_000, plans: false, logger })
    await pool.query(SLOW, [SECRET, 0])
    expect(lines).toEqual([])
  })
})
