import type { RestClient } from '../http/rest-client.ts'

const BASE = '/api/server/v1/applications'

interface AuthorizedApi {
  readonly id: string
  readonly authorizedScopes?: readonly { readonly name: string }[]
}

export interface Oidc {
  readonly clientId?: string
  readonly clientSecret?: string
  readonly grantTypes: readonly string[]
  readonly publicClient?: boolean
  readonly callbackURLs?: readonly string[]
  readonly allowedOrigins?: readonly string[]
  readonly pkce?: { readonly mandatory: boolean; readonly supportPlainTransformAlgorithm: boolean }
  readonly accessToken?: { readonly type?: string }
  readonly idToken?: { readonly audience?: readonly string[] }
}

/** Identity Server's applications: what each may ask for. */
export class IdentityApplications {
  constructor(private readonly rest: RestClient) {}

  async idOf(clientId: string): Promise<string | null> {
    const { applications = [] } = await this.rest.send<{ applications?: readonly { id: string }[] }>({
      method: 'GET',
      path: BASE,
      query: { filter: `clientId eq ${clientId}` },
    })
    return applications[0]?.id ?? null
  }

  async find(name: string): Promise<string | null> {
    const { applications = [] } = await this.rest.send<{ applications?: readonly { id: string; name: string }[] }>({
      method: 'GET',
      path: BASE,
      query: { filter: `name eq ${name}` },
    })
    return applications.find((application) => application.name === name)?.id ?? null
  }

  async create(name: string, description: string, oidc: Oidc): Promise<void> {
    const json = {
      name,
      description,
      // Roles are the organization's: those of a user count for every application.
      associatedRoles: { allowedAudience: 'ORGANIZATION' },
      inboundProtocolConfiguration: { oidc },
    }
    await this.rest.send({ method: 'POST', path: BASE, body: { json } })
  }

  async delete(id: string): Promise<void> {
    await this.rest.send({ method: 'DELETE', path: `${BASE}/${id}` })
  }

  async authorizedScopes(id: string, apiResourceId: string): Promise<readonly string[] | null> {
    const authorized = await this.rest.send<readonly AuthorizedApi[]>({
      method: 'GET',
      path: `${BASE}/${id}/authorized-apis`,
    })
    const api = authorized.find((item) => item.id === apiResourceId)
    return api === undefined ? null : (api.authorizedScopes ?? []).map(({ name }) => name)
  }

  /** Lets the application ask for these scopes; what a user of it gets of them is what his roles have (RBAC). */
  async authorize(id: string, apiResourceId: string, scopes: readonly string[]): Promise<void> {
    const json = { id: apiResourceId, policyIdentifier: 'RBAC', scopes }
    await this.rest.send({ method: 'POST', path: `${BASE}/${id}/authorized-apis`, body: { json } })
  }

  async changeScopes(
    id: string,
    apiResourceId: string,
    change: { addedScopes: readonly string[]; removedScopes: readonly string[] },
  ): Promise<void> {
    const path = `${BASE}/${id}/authorized-apis/${apiResourceId}`
    await this.rest.send({ method: 'PATCH', path, body: { json: change } })
  }

  oidc(id: string): Promise<Oidc> {
    return this.rest.send<Oidc>({ method: 'GET', path: `${BASE}/${id}/inbound-protocols/oidc` })
  }

  async updateOidc(id: string, oidc: Oidc): Promise<void> {
    await this.rest.send({ method: 'PUT', path: `${BASE}/${id}/inbound-protocols/oidc`, body: { json: oidc } })
  }
}
