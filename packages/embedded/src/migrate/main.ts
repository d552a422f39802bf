import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { StartError, startPostgres } from '@corridor/dev-services'
import { openDataDirectory } from '../data-directory.ts'
import { DATABASE_NAMES, type DatabaseName, prepareDatabases } from '../databases.ts'
import { explainStartFailure } from '../explain-start-failure.ts'
import { lockDataDirectory } from '../lock.ts'
import { Secrets } from '../secrets.ts'
import { readPlatformSettings } from '../settings.ts'

/**
 * `npm run migrate`: makes databases and roles and runs pending migrations, on the server of `DATABASE_URL` as its
 * administrator, else on the embedded one. With `DATABASE_URL` the application roles get the passwords that
 * `<DOMAIN>_DATABASE_URL` carries; owners get new ones, which nobody needs to know.
 */
async function main(env: Readonly<Record<string, string | undefined>>): Promise<void> {
  const adminUrl = env.DATABASE_URL
  if (adminUrl) return await report(adminUrl, (name, role) => externalPassword(env, name, role))
  const settings = readPlatformSettings(env)
  const directory = openDataDirectory(settings.dataDirectory)
  const lock = await lockDataDirectory(directory)
  const hasData = existsSync(join(directory.postgres.data, 'PG_VERSION'))
  const secrets = await Secrets.open({ path: directory.secretsFile, hasData })
  const postgres = await startPostgres({
    dataDirectory: directory.postgres.data,
    binariesDirectory: directory.postgres.binaries,
    logFile: directory.postgres.log,
    port: settings.ports.postgres,
    password: secrets.text('postgres'),
  })
  try {
    await report(postgres.adminUrl, (name, role) => secrets.text(`database.${name}.${role}`))
  } finally {
    await postgres.stop()
    await lock.release()
  }
}

const OWNER_PASSWORD_BYTES = 32

function externalPassword(
  env: Readonly<Record<string, string | undefined>>,
  name: DatabaseName,
  role: 'owner' | 'application',
): string {
  if (role === 'owner') return randomBytes(OWNER_PASSWORD_BYTES).toString('base64url')
  const variable = variableOf(name)
  const url = env[variable]
  const password = url && URL.canParse(url) ? decodeURIComponent(new URL(url).password) : ''
  if (password !== '') return password
  const all = DATABASE_NAMES.map(variableOf).join(', ')
  throw new StartError(`${variable} names no password for its application role.`, `set each of ${all}`)
}

const variableOf = (name: DatabaseName): string => `${name.toUpperCase().replace('-', '_')}_DATABASE_URL`

async function report(
  adminUrl: string,
  passwordOf: Parameters<typeof prepareDatabases>[0]['passwordOf'],
): Promise<void> {
  for (const { name, applied } of await prepareDatabases({ adminUrl, passwordOf })) {
    process.stdout.write(`${name}: ${applied.length === 0 ? 'up to date' : applied.join(', ')}\n`)
  }
}

try {
  await main(process.env)
} catch (error) {
  process.stderr.write(`${explainStartFailure(error, '.data') ?? String(error)}\n`)
  process.exitCode = 1
}
