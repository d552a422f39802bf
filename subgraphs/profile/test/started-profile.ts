import { randomBytes } from 'node:crypto'
import { inProcessWakeups, silentLogger, systemClock, uuidv7 } from '@corridor/platform'
import type { SubgraphContext } from '@corridor/subgraph'
import { asUser, createTestDatabase } from '@corridor/testing'
import pg from 'pg'
import {
  createProfileSubgraph,
  type ProfileSubgraph,
  type ProfileSubgraphDeps,
  profileKeyMigrations,
  profileMigrations,
} from '../src/index.ts'

export interface StartedProfile {
  readonly subgraph: ProfileSubgraph
  readonly databaseUrl: string
  readonly keysDatabaseUrl: string
  /** Rows of `profile_db`, as the application sees them. */
  rows(sql: string, values?: unknown[]): Promise<Record<string, unknown>[]>
  close(): Promise<void>
}

/** The subgraph over two databases of its own. */
export async function startProfile(options: Partial<ProfileSubgraphDeps> = {}): Promise<StartedProfile> {
  const database = await createTestDatabase({ migrationsDirectory: profileMigrations })
  const keysDatabase = await createTestDatabase({ migrationsDirectory: profileKeyMigrations })
  const pool = new pg.Pool({ connectionString: database.applicationUrl, max: 2 })
  const subgraph = await createProfileSubgraph({
    databaseUrl: database.applicationUrl,
    keysDatabaseUrl: keysDatabase.applicationUrl,
    masterKey: randomBytes(32).toString('base64'),
    indexKey: randomBytes(32).toString('base64'),
    idempotencySecret: randomBytes(32).toString('hex'),
    clock: systemClock,
    logger: silentLogger,
    wakeups: inProcessWakeups(),
    ...options,
  })
  return {
    subgraph,
    databaseUrl: database.applicationUrl,
    keysDatabaseUrl: keysDatabase.applicationUrl,
    rows: async (sql, values = []) => (await pool.query<Record<string, unknown>>(sql, values)).rows,
    close: async () => {
      await subgraph.close()
      await pool.end()
      await database.drop()
      await keysDatabase.drop()
    },
  }
}

/** What must never be seen outside its own place. */
export const CANARY = 'Quillfeather'

/** A customer whose token names the canary. */
export function customer(id = uuidv7(), ...scopes: string[]): SubgraphContext {
  const context = asUser(id, ...scopes)
  const claims = {
    email: `${CANARY}@example.com`,
    givenName: 'Ada',
    familyName: CANARY,
    country: 'US',
    timeZone: 'America/New_York',
  }
  return { ...context, caller: { ...context.caller, username: `ada-${id}`, claims } }
}
