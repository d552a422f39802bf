import { randomBytes } from 'node:crypto'
import { type DatabaseUrls, migrate, provisionDatabase, withDatabase } from '@corridor/platform'
import pg from 'pg'
import { inject } from 'vitest'

export interface TestDatabase extends DatabaseUrls {
  readonly name: string
  drop(): Promise<void>
}

/** A database of its own for a test file, migrated, with the owner and application roles of production. */
export async function createTestDatabase({
  migrationsDirectory,
}: {
  migrationsDirectory: string
}): Promise<TestDatabase> {
  const adminUrl = inject('postgresAdminUrl')
  const name = `test_${randomBytes(6).toString('hex')}`
  const urls = await provisionDatabase({
    adminUrl,
    database: name,
    ownerPassword: randomBytes(12).toString('hex'),
    applicationPassword: randomBytes(12).toString('hex'),
  })
  await migrate({ ownerUrl: urls.ownerUrl, directory: migrationsDirectory })
  return { ...urls, name, drop: () => drop(adminUrl, name) }
}

async function drop(adminUrl: string, name: string): Promise<void> {
  const client = new pg.Client({ connectionString: withDatabase(adminUrl, 'postgres') })
  await client.connect()
  try {
    await client.query(`drop database ${name} with (force)`)
    await client.query(`drop role ${name}_app`)
    await client.query(`drop role ${name}_owner`)
  } finally {
    await client.end()
  }
}
