import { randomBytes } from 'node:crypto'
import { inProcessWakeups, silentLogger, systemClock, uuidv7 } from '@corridor/platform'
import type { ServiceClient, SubgraphContext } from '@corridor/subgraph'
import { asUser, createTestDatabase, startTestIdentity, type TestIdentity } from '@corridor/testing'
import pg from 'pg'
import {
  createProfileSubgraph,
  type ProfileSubgraph,
  type ProfileSubgraphDeps,
  profileKeyMigrations,
  profileMigrations,
  scimDirectory,
} from '../src/index.ts'
import { createProfileCore, type ProfileCore } from '../src/profile-core.ts'

type Rows = (sql: string, values?: unknown[]) => Promise<Record<string, unknown>[]>

/** What the ledger and the payments say of a customer; to be set by a test. */
export interface FarSides {
  holdsMoney: boolean
  hasOpenPayments: boolean
}

export interface StartedProfile {
  readonly subgraph: ProfileSubgraph
  /** The same over the same databases, as the worker has it. */
  readonly core: ProfileCore
  readonly identity: TestIdentity
  readonly farSides: FarSides
  /** What it was started with, to start another beside it. */
  readonly deps: ProfileSubgraphDeps
  /** Rows of `profile_db` and of `profile_keys_db`, as the application sees them. */
  readonly rows: Rows
  readonly keyRows: Rows
  /** As the owner of the tables, who is bound by triggers alone. */
  readonly ownerRows: Rows
  close(): Promise<void>
}

/** The subgraph over two databases and an identity server of its own. */
export async function startProfile(options: Partial<ProfileSubgraphDeps> = {}): Promise<StartedProfile> {
  const { clock = systemClock } = options
  const database = await createTestDatabase({ migrationsDirectory: profileMigrations })
  const keysDatabase = await createTestDatabase({ migrationsDirectory: profileKeyMigrations })
  const identity = await startTestIdentity({ clock })
  const farSides: FarSides = { holdsMoney: false, hasOpenPayments: false }
  const deps: ProfileSubgraphDeps = {
    databaseUrl: database.applicationUrl,
    keysDatabaseUrl: keysDatabase.applicationUrl,
    masterKey: randomBytes(32).toString('base64'),
    indexKey: randomBytes(32).toString('base64'),
    idempotencySecret: randomBytes(32).toString('hex'),
    directory: scimDirectory({ ...identity.access, clock }),
    kycProviders: [],
    identityWebhookSecret: null,
    production: false,
    ledger: answering(() => ({ ownerHoldsMoney: farSides.holdsMoney })),
    payment: answering(() => ({ ownerHasOpenPayments: farSides.hasOpenPayments })),
    clock,
    logger: silentLogger,
    wakeups: inProcessWakeups(),
    ...options,
  }
  const subgraph = await createProfileSubgraph(deps)
  const core = await createProfileCore(deps)
  const pools = [database.applicationUrl, keysDatabase.applicationUrl, database.ownerUrl].map(
    (connectionString) => new pg.Pool({ connectionString, max: 2 }),
  )
  const [rows, keyRows, ownerRows] = pools.map(
    (pool): Rows =>
      async (sql, values = []) =>
        (await pool.query<Record<string, unknown>>(sql, values)).rows,
  ) as [Rows, Rows, Rows] // One per pool.
  return {
    ...{ subgraph, core, identity, farSides, deps, rows, keyRows, ownerRows },
    close: async () => {
      await subgraph.close()
      await core.close()
      for (const pool of pools) await pool.end()
      await identity.close()
      await database.drop()
      await keysDatabase.drop()
    },
  }
}

const answering = (answer: () => object): ServiceClient => ({
  request: async <Data>() => answer() as Data, // The far side's answer, as its schema says.
  close: async () => undefined,
})

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
