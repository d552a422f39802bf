import pg from 'pg'
import Postgrator from 'postgrator'
import { invariant } from './errors.ts'

/** One database of a domain: an owner who migrates it, and an application role that can only use it. */
export interface DatabaseSpec {
  readonly database: string
  readonly ownerPassword: string
  readonly applicationPassword: string
}

export interface DatabaseUrls {
  readonly ownerUrl: string
  readonly applicationUrl: string
}

const NAME = /^[a-z][a-z0-9_]{0,40}$/
const MIGRATION_LOCK = 7_246_001

export const ownerRole = (database: string): string => `${database}_owner`
export const applicationRole = (database: string): string => `${database}_app`

/**
 * Makes the database and its two roles if they are not there, as administrator, and answers how each role connects.
 * The application role can read and write rows of the owner's tables and change nothing else; migrations take away
 * more where rows must never change.
 */
export async function provisionDatabase({
  adminUrl,
  ...spec
}: DatabaseSpec & { adminUrl: string }): Promise<DatabaseUrls> {
  const { database } = spec
  invariant(NAME.test(database), 'a database name is lower case letters, digits and underscores')
  const owner = ownerRole(database)
  const application = applicationRole(database)
  await asAdministrator(adminUrl, async (client) => {
    await ensureRole(client, owner, spec.ownerPassword)
    await ensureRole(client, application, spec.applicationPassword)
    const existing = await client.query('select 1 from pg_database where datname = $1', [database])
    if (existing.rowCount === 0) await client.query(`create database ${database} owner ${owner}`)
    await client.query(`revoke all on database ${database} from public`)
    await client.query(`grant connect on database ${database} to ${application}`)
  })
  await asAdministrator(withDatabase(adminUrl, database), async (client) => {
    await client.query(`alter schema public owner to ${owner}`)
    await client.query(`revoke all on schema public from public`)
    await client.query(`grant usage on schema public to ${application}`)
    for (const objects of [
      `grant select, insert, update, delete on tables`,
      `grant usage, select on sequences`,
      `grant execute on functions`,
    ]) {
      await client.query(`alter default privileges for role ${owner} in schema public ${objects} to ${application}`)
    }
  })
  return {
    ownerUrl: withUser(withDatabase(adminUrl, database), owner, spec.ownerPassword),
    applicationUrl: withUser(withDatabase(adminUrl, database), application, spec.applicationPassword),
  }
}

/**
 * Brings a database to the newest of the numbered files `NNN.do.<what>.sql` in `directory`, as its owner. All pending
 * files run in one transaction; a merged file that was edited is refused by its checksum; two runs at once wait in turn.
 * Answers the names of the files that were run.
 */
export async function migrate({ ownerUrl, directory }: { ownerUrl: string; directory: string }): Promise<string[]> {
  const client = new pg.Client({ connectionString: ownerUrl, application_name: 'migrate' })
  await client.connect()
  try {
    // One transaction for all files: a crash leaves the database as it was, its version table included.
    await client.query('begin')
    await client.query('select pg_advisory_xact_lock($1)', [MIGRATION_LOCK])
    const postgrator = new Postgrator({
      migrationPattern: `${directory}/*.sql`,
      driver: 'pg',
      schemaTable: 'schema_migrations',
      validateChecksums: true,
      execQuery: (query) => client.query(query),
      execSqlScript: async (script) => void (await client.query(script)),
    })
    const applied = await postgrator.migrate()
    await client.query('commit')
    return applied.map(({ filename }) => filename.slice(filename.lastIndexOf('/') + 1))
  } finally {
    await client.end()
  }
}

async function ensureRole(client: pg.Client, role: string, password: string): Promise<void> {
  const existing = await client.query('select 1 from pg_roles where rolname = $1', [role])
  const verb = existing.rowCount === 0 ? 'create' : 'alter'
  await client.query(`${verb} role ${role} login password ${pg.escapeLiteral(password)}`)
}

async function asAdministrator(url: string, work: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: url, application_name: 'provision' })
  await client.connect()
  try {
    await work(client)
  } finally {
    await client.end()
  }
}

export function withDatabase(url: string, database: string): string {
  const changed = new URL(url)
  changed.pathname = `/${database}`
  return changed.toString()
}

function withUser(url: string, user: string, password: string): string {
  const changed = new URL(url)
  changed.username = user
  changed.password = encodeURIComponent(password)
  return changed.toString()
}
