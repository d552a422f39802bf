import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { paymentMigrations } from '@corridor/payment'
import { createPool, type Pool, uuidv7 } from '@corridor/platform'
import { profileMigrations } from '@corridor/profile'
import { createTestDatabase, type TestDatabase } from '@corridor/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { GIVEN_UP } from '../src/ops/given-up.ts'

const CASE = { timeout: 240_000 }
const MAIN = join(import.meta.dirname, '../dist/ops/main.js')
const databases: TestDatabase[] = []
const pools: Pool[] = []
let env: Record<string, string>
let profile: Pool
let payment: Pool

beforeAll(async () => {
  const open = async (migrationsDirectory: string): Promise<[string, Pool]> => {
    const database = await createTestDatabase({ migrationsDirectory })
    databases.push(database)
    const pool = createPool({ url: database.applicationUrl, service: 'test' })
    pools.push(pool)
    return [database.applicationUrl, pool]
  }
  const [profileUrl, profilePool] = await open(profileMigrations)
  const [paymentUrl, paymentPool] = await open(paymentMigrations)
  profile = profilePool
  payment = paymentPool
  env = { PROFILE_DATABASE_URL: profileUrl, PAYMENT_DATABASE_URL: paymentUrl }
})
afterAll(async () => {
  for (const pool of pools) await pool.end()
  for (const database of databases) await database.drop()
})

/** What `npm run ops` prints, line by line. @throws with `code` when it ends with another than 0. */
async function ops(...args: string[]): Promise<string[]> {
  const { stdout } = await promisify(execFile)(process.execPath, [MAIN, ...args], { env })
  return stdout.trimEnd().split('\n')
}

/** What the command does, without a process for it: to start one takes long. */
function givenUp(kind: 'mails' | 'webhooks', pool: Pool) {
  const known = GIVEN_UP.get(kind)
  if (!known) throw new Error('There is no such command.')
  return { lines: () => known.lines(pool, 10), again: (id: string | null) => known.tryAgain(pool, id) }
}

describe('mails that were given up', () => {
  it('are listed with their Message-ID, and due again when an operator wants it: one, or all', CASE, async () => {
    const [first, second] = [uuidv7(), uuidv7()]
    await profile.query(
      `insert into postponed_mails (event_id, kind, key, data, attempts, due_at, given_up_at, reason)
       select e.id, 'completed', 'a payment', '{}', 30, 'infinity', e.at, 'The server puts the mail off (452).'
       from (values ($1::uuid, timestamptz '2026-11-02 12:00Z'), ($2, '2026-11-01 12:00Z')) e (id, at)`,
      [first, second],
    )
    const lineOf = (id: string, day: string): string =>
      `${id}.completed  about a payment, given up at 2026-11-${day}T12:00:00.000Z after 30 attempts: The server puts the mail off (452).`
    const { lines, again } = givenUp('mails', profile)
    expect(await lines()).toEqual([lineOf(first, '02'), lineOf(second, '01')])
    expect(await ops('mails', 'replay', `${first}.completed`)).toEqual(['1 tried again'])
    expect(await ops('mails')).toEqual(['1 given up', `  ${lineOf(second, '01')}`])
    await expect(ops('mails', 'replay', `${first}.completed`)).rejects.toMatchObject({ code: 1 })
    expect(await again(null)).toBe(1)
    const { rows } = await profile.query('select attempts, due_at <= now() as due from postponed_mails')
    expect(rows).toEqual([
      { attempts: 1, due: true },
      { attempts: 1, due: true },
    ])
  })

  it.each([
    ['mails', 'replay', 'nonsense'],
    ['mails', 'replay', `${uuidv7()}.completed`, 'more'],
    ['webhooks', 'forget'],
  ])('are not tried again by %s %s %s', CASE, async (...args) => {
    await expect(ops(...args)).rejects.toMatchObject({ code: 2 })
  })
})

describe('deliveries that were given up', () => {
  it('are listed and due again, but for those to endpoints that were deleted', async () => {
    const [kept, deleted, owner] = [uuidv7(), uuidv7(), uuidv7()]
    const [dead, gone, done] = [uuidv7(), uuidv7(), uuidv7()]
    await payment.query(
      `insert into webhooks (id, owner, url, events, secret_ct, created_at, deleted_at)
       select w.id, $3::uuid, 'https://example.org/', '{}', '', now(), w.at from (values ($1::uuid, null), ($2, now())) w (id, at)`,
      [kept, deleted, owner],
    )
    await payment.query(
      `insert into webhook_deliveries (id, webhook_id, event_id, event_type, occurred_at, data, status, attempts, last_error)
       select d.id, d.webhook, gen_random_uuid(), 'payment.completed', '2026-11-02 12:00Z', '{}', d.status, 8, 'The endpoint answered 500.'
       from (values ($1::uuid, $4::uuid, 'DEAD'), ($2, $5, 'DEAD'), ($3, $4, 'DELIVERED')) d (id, webhook, status)`,
      [dead, gone, done, kept, deleted],
    )
    const { lines, again } = givenUp('webhooks', payment)
    expect(await lines()).toEqual([
      `${dead}  payment.completed of 2026-11-02T12:00:00.000Z to ${kept}, after 8 attempts: The endpoint answered 500.`,
    ])
    expect(await again(gone)).toBe(0)
    expect(await again(dead)).toBe(1)
    expect(await again(null)).toBe(0)
    const pending = `select id, attempts, next_attempt_at <= now() as due from webhook_deliveries where status = 'PENDING'`
    expect((await payment.query(pending)).rows).toEqual([{ id: dead, attempts: 0, due: true }])
  })
})
