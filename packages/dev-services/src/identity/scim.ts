import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Clock, Logger } from '@corridor/platform'
import { createLocalJWKSet, type JWTPayload, errors as joseErrors, jwtVerify } from 'jose'
import SCIMMY from 'scimmy'
import type { Authenticator } from './authenticator.ts'
import { USER_MANAGEMENT_SCOPES } from './clients.ts'
import { BodyTooLarge, readBody, send } from './http.ts'
import type { IdentityKeys } from './keys.ts'
import { defineScimUsers, type ScimUsers } from './scim-users.ts'
import type { UserStore } from './user-store.ts'

export const SCIM_PATH = '/scim2/'

const USERS_PATH = '/scim2/Users'
const ADMINISTRATOR_ROLE = 'app_admin'

type Access = keyof typeof USER_MANAGEMENT_SCOPES

interface ScimSettings {
  readonly users: UserStore
  readonly authenticator: Authenticator
  readonly keys: IdentityKeys
  readonly issuer: string
  readonly audience: string
  readonly url: string
  readonly role: string
  readonly clock: Clock
  readonly logger: Logger
}

interface ScimRequest {
  readonly method: string
  readonly id: string | undefined
  readonly query: URLSearchParams
  readonly body: string
}

/** SCIM 2.0 users (RFC 7644) as Identity Server serves them: `/scim2/Users`, for administrators and services. */
export function createScim(settings: ScimSettings) {
  const { users, role, url, logger } = settings
  const context: ScimUsers = { users, role }
  const mayAccess = accessRule(settings)
  defineScimUsers()

  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    try {
      const { pathname, searchParams } = new URL(request.url ?? '/', url)
      const id = userIdOf(pathname)
      const method = request.method ?? 'GET'
      await mayAccess(request.headers.authorization, accessOf(method, id))
      const { status, body } = await answer({ method, id, query: searchParams, body: await readBody(request) }, context)
      sendScim(response, status, withAddresses(body, url))
    } catch (error) {
      if (error instanceof BodyTooLarge) throw error
      const known = error instanceof SCIMMY.Types.Error
      if (!known) logger.error({ error }, 'a SCIM request failed')
      const shown = known ? error : new SCIMMY.Types.Error(500, '', 'This request failed.')
      if (shown.status === 401) response.setHeader('www-authenticate', 'Basic realm="scim2", Bearer realm="scim2"')
      sendScim(response, shown.status, describeError(shown))
    }
  }
}

async function answer(request: ScimRequest, context: ScimUsers): Promise<{ status: number; body?: unknown }> {
  const { method, id, query } = request
  const User = SCIMMY.Resources.User
  switch (method) {
    case 'POST':
      return { status: 201, body: await new User().write(parse(request.body), context) }
    case 'GET':
      return { status: 200, body: await new User(id, listOptions(query)).read(context) }
    case 'PUT':
      return { status: 200, body: await new User(id).write(parse(request.body), context) }
    case 'PATCH':
      return { status: 200, body: await patch(request, context) }
    default:
      await new User(id).dispose(context)
      return { status: 204 }
  }
}

/** A patch that changes nothing gives nothing back; the user as he is answers then too. */
async function patch({ id, body }: ScimRequest, context: ScimUsers): Promise<unknown> {
  const message = parse(body) as Parameters<SCIMMY.Resources.User['patch']>[0] // SCIMMY judges its shape itself.
  const user = new SCIMMY.Resources.User(id)
  return (await user.patch(message, context)) ?? (await user.read(context))
}

function accessRule({ authenticator, keys, issuer, audience, clock }: ScimSettings) {
  const { kty, n, e, kid, alg } = keys.signing
  const jwks = createLocalJWKSet({ keys: [{ kty, n, e, kid, alg } as typeof keys.signing] }) // The public members alone.

  const ofToken = async (token: string, access: Access): Promise<boolean> => {
    const claims = await verified(token)
    return (
      claims.aut === 'APPLICATION' &&
      String(claims.scope ?? '')
        .split(' ')
        .includes(USER_MANAGEMENT_SCOPES[access])
    )
  }
  const verified = async (token: string): Promise<JWTPayload> => {
    try {
      return (await jwtVerify(token, jwks, { issuer, audience, currentDate: clock.now() })).payload
    } catch (error) {
      if (error instanceof joseErrors.JOSEError) throw unauthenticated()
      throw error
    }
  }
  const ofPassword = async (credentials: string): Promise<boolean> => {
    const text = Buffer.from(credentials, 'base64').toString('utf8')
    const colon = text.indexOf(':')
    if (colon < 0) throw unauthenticated()
    const result = await authenticator.login(text.slice(0, colon), text.slice(colon + 1))
    if (result.kind !== 'accepted') throw unauthenticated()
    return result.user.roles.includes(ADMINISTRATOR_ROLE)
  }

  return async (authorization: string | undefined, access: Access): Promise<void> => {
    const [scheme, credentials] = (authorization ?? '').split(' ')
    if (!credentials) throw unauthenticated()
    const allowed =
      scheme?.toLowerCase() === 'bearer'
        ? await ofToken(credentials, access)
        : scheme?.toLowerCase() === 'basic'
          ? await ofPassword(credentials)
          : false
    if (!allowed) throw new SCIMMY.Types.Error(403, '', 'Operation is not permitted.')
  }
}

const unauthenticated = () => new SCIMMY.Types.Error(401, '', 'Unauthorized.')

function accessOf(method: string, id: string | undefined): Access {
  if (id === undefined && method === 'POST') return 'create'
  if (method === 'GET') return id === undefined ? 'list' : 'view'
  if (id !== undefined && (method === 'PUT' || method === 'PATCH')) return 'update'
  if (id !== undefined && method === 'DELETE') return 'delete'
  throw new SCIMMY.Types.Error(405, '', 'This method is not served here.')
}

function userIdOf(pathname: string): string | undefined {
  if (pathname === USERS_PATH) return undefined
  const [, id] = /^\/scim2\/Users\/([^/]+)$/.exec(pathname) ?? []
  if (id === undefined) throw new SCIMMY.Types.Error(404, '', 'There is nothing here.')
  return id
}

function listOptions(query: URLSearchParams) {
  const names = ['filter', 'attributes', 'excludedAttributes', 'sortBy', 'sortOrder'] as const
  const texts = names.flatMap((name) => (query.has(name) ? [[name, query.get(name)]] : []))
  const numbers = (['startIndex', 'count'] as const).flatMap((name) =>
    query.has(name) ? [[name, Number(query.get(name))]] : [],
  )
  return Object.fromEntries([...texts, ...numbers])
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    throw new SCIMMY.Types.Error(400, 'invalidSyntax', 'The body is not JSON.')
  }
}

function describeError({ status, scimType, message }: InstanceType<typeof SCIMMY.Types.Error>): object {
  return {
    schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'],
    status: String(status),
    ...(scimType ? { scimType } : {}),
    detail: message,
  }
}

/** SCIMMY knows one base path per process; where this server is reached is added when an answer is sent. */
function withAddresses(body: unknown, url: string): unknown {
  if (body === undefined) return undefined
  return JSON.parse(JSON.stringify(body), (name, value: unknown) =>
    name === 'location' && typeof value === 'string' ? url + value : value,
  )
}

function sendScim(response: ServerResponse, status: number, body?: unknown): void {
  send(response, status, {
    headers: { 'content-type': 'application/scim+json; charset=utf-8', 'cache-control': 'no-store' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
}
