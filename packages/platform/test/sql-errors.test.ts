import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createTestDatabase } from '@corridor/testing'
import { describe, expect, it, vi } from 'vitest'
import { createPool, inTransaction, isRetryableSqlError } from '../src/index.ts'

const passing = {
  '08006': 'a connection lost',
  '25P03': 'a transaction that was left alone',
  '40001': 'a serialisation failure',
  '40P01': 'a deadlock',
  '53100': 'a full disk',
  '53300': 'too many connections',
  '57014': 'a statement that took too long',
  '57P03': 'a server that is starting',
  '58030': 'a disk that fails',
}
const lasting = { '22003': 'a number too large', '23505': 'a key twice', '42703': 'no such column', P0001: 'a trigger' }
const stateOf = (code: string) => Object.assign(new Error('from PostgreSQL'), { code })

const system = ['ECONNREFUSED', 'ECONNRESET', 'EHOSTUNREACH', 'EPIPE', 'ETIMEDOUT']

describe('an error of PostgreSQL', () => {
  it.each(Object.entries(passing))('%s, %s, may be gone when it is tried again', (code) => {
    expect(isRetryableSqlError(stateOf(code))).toBe(true)
  })

  it.each(Object.entries(lasting))('%s, %s, stays', (code) => {
    expect(isRetryableSqlError(stateOf(code))).toBe(false)
  })
})

describe('a connection to PostgreSQL', () => {
  it.each(system)('that fails by %s may work when it is tried again', (code) => {
    expect(isRetryableSqlError(Object.assign(new AggregateError([]), { code }))).toBe(true)
  })

  it('that is lost between two statements may work when it is tried again', async () => {
    const database = await createTestDatabase({ migrationsDirectory: mkdtempSync(join(tmpdir(), 'corridor-none-')) })
    const pool = createPool({ url: database.applicationUrl, service: 'test' })
    const lost = inTransaction(pool, async (client) => {
      const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid')
      await pool.query('select pg_terminate_backend($1)', [rows[0]?.pid])
      await vi.waitFor(() => expect(client.query('select 1')).rejects.toThrow('not queryable'), { timeout: 30_000 })
      await client.query('select 1')
    })
    await expect(lost).rejects.toSatisfy(isRetryableSqlError)
    await pool.end()
    await database.drop()
  })
})
