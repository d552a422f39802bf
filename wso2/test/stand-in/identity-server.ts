import { randomUUID } from 'node:crypto'
import { type Asked, created, ok, Refused, type Routes } from './server.ts'

export interface StoredRole {
  readonly id: string
  readonly displayName: string
  permissions: string[]
  users: { value: string; display: string }[]
}

export interface StoredUser {
  readonly id: string
  readonly userName: string
  active: boolean
}

export interface StoredClient {
  readonly id: string
  readonly clientId: string
  readonly grantTypes: readonly string[]
  authorized: string[] | null
  oidc: object
}

const RESOURCE = 'User-defined-oauth2-resource'

/** Identity Server as far as provisioning sees it. Named maps are its database. */
export class IdentityServerStandIn {
  readonly roles = new Map<string, StoredRole>()
  readonly users = new Map<string, StoredUser>()
  readonly clients = new Map<string, StoredClient>()
  resource: { readonly id: string; readonly scopes: string[] } | null = null

  /** What the connector of API Manager does for a shared scope. */
  addScope(name: string, roles: readonly string[]): void {
    this.resource ??= { id: randomUUID(), scopes: [] }
    this.resource.scopes.push(name)
    for (const role of this.roles.values()) {
      const bound = roles.includes(role.displayName)
      role.permissions = [...role.permissions.filter((scope) => scope !== name), ...(bound ? [name] : [])]
    }
  }

