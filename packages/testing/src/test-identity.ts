import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Clock, silentLogger, systemClock } from '@corridor/platform'

export interface TestIdentity {
  /** What a service needs to manage its users by SCIM2. */
  readonly access: {
    readonly scimUrl: string
    readonly tokenUrl: string
    readonly clientId: string
    readonly clientSecret: string
  }
  close(): Promise<void>
}

/** The development identity server for a test file, without users, on a free port or one of the caller's. */
export async function startTestIdentity({
  port,
  directory,
  clock = systemClock,
}: {
  port?: number
  directory?: string
  clock?: Clock
} = {}): Promise<TestIdentity> {
  // Loaded by the tests that need it: the development services take a second to load.
  const { freePort, ROLE_SCOPES, SEED_CLIENTS, startDevelopmentIdentity } = await import('@corridor/dev-services')
  const folder = directory ?? mkdtempSync(join(tmpdir(), 'corridor-identity-'))
  const identity = await startDevelopmentIdentity({
    port: port ?? (await freePort()),
    directory: folder,
    users: [],
    roles: ROLE_SCOPES,
    clients: SEED_CLIENTS,
    audience: 'corridor',
    clock,
    logger: silentLogger,
  })
  const service = SEED_CLIENTS.find(({ secret }) => secret !== undefined)
  return {
    access: {
      scimUrl: `${identity.url}/scim2`,
      tokenUrl: `${identity.url}/oauth2/token`,
      clientId: service?.clientId ?? '',
      clientSecret: service?.secret ?? '',
    },
    async close() {
      await identity.close()
      if (directory === undefined) rmSync(folder, { recursive: true })
    },
  }
}
