import { existsSync } from 'node:fs'
import { join } from 'node:path'
import {
  ROLE_SCOPES,
  SEED_CLIENTS,
  SEED_USERS,
  StartError,
  startDevelopmentIdentity,
  startDynamo,
  startPostgres,
} from '@corridor/dev-services'
import type { Clock, Logger } from '@corridor/platform'
import { type DataDirectory, openDataDirectory } from './data-directory.ts'
import { type ApplicationUrls, applicationUrls, prepareDatabases } from './databases.ts'
import { lockDataDirectory } from './lock.ts'
import { assertPortsFree, type PlatformPorts, resolvePorts, SUBGRAPHS } from './ports.ts'
import { clearLeftBehind } from './processes/supervisor.ts'
import { Secrets } from './secrets.ts'
import type { External } from './settings.ts'
import type { StopStack } from './stop-stack.ts'
import { clientsFor } from './web-site.ts'

/** What the platform's own parts stand on: a data folder of theirs, ports, secrets, databases, an identity server. */
export interface Foundation {
  readonly directory: DataDirectory
  readonly ports: PlatformPorts
  readonly secrets: Secrets
  readonly databases: ApplicationUrls
  /** A URL, or `aws`. */
  readonly dynamodbEndpoint: string
  readonly identity: {
    readonly issuer: string
    /** Where the issuer publishes its keys. */
    readonly jwks: URL
    /** The token endpoint of the development identity; null with an issuer of one's own. */
    readonly tokenUrl: string | null
    /** How services manage its users. */
    readonly management: UserManagement
  }
}

/** The SCIM2 endpoint of an identity server, and a client that may use it. */
export interface UserManagement {
  readonly scimUrl: string
  readonly tokenUrl: string
  readonly clientId: string
  readonly clientSecret: string
}

export interface FoundationOptions {
  readonly dataDirectory: string
  readonly ports: PlatformPorts
  /** Addresses that replace embedded parts. */
  readonly external: External
  readonly clock: Clock
  readonly logger: Logger
  /** Told what is being done, a line at a time. */
  readonly say: (line: string) => void
  readonly stops: StopStack
}

/** What every access token's `aud` holds. */
export const AUDIENCE = 'corridor'

/** Starts what is embedded of databases and identity, and prepares what is not. @throws StartError */
export async function layFoundation(options: FoundationOptions): Promise<Foundation> {
  const { external, say, stops } = options
  const directory = openDataDirectory(options.dataDirectory)
  const lock = await lockDataDirectory(directory)
  stops.push('the lock of the data folder', () => lock.release())
  await clearLeftBehind(directory.run)
  const ports = await resolvePorts(options.ports)
  await assertPortsFree(ports, portsToOpen(external))
  const secrets = await Secrets.open({
    path: directory.secretsFile,
    hasData: existsSync(join(directory.postgres.data, 'PG_VERSION')),
  })

  say('Starting PostgreSQL')
  const adminUrl = external.databaseUrl ?? (await embeddedPostgres({ directory, ports, secrets, stops }))
  say('Preparing databases')
  const databases = applicationUrls(
    await prepareDatabases({ adminUrl, passwordOf: (name, role) => secrets.text(`database.${name}.${role}`) }),
  )

  say('Starting identity and DynamoDB')
  if (external.dynamodbEndpoint === undefined) {
    const dynamo = await startDynamo({ port: ports.dynamo, path: directory.dynamo })
    stops.push('DynamoDB', () => dynamo.close())
  }
  const identity = await startIdentity({ options, directory, ports })
  const dynamodbEndpoint = external.dynamodbEndpoint ?? `http://127.0.0.1:${ports.dynamo}`
  return { directory, ports, secrets, databases, dynamodbEndpoint, identity }
}

/** PostgreSQL looks after its own port: it first ends a server that a killed run left behind. */
function portsToOpen(external: External): (keyof PlatformPorts)[] {
  return [
    'router',
    ...SUBGRAPHS,
    ...(external.oidcIssuer === undefined ? (['identity'] as const) : []),
    ...(external.dynamodbEndpoint === undefined ? (['dynamo'] as const) : []),
  ]
}

async function embeddedPostgres(input: {
  directory: DataDirectory
  ports: PlatformPorts
  secrets: Secrets
  stops: StopStack
}): Promise<string> {
  const { directory, ports, secrets, stops } = input
  const postgres = await startPostgres({
    dataDirectory: directory.postgres.data,
    binariesDirectory: directory.postgres.binaries,
    logFile: directory.postgres.log,
    port: ports.postgres,
    password: secrets.text('postgres'),
  })
  stops.push('PostgreSQL', () => postgres.stop())
  return postgres.adminUrl
}

async function startIdentity(input: {
  options: FoundationOptions
  directory: DataDirectory
  ports: PlatformPorts
}): Promise<Foundation['identity']> {
  const { options, directory, ports } = input
  const { oidcIssuer: issuer, identityClient } = options.external
  if (issuer !== undefined) {
    const management = { ...managementOf(new URL(issuer).origin), ...(identityClient ?? NO_CLIENT) }
    return { issuer, jwks: await discoverKeys(issuer), tokenUrl: null, management }
  }
  const identity = await startDevelopmentIdentity({
    port: ports.identity,
    directory: directory.identity,
    users: SEED_USERS,
    roles: ROLE_SCOPES,
    clients: clientsFor(ports),
    audience: AUDIENCE,
    clock: options.clock,
    logger: options.logger,
  })
  options.stops.push('the development identity server', () => identity.close())
  const service = SEED_CLIENTS.find(({ grants }) => grants.includes('client_credentials'))
  const client = { clientId: service?.clientId ?? '', clientSecret: service?.secret ?? '' }
  const management = { ...managementOf(identity.url), ...client }
  const { issuer: own, jwksUri } = identity
  return { issuer: own, jwks: new URL(jwksUri), tokenUrl: management.tokenUrl, management }
}

/** Without a client of its own the platform cannot register users, nor change them: whoever asks is told to try later. */
const NO_CLIENT = { clientId: '', clientSecret: '' }

/** Where Identity Server serves both. */
const managementOf = (origin: string) => ({ scimUrl: `${origin}/scim2`, tokenUrl: `${origin}/oauth2/token` })

const DISCOVERY_TIMEOUT_MS = 10_000

/** Where an issuer publishes its keys (OpenID Connect Discovery 1.0, section 4). */
async function discoverKeys(issuer: string): Promise<URL> {
  const address = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`
  try {
    const response = await fetch(address, { signal: AbortSignal.timeout(DISCOVERY_TIMEOUT_MS) })
    const { jwks_uri: keys } = (await response.json()) as { jwks_uri?: unknown } // Judged on the next line.
    if (typeof keys === 'string' && URL.canParse(keys)) return new URL(keys)
  } catch (cause) {
    throw new StartError(`${address} does not answer.`, 'start that identity server, or unset OIDC_ISSUER', { cause })
  }
  throw new StartError(`${address} names no jwks_uri.`, 'set OIDC_ISSUER to the issuer that its tokens carry')
}