  readonly routes: Routes = {
    'GET /api/health-check/v1.0/health': () => ok({ status: 'up' }),
    'GET /scim2/v2/Roles': ({ query }) =>
      // A list leaves permissions out.
      ok(page([...this.roles.values()].filter(named(query)).map(({ id, displayName }) => ({ id, displayName })))),
    'GET /scim2/v2/Roles/:id': ({ part }) => ok(toScim(this.#role(part('id')))),
    'POST /scim2/v2/Roles': ({ body }) => {
      const { displayName } = body as { displayName: string } // Held to SCIM's document by the contracts.
      if ([...this.roles.values()].some((role) => role.displayName === displayName)) {
        throw new Refused(409, 409, `Role ${displayName} is there already`)
      }
      const role: StoredRole = { id: randomUUID(), displayName, permissions: [], users: [] }
      this.roles.set(role.id, role)
      return created(toScim(role))
    },
    'PATCH /scim2/v2/Roles/:id': ({ part, body }) => {
      const role = this.#role(part('id'))
      for (const operation of operationsOf(body)) this.#patch(role, operation)
      return ok(toScim(role))
    },
    'DELETE /scim2/v2/Roles/:id': ({ part }) => {
      this.roles.delete(this.#role(part('id')).id)
      return { status: 204 }
    },
    'GET /scim2/Users': ({ query }) => ok(page([...this.users.values()].filter(named(query)).map(userToScim))),
    'POST /scim2/Users': ({ body }) => {
      const { userName } = body as { userName: string } // As above.
      const user = { id: randomUUID(), userName, active: true }
      this.users.set(user.id, user)
      return created(userToScim(user))
    },
    'PATCH /scim2/Users/:id': ({ part, body }) => {
      const user = this.#user(part('id'))
      for (const { value } of operationsOf(body)) Object.assign(user, value)
      return ok(userToScim(user))
    },
    'DELETE /scim2/Users/:id': ({ part }) => {
      this.users.delete(this.#user(part('id')).id)
      return { status: 204 }
    },
    'GET /api/server/v1/api-resources': () =>
      ok({
        links: [],
        APIResources: this.resource === null ? [] : [{ ...this.#resourceItem(this.resource.id), type: 'BUSINESS' }],
      }),
    'GET /api/server/v1/api-resources/:id': ({ part }) =>
      ok({
        ...this.#resourceItem(part('id')),
        scopes: this.resource?.scopes.map((name) => ({ id: name, name, displayName: name })),
      }),
    'PATCH /api/server/v1/api-resources/:id': ({ body }) => {
      const { addedScopes } = body as { addedScopes: readonly { name: string }[] } // As above.
      this.resource?.scopes.push(...addedScopes.map(({ name }) => name))
      return { status: 204 }
    },
    'GET /api/server/v1/applications': ({ query }) => {
      const found = [...this.clients.values()].filter(
        ({ clientId }) => query.get('filter') === `clientId eq ${clientId}`,
      )
      return ok({ totalResults: found.length, applications: found.map(({ id, clientId }) => ({ id, clientId })) })
    },
    'GET /api/server/v1/applications/:id/authorized-apis': ({ part }) => {
      const { authorized } = this.#client(part('id'))
      if (authorized === null) return ok([])
      return ok([{ id: this.resource?.id, authorizedScopes: authorized.map((name) => ({ id: name, name })) }])
    },
    'POST /api/server/v1/applications/:id/authorized-apis': ({ part, body }) => {
      this.#client(part('id')).authorized = [...(body as { scopes: string[] }).scopes]
      return created()
    },
    'PATCH /api/server/v1/applications/:id/authorized-apis/:api': ({ part, body }) => {
      const client = this.#client(part('id'))
      const { addedScopes, removedScopes } = body as { addedScopes: string[]; removedScopes: string[] } // As above.
      const kept = (client.authorized ?? []).filter((scope) => !removedScopes.includes(scope))
      client.authorized = [...kept, ...addedScopes]
      return { status: 200 }
    },
    'GET /api/server/v1/applications/:id/inbound-protocols/oidc': ({ part }) => ok(this.#client(part('id')).oidc),
    'PUT /api/server/v1/applications/:id/inbound-protocols/oidc': ({ part, body }) => {
      this.#client(part('id')).oidc = body as object // Held to the document by the contracts.
      return { status: 200 }
    },
    'POST /oauth2/token': (asked) => this.#token(asked),
  }

  /** Role-based: a user's token has what was asked for, is authorized, and his roles have. A machine's has no roles. */
  #token({ authorization, body }: Asked) {
    const [clientId] = Buffer.from(authorization.slice('Basic '.length), 'base64').toString().split(':')
    const client = this.clients.get(clientId ?? '')
    if (client === undefined) return { status: 401, body: { error: 'invalid_client', error_description: 'unknown' } }
    const { grant_type, username = '', scope = '' } = body as Record<string, string> // A form.
    if (!client.grantTypes.includes(grant_type ?? '')) {
      return { status: 400, body: { error: 'unauthorized_client', error_description: 'not this grant' } }
    }
    const asked = scope.split(' ').filter((name) => client.authorized?.includes(name))
    const held = [...this.roles.values()]
      .filter(({ users }) => users.some(({ display }) => display === username))
      .flatMap(({ permissions }) => permissions)
    const granted = grant_type === 'client_credentials' ? asked : asked.filter((name) => held.includes(name))
    return ok({ access_token: `token of ${username || clientId}`, expires_in: 3600, scope: granted.join(' ') })
  }

  #patch(role: StoredRole, { op, path = '', value }: ScimOperation): void {
    if (path === 'permissions') role.permissions = (value as { value: string }[]).map((item) => item.value)
    else if (op === 'add') {
      const added = (value as { value: string }[]).map((item) => ({
        value: item.value,
        display: this.#user(item.value).userName,
      }))
      role.users.push(...added)
    } else role.users = role.users.filter((user) => path !== `users[value eq ${user.value}]`)
  }

  #role = (id: string): StoredRole => this.roles.get(id) ?? missing('role')
  #user = (id: string): StoredUser => this.users.get(id) ?? missing('user')
  #client = (id: string): StoredClient => [...this.clients.values()].find((item) => item.id === id) ?? missing('client')
  #resourceItem = (id: string) => ({ id, name: RESOURCE, identifier: RESOURCE, self: `/api-resources/${id}` })
}

interface ScimOperation {
  readonly op: string
  readonly path?: string
  readonly value?: unknown
}

const operationsOf = (body: unknown): readonly ScimOperation[] => (body as { Operations: ScimOperation[] }).Operations

const page = <T>(Resources: readonly T[]) => ({ totalResults: Resources.length, startIndex: 1, Resources })

const named =
  (query: URLSearchParams) =>
  (item: object): boolean => {
    const [attribute = '', , value] = (query.get('filter') ?? '').split(' ')
    return attribute === '' || Reflect.get(item, attribute) === value
  }

const toScim = ({ permissions, ...role }: StoredRole) => ({
  ...role,
  permissions: permissions.map((value) => ({ value, display: value })),
})

const userToScim = (user: StoredUser) => ({
  ...user,
  meta: { resourceType: 'User', location: `/scim2/Users/${user.id}` },
})

function missing(what: string): never {
  throw new Refused(404, 404, `There is no such ${what}`)
}
