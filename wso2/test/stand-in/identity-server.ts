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
  readonly name: string
  /** Scopes by the id of their API resource. */
  readonly authorized: Map<string, string[]>
  oidc: StoredOidc
}

const RESOURCE = 'User-defined-oauth2-resource'
/** One of Identity Server's own, there from the start. */
const USERS_API = {
  id: 'users-api',
  identifier: '/scim2/Users',
  scopes: ['create', 'delete', 'list', 'update', 'view'].map((access) => `internal_user_mgt_${access}`),
}

/** Identity Server as far as provisioning sees it. Named maps are its database. */
export class IdentityServerStandIn {
  readonly roles = new Map<string, StoredRole>()
  readonly users = new Map<string, StoredUser>()
  readonly clients = new Map<string, StoredClient>()
  resource: { readonly id: string; readonly scopes: string[] } | null = null

  addClient(name: string, oidc: StoredOidc): StoredClient {
    const [id, clientId] = [randomUUID(), oidc.clientId ?? randomUUID()]
    const client = { id, clientId, name, authorized: new Map(), oidc: { clientId, ...oidc } }
    this.clients.set(clientId, client)
    return client
  }

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
    'GET /api/server/v1/api-resources': ({ query }) =>
      ok({
        links: [],
        APIResources: this.#resources()
          .filter(named(query))
          .map((resource) => ({ ...resourceItem(resource), type: 'BUSINESS' })),
      }),
    'GET /api/server/v1/api-resources/:id': ({ part }) => {
      const resource = this.#resource(part('id'))
      return ok({
        ...resourceItem(resource),
        scopes: resource.scopes.map((name) => ({ id: name, name, displayName: name })),
      })
    },
    'PATCH /api/server/v1/api-resources/:id': ({ body }) => {
      const { addedScopes } = body as { addedScopes: readonly { name: string }[] } // As above.
      this.resource?.scopes.push(...addedScopes.map(({ name }) => name))
      return { status: 204 }
    },
    'GET /api/server/v1/applications': ({ query }) => {
      const found = [...this.clients.values()].filter(named(query))
      const applications = found.map(({ id, name, clientId }) => ({ id, name, clientId }))
      return ok({ totalResults: found.length, applications })
    },
    'POST /api/server/v1/applications': ({ body }) => {
      const { name, inboundProtocolConfiguration } = body as NewApplication // As above.
      if ([...this.clients.values()].some((client) => client.name === name)) {
        throw new Refused(409, 409, `Application ${name} is there already`)
      }
      this.addClient(name, { clientSecret: `secret of ${name}`, ...inboundProtocolConfiguration.oidc })
      return created()
    },
    'DELETE /api/server/v1/applications/:id': ({ part }) => {
      this.clients.delete(this.#client(part('id')).clientId)
      return { status: 204 }
    },
    'GET /api/server/v1/applications/:id/authorized-apis': ({ part }) =>
      ok(
        [...this.#client(part('id')).authorized].map(([id, scopes]) => ({
          id,
          authorizedScopes: scopes.map((name) => ({ id: name, name })),
        })),
      ),
    'POST /api/server/v1/applications/:id/authorized-apis': ({ part, body }) => {
      const { id, scopes } = body as { id: string; scopes: string[] } // As above.
      const unknown = scopes.find((scope) => !this.#resource(id).scopes.includes(scope))
      if (unknown !== undefined) throw new Refused(400, 400, `The API has no scope ${unknown}`)
      this.#client(part('id')).authorized.set(id, [...scopes])
      return created()
    },
    'PATCH /api/server/v1/applications/:id/authorized-apis/:api': ({ part, body }) => {
      const { authorized } = this.#client(part('id'))
      const { addedScopes, removedScopes } = body as { addedScopes: string[]; removedScopes: string[] } // As above.
      const kept = (authorized.get(part('api')) ?? []).filter((scope) => !removedScopes.includes(scope))
      authorized.set(part('api'), [...kept, ...addedScopes])
      return { status: 200 }
    },
    'GET /api/server/v1/applications/:id/inbound-protocols/oidc': ({ part }) => ok(this.#client(part('id')).oidc),
    'PUT /api/server/v1/applications/:id/inbound-protocols/oidc': ({ part, body }) => {
      this.#client(part('id')).oidc = body as StoredOidc // Held to the document by the contracts.
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
    if (!client.oidc.grantTypes.includes(grant_type ?? '')) {
      return { status: 400, body: { error: 'unauthorized_client', error_description: 'not this grant' } }
    }
    const authorized = [...client.authorized.values()].flat()
    const asked = scope.split(' ').filter((name) => authorized.includes(name))
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
  #resources = () => [USERS_API, ...(this.resource === null ? [] : [{ ...this.resource, identifier: RESOURCE }])]
  #resource = (id: string) => this.#resources().find((resource) => resource.id === id) ?? missing('API resource')
}

interface StoredOidc {
  readonly clientId?: string
  readonly grantTypes: readonly string[]
  readonly [name: string]: unknown
}

interface NewApplication {
  readonly name: string
  readonly inboundProtocolConfiguration: { readonly oidc: StoredOidc }
}

const resourceItem = ({ id, identifier }: { id: string; identifier: string }) => ({
  id,
  name: identifier,
  identifier,
  self: `/api-resources/${id}`,
})

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
