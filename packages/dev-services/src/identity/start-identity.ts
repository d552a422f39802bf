import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Clock, Logger } from '@corridor/platform'
import { closeServer, listenOnLoopback } from '../loopback-server.ts'
import { assertPortFree } from '../ports.ts'
import { grantScopes, scopesOf } from './access-tokens.ts'
import { Authenticator } from './authenticator.ts'
import type { IdentityClient } from './clients.ts'
import { BodyTooLarge, send } from './http.ts'
import { loadIdentityKeys } from './keys.ts'
import { createLogin } from './login.ts'
import { LoginAttempts } from './login-attempts.ts'
import { createProvider, LOGIN_PATH } from './provider.ts'
import { createScim, SCIM_PATH } from './scim.ts'
import type { SeedUser } from './seed-users.ts'
import { UserStore } from './user-store.ts'
import { addPasswordGrant, mintAccessToken } from './user-tokens.ts'

export interface DevelopmentIdentityOptions {
  readonly port: number
  /** Tokens name it, and clients must reach it. Default: `http://localhost:<port>/oauth2/token`. */
  readonly issuer?: string
  /** Where signing key and users are kept; nobody else may read it. */
  readonly directory: string
  readonly users: readonly SeedUser[]
  /** The scopes of each role. */
  readonly roles: Readonly<Record<string, readonly string[]>>
  readonly clients: readonly IdentityClient[]
  /** What every access token's `aud` holds beside the client's id. */
  readonly audience: string
  /** The role of a user who is made through SCIM. Default: `user`. */
  readonly roleOfNewUsers?: string
  readonly clock: Clock
  readonly logger: Logger
}

export interface DevelopmentIdentity {
  readonly issuer: string
  readonly jwksUri: string
  readonly url: string
  /** An access token of a user, all scopes of his roles unless some are named; refused for an unknown user. */
  issueToken(username: string, scopes?: readonly string[]): Promise<string>
  close(): Promise<void>
}

type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void>

const NAME = 'the development identity server'
const DISCOVERY_BELOW_ISSUER = '/oauth2/token/.well-known/'
/** Longer than clients keep an idle connection, so that it is they who close (no reset in flight). */
const KEEP_ALIVE_TIMEOUT_MS = 75_000

/**
 * An identity server for development, with the paths and claims of WSO2 Identity Server, on loopback without TLS.
 *
 * @throws StartError when the port is taken or what is kept in `directory` cannot be read.
 */
export async function startDevelopmentIdentity(options: DevelopmentIdentityOptions): Promise<DevelopmentIdentity> {
  const { port, directory, roles, clients, audience, clock, logger } = options
  const url = `http://localhost:${port}`
  const issuer = options.issuer ?? `${url}/oauth2/token`
  // Before anything is read or written: a server that has the port has the folder too.
  await assertPortFree(port, NAME)
  const keys = await loadIdentityKeys(directory)
  const users = await UserStore.open({ directory, seed: options.users, clock })
  const authenticator = new Authenticator({ users, attempts: new LoginAttempts(clock), logger })
  const provider = createProvider({ issuer, audience, users, roles, clients, keys, clock, logger })
  addPasswordGrant({ provider, audience, roles, authenticator })

  const callback = provider.callback()
  const login = createLogin({ provider, authenticator })
  const role = options.roleOfNewUsers ?? 'user'
  const scim = createScim({ users, authenticator, keys, issuer, audience, url, role, clock, logger })
  const server = createServer(handleSafely(logger, route({ issuer, provider: callback, login, scim })))
  server.keepAliveTimeout = KEEP_ALIVE_TIMEOUT_MS
  await listenOnLoopback(server, port, NAME)

  return {
    issuer,
    jwksUri: `${url}/oauth2/jwks`,
    url,
    issueToken: async (username, scopes) => {
      const user = users.byUsername(username)
      if (!user) throw new Error(`there is no user ${username}`)
      const client = await provider.Client.find(clientForTools(clients))
      if (!client) throw new Error('no client may issue tokens to tools')
      const requested = scopes ?? scopesOf(user, roles)
      const granted = grantScopes({ user, roles, requested })
      return (await mintAccessToken({ provider, audience, roles }, { user, client, scopes: granted })).value
    },
    close: async () => {
      await closeServer(server)
      await users.flush()
    },
  }
}

function clientForTools(clients: readonly IdentityClient[]): string {
  return clients.find(({ grants }) => grants.includes('password'))?.clientId ?? ''
}

function route({
  issuer,
  provider,
  login,
  scim,
}: {
  issuer: string
  provider: Handler
  login: Handler
  scim: Handler
}): Handler {
  const { host } = new URL(issuer)
  return async (request, response) => {
    // Addresses in answers follow the issuer, never what a request claims to have asked.
    request.headers.host = host
    const path = request.url ?? '/'
    if (path.startsWith(`${LOGIN_PATH}/`)) return await login(request, response)
    if (path.startsWith(SCIM_PATH)) return await scim(request, response)
    if (path.startsWith(DISCOVERY_BELOW_ISSUER)) request.url = path.slice('/oauth2/token'.length)
    return await provider(request, response)
  }
}

function handleSafely(logger: Logger, handle: Handler): Parameters<typeof createServer>[1] & object {
  return (request: IncomingMessage, response: ServerResponse) => {
    handle(request, response).catch((error: unknown) => {
      const tooLarge = error instanceof BodyTooLarge
      if (!tooLarge) logger.error({ error }, 'a request to the identity server failed')
      if (response.headersSent) response.destroy()
      else send(response, tooLarge ? 413 : 500, {})
    })
  }
}
