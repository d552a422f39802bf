import type { RestClient } from '../http/rest-client.ts'
import type { Application, ApplicationKey, List } from './types.ts'

const BASE = '/api/am/devportal/v3'
const PAGE = 500

interface Subscription {
  readonly subscriptionId: string
  readonly apiId: string
  readonly throttlingPolicy: string
}

/** API Manager's Developer Portal REST API v3. */
export class DeveloperPortal {
  constructor(private readonly rest: RestClient) {}

  async findApplication(name: string): Promise<Application | null> {
    const query = { query: name, limit: PAGE }
    const { list } = await this.rest.send<List<Application>>({ method: 'GET', path: `${BASE}/applications`, query })
    return list.find((application) => application.name === name) ?? null
  }

  createApplication(name: string): Promise<Application> {
    const json = { name, throttlingPolicy: 'Unlimited', tokenType: 'JWT', description: 'A client of the payments API.' }
    return this.rest.send<Application>({ method: 'POST', path: `${BASE}/applications`, body: { json } })
  }

  async deleteApplication(id: string): Promise<void> {
    await this.rest.send({ method: 'DELETE', path: `${BASE}/applications/${id}` })
  }

  async keys(applicationId: string): Promise<readonly ApplicationKey[]> {
    const path = `${BASE}/applications/${applicationId}/oauth-keys`
    return (await this.rest.send<List<ApplicationKey>>({ method: 'GET', path })).list
  }

  generateKeys(
    applicationId: string,
    wanted: { keyManager: string; grants: readonly string[]; callbackUrl: string },
  ): Promise<ApplicationKey> {
    const json = {
      keyType: 'PRODUCTION',
      keyManager: wanted.keyManager,
      grantTypesToBeSupported: wanted.grants,
      callbackUrl: wanted.callbackUrl,
    }
    const path = `${BASE}/applications/${applicationId}/generate-keys`
    return this.rest.send<ApplicationKey>({ method: 'POST', path, body: { json } })
  }

  async removeKeys(applicationId: string, keyMappingId: string): Promise<void> {
    await this.rest.send({ method: 'DELETE', path: `${BASE}/applications/${applicationId}/oauth-keys/${keyMappingId}` })
  }

  async subscriptions(applicationId: string): Promise<readonly Subscription[]> {
    const query = { applicationId, limit: PAGE }
    const path = `${BASE}/subscriptions`
    return (await this.rest.send<List<Subscription>>({ method: 'GET', path, query })).list
  }

  async subscribe(applicationId: string, apiId: string, throttlingPolicy: string): Promise<void> {
    const json = { applicationId, apiId, throttlingPolicy }
    await this.rest.send({ method: 'POST', path: `${BASE}/subscriptions`, body: { json } })
  }

  async unsubscribe(subscriptionId: string): Promise<void> {
    await this.rest.send({ method: 'DELETE', path: `${BASE}/subscriptions/${subscriptionId}` })
  }
}
