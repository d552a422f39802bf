import { partsOf, type RestClient } from '../http/rest-client.ts'
import type { FieldWeight } from '../schema/complexity.ts'
import type { ApiSettings } from '../settings.ts'
import type { Api, List, Revision, SharedScope } from './types.ts'

const BASE = '/api/am/publisher/v4'
const PAGE = 500

/** API Manager's Publisher REST API v4. */
export class Publisher {
  constructor(private readonly rest: RestClient) {}

  async sharedScopes(): Promise<readonly SharedScope[]> {
    const { list } = await this.rest.send<List<SharedScope>>({
      method: 'GET',
      path: `${BASE}/scopes`,
      query: { limit: PAGE },
    })
    return list
  }

  async createScope(scope: SharedScope): Promise<void> {
    await this.rest.send({ method: 'POST', path: `${BASE}/scopes`, body: { json: scope } })
  }

  async updateScope(id: string, scope: SharedScope): Promise<void> {
    await this.rest.send({ method: 'PUT', path: `${BASE}/scopes/${id}`, body: { json: scope } })
  }

  async deleteScope(id: string): Promise<void> {
    await this.rest.send({ method: 'DELETE', path: `${BASE}/scopes/${id}` })
  }

  /** The working copy, found by name and version. */
  async findApi({ name, version }: ApiSettings): Promise<Api | null> {
    const query = { query: `name:"${name}" version:"${version}"`, limit: PAGE }
    const { list } = await this.rest.send<List<Api>>({ method: 'GET', path: `${BASE}/apis`, query })
    // The search matches parts of names too.
    const found = list.find((api) => api.name === name && api.version === version)
    return found === undefined ? null : await this.rest.find<Api>({ method: 'GET', path: `${BASE}/apis/${found.id}` })
  }

  importApi(sdl: string, api: object): Promise<Api> {
    const texts = { type: 'GraphQL', additionalProperties: JSON.stringify(api) }
    const body = { parts: partsOf(texts, { name: 'schema.graphql', text: sdl }) }
    return this.rest.send<Api>({ method: 'POST', path: `${BASE}/apis/import-graphql-schema`, body })
  }

  async updateApi(id: string, api: object): Promise<void> {
    await this.rest.send({ method: 'PUT', path: `${BASE}/apis/${id}`, body: { json: api } })
  }

  async deleteApi(id: string): Promise<void> {
    await this.rest.send({ method: 'DELETE', path: `${BASE}/apis/${id}` })
  }

  async schemaOf(id: string): Promise<string> {
    const path = `${BASE}/apis/${id}/graphql-schema`
    return (await this.rest.send<{ schemaDefinition: string }>({ method: 'GET', path })).schemaDefinition
  }

  /** New operations come in without a scope; the API must be updated before it is deployed again. */
  async updateSchema(id: string, sdl: string): Promise<void> {
    const body = { parts: partsOf({ schemaDefinition: sdl }) }
    await this.rest.send({ method: 'PUT', path: `${BASE}/apis/${id}/graphql-schema`, body })
  }

  async weightsOf(id: string): Promise<readonly FieldWeight[]> {
    const path = `${BASE}/apis/${id}/graphql-policies/complexity`
    return (await this.rest.find<{ list: readonly FieldWeight[] }>({ method: 'GET', path }))?.list ?? []
  }

  async updateWeights(id: string, list: readonly FieldWeight[]): Promise<void> {
    const path = `${BASE}/apis/${id}/graphql-policies/complexity`
    await this.rest.send({ method: 'PUT', path, body: { json: { list } } })
  }

  /** Oldest first. */
  async revisions(id: string): Promise<readonly Revision[]> {
    const path = `${BASE}/apis/${id}/revisions`
    return (await this.rest.send<List<Revision>>({ method: 'GET', path })).list
  }

  createRevision(id: string, description: string): Promise<Revision> {
    const path = `${BASE}/apis/${id}/revisions`
    return this.rest.send<Revision>({ method: 'POST', path, body: { json: { description } } })
  }

  async deleteRevision(id: string, revisionId: string): Promise<void> {
    await this.rest.send({ method: 'DELETE', path: `${BASE}/apis/${id}/revisions/${revisionId}` })
  }

  async deploy(id: string, revisionId: string, where: { environment: string; vhost: string }): Promise<void> {
    await this.rest.send({
      method: 'POST',
      path: `${BASE}/apis/${id}/deploy-revision`,
      query: { revisionId },
      body: { json: [{ name: where.environment, vhost: where.vhost, displayOnDevportal: true }] },
    })
  }

  async undeploy(id: string, revisionId: string, where: { environment: string; vhost: string }): Promise<void> {
    await this.rest.send({
      method: 'POST',
      path: `${BASE}/apis/${id}/undeploy-revision`,
      query: { revisionId },
      body: { json: [{ name: where.environment, vhost: where.vhost, displayOnDevportal: true }] },
    })
  }

  async changeLifecycle(id: string, action: 'Publish' | 'Retire'): Promise<void> {
    await this.rest.send({ method: 'POST', path: `${BASE}/apis/change-lifecycle`, query: { apiId: id, action } })
  }
}
