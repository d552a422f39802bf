import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Clock, silentLogger, systemClock } from '@corridor/platform'
import {
  type DevelopmentIdentity,
  freePort,
  ROLE_SCOPES,
  SEED_CLIENTS,
  SEED_USERS,
  startDevelopmentIdentity,
} from '../src/index.ts'

export const AUDIENCE = 'corridor'
export const REDIRECT_URI = 'http://localhost:4000/callback'

export const emptyDirectory = () => mkdtempSync(join(tmpdir(), 'corridor-identity-'))

export async function start({
  directory = emptyDirectory(),
  clock = systemClock,
  port,
}: {
  directory?: string
  clock?: Clock
  port?: number
} = {}): Promise<DevelopmentIdentity> {
  return await startDevelopmentIdentity({
    port: port ?? (await freePort()),
    directory,
    users: SEED_USERS,
    roles: ROLE_SCOPES,
    clients: SEED_CLIENTS,
    audience: AUDIENCE,
    clock,
    logger: silentLogger,
  })
}

export interface TokenAnswer {
  readonly status: number
  readonly body: {
    readonly access_token?: string
    readonly refresh_token?: string
    readonly id_token?: string
    readonly scope?: string
    readonly error?: string
    readonly error_description?: string
  }
}

/** Asks the token endpoint; `secret` sends the service client's credentials in the header. */
export async function askForToken(
  identity: DevelopmentIdentity,
  parameters: Record<string, string>,
  { clientId = 'corridor-cli', secret }: { clientId?: string; secret?: string } = {},
): Promise<TokenAnswer> {
  const basic = `Basic ${Buffer.from(`${clientId}:${secret}`).toString('base64')}`
  const response = await fetch(`${identity.url}/oauth2/token`, {
    method: 'POST',
    ...(secret === undefined ? {} : { headers: { authorization: basic } }),
    body: new URLSearchParams(secret === undefined ? { ...parameters, client_id: clientId } : parameters),
  })
  const body = (await response.json()) as TokenAnswer['body'] // The test looks at each member it uses.
  return { status: response.status, body }
}

export async function logIn(identity: DevelopmentIdentity, username: string, password = username, scope?: string) {
  return await askForToken(identity, {
    grant_type: 'password',
    username,
    password,
    ...(scope === undefined ? {} : { scope }),
  })
}

/** A browser as far as this flow needs one: it follows no redirect by itself and keeps cookies by name. */
export class Browser {
  readonly #cookies = new Map<string, string>()

  async open(url: string, form?: Record<string, string>): Promise<{ status: number; location: string; html: string }> {
    const response = await fetch(url, {
      redirect: 'manual',
      headers: { cookie: [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
      ...(form === undefined ? {} : { method: 'POST', body: new URLSearchParams(form) }),
    })
    for (const cookie of response.headers.getSetCookie()) {
      const [pair = ''] = cookie.split(';')
      const equals = pair.indexOf('=')
      this.#cookies.set(pair.slice(0, equals), pair.slice(equals + 1))
    }
    const location = response.headers.get('location')
    return {
      status: response.status,
      location: location === null ? '' : new URL(location, url).href,
      html: await response.text(),
    }
  }
}

export function authorizationRequest(identity: DevelopmentIdentity, scope: string) {
  const verifier = randomBytes(32).toString('base64url')
  const parameters = new URLSearchParams({
    client_id: 'corridor-web',
    response_type: 'code',
    redirect_uri: REDIRECT_URI,
    scope,
    state: 'state-of-the-client',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  })
  return { verifier, url: `${identity.url}/oauth2/authorize?${parameters}` }
}
