import { basic } from '../am/sign-in.ts'
import { RestClient } from '../http/rest-client.ts'
import type { Settings } from '../settings.ts'

const SCIM = 'application/scim+json'
const PATCH_SCHEMA = 'urn:ietf:params:scim:api:messages:2.0:PatchOp'
/** All scopes that API Manager's connector makes belong to this API resource. */
const API_RESOURCE = 'User-defined-oauth2-resource'
/** Identity Server's own API of its users. */
export const USERS_RESOURCE = '/scim2/Users'
const PAGE = 100

export interface Role {
  readonly id: string
  readonly displayName: string
  readonly permissions: readonly string[]
  readonly users: readonly { readonly value: string; readonly display?: string }[]
}

export interface User {
  readonly id: string
  readonly userName: string
  readonly active: boolean
}

export interface ApiResource {
  readonly id: string
  readonly scopes: readonly { readonly name: string }[]
}

interface ScimRole {
  readonly id: string
  readonly displayName: string
  readonly permissions?: readonly { readonly value: string }[]
  readonly users?: Role['users']
}

interface ScimList<T> {
  readonly totalResults: number
  readonly Resources?: readonly T[]
}

interface ScimUser {
  readonly id: string
  readonly userName: string
  readonly active?: boolean
}

export interface NewUser {
  readonly userName: string
  readonly password: string
  readonly givenName: string
  readonly familyName: string
  readonly email: string
}

/** Identity Server 7.1's REST APIs as its administrator: SCIM 2.0 (users, roles v2), API resources, applications. */
export class IdentityServer {
  readonly rest: RestClient

  constructor({ is, ca }: Settings) {
    const authorization = basic(is.username, is.password)
    this.rest = new RestClient({
      product: 'Identity Server',
      baseUrl: is.url,
      ca,
      authorize: async () => authorization,
    })
  }

  async findRole(name: string): Promise<Role | null> {
    const query = { filter: `displayName eq ${name}`, count: PAGE }
    const { Resources = [] } = await this.rest.send<ScimList<ScimRole>>({
      method: 'GET',
      path: '/scim2/v2/Roles',
      query,
    })
    const found = Resources.find(({ displayName }) => displayName === name)
    if (found === undefined) return null
    // A list leaves out what a role may do.
    return toRole(await this.rest.send<ScimRole>({ method: 'GET', path: `/scim2/v2/Roles/${found.id}` }))
  }

  /** A role of the whole organization, whose name no other role has: the connector takes the first that it finds. */
  async createRole(name: string): Promise<void> {
    const json = { schemas: ['urn:ietf:params:scim:schemas:extension:2.0:Role'], displayName: name }
    await this.rest.send({ method: 'POST', path: '/scim2/v2/Roles', body: { json, type: SCIM } })
  }

  async deleteRole(id: string): Promise<void> {
    await this.rest.send({ method: 'DELETE', path: `/scim2/v2/Roles/${id}` })
  }

  /** Identity Server replaces the whole list: two writers at once would lose one's. */
  async replacePermissions(id: string, permissions: readonly string[]): Promise<void> {
    await this.#patchRole(id, [
      { op: 'replace', path: 'permissions', value: permissions.map((value) => ({ value, display: value })) },
    ])
  }

  async addToRole(id: string, userId: string): Promise<void> {
    await this.#patchRole(id, [{ op: 'add', path: 'users', value: [{ value: userId }] }])
  }

  async removeFromRole(id: string, userId: string): Promise<void> {
    await this.#patchRole(id, [{ op: 'remove', path: `users[value eq ${userId}]` }])
  }

  async users(filter?: string): Promise<readonly User[]> {
    const found: ScimUser[] = []
    for (;;) {
      const query = { startIndex: found.length + 1, count: PAGE, ...(filter === undefined ? {} : { filter }) }
      const page = await this.rest.send<ScimList<ScimUser>>({ method: 'GET', path: '/scim2/Users', query })
      found.push(...(page.Resources ?? []))
      if (found.length >= page.totalResults || (page.Resources ?? []).length === 0) break
    }
    return found.map(({ id, userName, active = true }) => ({ id, userName, active }))
  }

  async findUser(userName: string): Promise<User | null> {
    return (await this.users(`userName eq ${userName}`)).find((user) => user.userName === userName) ?? null
  }

  async createUser({ userName, password, givenName, familyName, email }: NewUser): Promise<void> {
    const json = {
      schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'],
      userName,
      password,
      name: { givenName, familyName },
      emails: [{ value: email, primary: true }],
    }
    await this.rest.send({ method: 'POST', path: '/scim2/Users', body: { json, type: SCIM } })
  }

  async setActive(id: string, active: boolean): Promise<void> {
    await this.#patch(`/scim2/Users/${id}`, [{ op: 'replace', value: { active } }])
  }

  async deleteUser(id: string): Promise<void> {
    await this.rest.send({ method: 'DELETE', path: `/scim2/Users/${id}` })
  }

  async findApiResource(wanted = API_RESOURCE): Promise<ApiResource | null> {
    const query = { filter: `identifier eq ${wanted}` }
    const path = '/api/server/v1/api-resources'
    const { APIResources = [] } = await this.rest.send<{
      APIResources?: readonly { id: string; identifier: string }[]
    }>({
      method: 'GET',
      path,
      query,
    })
    const id = APIResources.find(({ identifier }) => identifier === wanted)?.id
    if (id === undefined) return null
    const { scopes = [] } = await this.rest.send<Partial<ApiResource>>({ method: 'GET', path: `${path}/${id}` })
    return { id, scopes }
  }

  async addScopes(apiResourceId: string, scopes: readonly { name: string; description: string }[]): Promise<void> {
    const addedScopes = scopes.map(({ name, description }) => ({ name, displayName: name, description }))
    const path = `/api/server/v1/api-resources/${apiResourceId}`
    await this.rest.send({ method: 'PATCH', path, body: { json: { addedScopes } } })
  }

  async createApiResource(scopes: readonly { name: string; description: string }[]): Promise<void> {
    const json = {
      identifier: API_RESOURCE,
      name: API_RESOURCE,
      description: 'Scopes of the APIs that API Manager publishes.',
      requiresAuthorization: true,
      scopes: scopes.map(({ name, description }) => ({ name, displayName: name, description })),
    }
    await this.rest.send({ method: 'POST', path: '/api/server/v1/api-resources', body: { json } })
  }

  #patchRole(id: string, operations: readonly object[]): Promise<void> {
    return this.#patch(`/scim2/v2/Roles/${id}`, operations)
  }

  async #patch(path: string, operations: readonly object[]): Promise<void> {
    const json = { schemas: [PATCH_SCHEMA], Operations: operations }
    await this.rest.send({ method: 'PATCH', path, body: { json, type: SCIM } })
  }
}

const toRole = ({ id, displayName, permissions = [], users = [] }: ScimRole): Role => ({
  id,
  displayName,
  permissions: permissions.map(({ value }) => value),
  users,
})
