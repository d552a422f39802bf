import { mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { StartError } from '@corridor/dev-services'
import { readKafkaConnection } from '@corridor/events'
import { readConfig, setting } from '@corridor/platform'
import { openDataDirectory } from '../data-directory.ts'
import { applicationUrls, prepareDatabases } from '../databases.ts'
import { explainStartFailure } from '../explain-start-failure.ts'
import { STANDARD_PORTS } from '../ports.ts'
import { type PartsInput, partsOf } from '../processes/parts.ts'
import { Secrets } from '../secrets.ts'
import { DEFAULT_RATE_INTERVAL_MS } from '../start-platform.ts'

const PRIVATE_FOLDER = 0o700
const PRIVATE_FILE = 0o600

/**
 * `npm run environment -- --folder <folder>`: makes databases and roles on the server of `DATABASE_URL`, runs pending
 * migrations, and writes `<part>.env` with the settings of every part, keys and passwords included. Keys are made once
 * and kept in the folder; what the process's own environment sets outranks its file.
 */
async function main(): Promise<void> {
  const folder = readFolder()
  const config = readConfig(process.env, {
    DATABASE_URL: setting.url(),
    REDIS_URL: setting.url(),
    OIDC_ISSUER: setting.url(),
    OIDC_JWKS_URI: setting.url(),
    IDENTITY_CLIENT_ID: setting.text(''),
    IDENTITY_CLIENT_SECRET: setting.text(''),
    DYNAMODB_ENDPOINT: setting.text('aws'),
  })
  const directory = openDataDirectory(folder)
  const secrets = await Secrets.open({ path: directory.secretsFile, hasData: false })
  const passwordOf = (name: string, role: string): string => secrets.text(`database.${name}.${role}`)
  const prepared = await prepareDatabases({ adminUrl: config.DATABASE_URL, passwordOf })
  const { origin } = new URL(config.OIDC_ISSUER)
  writeFiles(folder, {
    directory,
    ports: STANDARD_PORTS,
    secrets,
    databases: applicationUrls(prepared),
    dynamodbEndpoint: config.DYNAMODB_ENDPOINT,
    forex: {},
    identity: {
      issuer: config.OIDC_ISSUER,
      jwks: new URL(config.OIDC_JWKS_URI),
      tokenUrl: null,
      management: {
        scimUrl: `${origin}/scim2`,
        tokenUrl: `${origin}/oauth2/token`,
        clientId: config.IDENTITY_CLIENT_ID,
        clientSecret: config.IDENTITY_CLIENT_SECRET,
      },
    },
    redisUrl: config.REDIS_URL,
    kafka: readKafkaConnection(process.env),
    rateIntervalMs: DEFAULT_RATE_INTERVAL_MS,
  })
}

/** @throws StartError when the command line names none, or anything else. */
function readFolder(): string {
  const { values, positionals } = parseArgs({
    options: { folder: { type: 'string' } },
    strict: false,
    allowPositionals: true,
  })
  const { folder, ...unknown } = values
  if (typeof folder === 'string' && positionals.length === 0 && Object.keys(unknown).length === 0)
    return resolve(folder)
  throw new StartError(
    'It is not said where the settings are to be written.',
    'npm run environment -- --folder <folder>',
  )
}

function writeFiles(folder: string, input: PartsInput): void {
  const { subgraphs, workers, router } = partsOf(input)
  mkdirSync(folder, { recursive: true, mode: PRIVATE_FOLDER })
  for (const { name, env } of [...subgraphs, ...workers, router]) {
    const lines = Object.entries(env).map(([key, value]) => `${key}='${value}'\n`)
    writeFileSync(join(folder, `${name}.env`), lines.join(''), { mode: PRIVATE_FILE })
    process.stdout.write(`${name}.env\n`)
  }
}

try {
  await main()
} catch (error) {
  process.stderr.write(`${explainStartFailure(error, '.data') ?? String(error)}\n`)
  process.exitCode = 1
}
