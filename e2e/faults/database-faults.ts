import { setTimeout as delay } from 'node:timers/promises'
import { withDatabase } from '@corridor/platform'
import pg from 'pg'
import { expect, vi } from 'vitest'
import type { FaultPlatform } from './fault-platform.ts'

/** Longer than the platform's own limit for a statement, which is 30 s. */
const SAID = { timeout: 60_000, interval: 100 }
const BLOCKED = { timeout: 10_000, interval: 10 }

/** A connection as the superuser. */
async function connect(platform: FaultPlatform, database: string): Promise<pg.Client> {
  const connectionString = withDatabase(platform.adminUrl, database)
  const client = new pg.Client({ connectionString, application_name: 'faults' })
  client.on('error', () => undefined) // It may be ended with its server; its next statement says so.
  await client.connect()
  return client
}

async function connected<T>(
  platform: FaultPlatform,
  database: string,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = await connect(platform, database)
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

/** Waits until PostgreSQL's log has it: the proof that what was to go wrong did. */
export const hasSaid = (platform: FaultPlatform, words: string | RegExp): Promise<void> =>
  vi.waitFor(() => expect(platform.postgresLog).toMatch(words), SAID)

/**
 * Locks accounts against their order, so that a posting that has the first and wants the second and we who have the second and
 * want the first wait for each other, until PostgreSQL ends the posting. Ours is never ended: it does not look for deadlocks.
 */
export async function provokeDeadlock(platform: FaultPlatform, accounts: readonly string[]): Promise<void> {
  const [first, second] = [...accounts].sort()
  const lock = 'select 1 from accounts where id = $1 for update'
  await connected(platform, 'ledger_db', (observer) =>
    connected(platform, 'ledger_db', async (client) => {
      await client.query(`set deadlock_timeout = '1h'`)
      const { rows } = await client.query('select pg_backend_pid() as pid')
      await vi.waitFor(async () => {
        await client.query('begin')
        try {
          await client.query(lock, [second])
          await vi.waitFor(async () => {
            const waiting = 'select 1 from pg_stat_activity where $1 = any(pg_blocking_pids(pid))'
            expect((await observer.query(waiting, [rows[0]?.pid])).rowCount).toBeGreaterThan(0)
          }, BLOCKED)
          await client.query(lock, [first])
        } finally {
          await client.query('rollback')
        }
        expect(platform.postgresLog).toMatch('deadlock detected')
      }, SAID)
    }),
  )
}

/** Keeps accounts locked until a statement that waits for it has taken longer than it may. */
export async function provokeStatementTimeout(platform: FaultPlatform, accounts: readonly string[]): Promise<void> {
  await connected(platform, 'ledger_db', async (client) => {
    await client.query('begin')
    await client.query('select 1 from accounts where id = any($1::uuid[]) order by id for update', [accounts])
    await hasSaid(platform, 'canceling statement due to statement timeout')
    await client.query('rollback')
  })
}

/** Ends the connections of the platform's roles and allows them none for `forMs`, as if others had taken them all. */
export async function refuseConnections(platform: FaultPlatform, forMs: number): Promise<void> {
  await connected(platform, 'postgres', async (client) => {
    const { rows } = await client.query<{ role: string }>(
      `select quote_ident(rolname) as role from pg_roles where rolname like '%\\_app'`,
    )
    const limit = async (to: number): Promise<void> => {
      for (const { role } of rows) await client.query(`alter role ${role} connection limit ${to}`)
    }
    await limit(0)
    try {
      await client.query(
        `select pg_terminate_backend(pid) from pg_stat_activity where usename in (select rolname from pg_roles where rolconnlimit = 0)`,
      )
      await delay(forMs)
      await hasSaid(platform, 'too many connections for role')
    } finally {
      await limit(-1)
    }
  })
}

/** Refuses to count payments of so much, as a consumer would that has a fault in it; the answer mends it. */
export async function poisonCounters(platform: FaultPlatform, usdMinor: number): Promise<() => Promise<void>> {
  const run = (sql: string) => connected(platform, 'rule_engine_db', (client) => client.query(sql))
  await run(`create function refuse() returns trigger language plpgsql as $$ begin raise 'poisoned'; end $$;
    create trigger poison before update on reservations for each row
      when (new.state = 'COUNTED' and new.usd_minor = ${usdMinor}) execute function refuse()`)
  return async () => void (await run('drop function if exists refuse() cascade'))
}

/** An event that is larger than a broker takes, of a wallet that nobody has; answers its key. */
export async function queueTooLarge(platform: FaultPlatform): Promise<string> {
  return await connected(platform, 'wallet_db', async (client) => {
    const { rows } = await client.query<{ key: string }>(
      `insert into event_queue (id, topic, key, type, data)
       select gen_random_uuid(), 'wallet.events', w.id, 'wallet.frozen', jsonb_build_object(
         'walletId', w.id, 'owner', w.id, 'currency', 'USD', 'status', 'FROZEN', 'padding', repeat('x', 1000000))
       from (select gen_random_uuid()::text as id) w returning key`,
    )
    return rows[0]?.key ?? ''
  })
}

/** Makes parked events of that key small enough. */
export async function shrinkParked(platform: FaultPlatform, key: string): Promise<void> {
  await connected(platform, 'wallet_db', (client) =>
    client.query(`update parked_events set data = data - 'padding' where key = $1`, [key]),
  )
}
