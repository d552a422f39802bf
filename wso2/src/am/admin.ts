import type { RestClient } from '../http/rest-client.ts'
import type { KeyManager, List, SubscriptionPolicy } from './types.ts'

const BASE = '/api/am/admin/v4'
const POLICIES = `${BASE}/throttling/policies/subscription`

/** API Manager's Admin REST API v4. */
export class Admin {
  constructor(private readonly rest: RestClient) {}

  async findKeyManager(name: string): Promise<KeyManager | null> {
    const { list } = await this.rest.send<List<KeyManager>>({ method: 'GET', path: `${BASE}/key-managers` })
    const id = list.find((keyManager) => keyManager.name === name)?.id
    return id === undefined ? null : this.rest.find({ method: 'GET', path: `${BASE}/key-managers/${id}` })
  }

  async createKeyManager(keyManager: KeyManager): Promise<void> {
    await this.rest.send({ method: 'POST', path: `${BASE}/key-managers`, body: { json: keyManager } })
  }

  async updateKeyManager(id: string, keyManager: KeyManager): Promise<void> {
    await this.rest.send({ method: 'PUT', path: `${BASE}/key-managers/${id}`, body: { json: keyManager } })
  }

  async deleteKeyManager(id: string): Promise<void> {
    await this.rest.send({ method: 'DELETE', path: `${BASE}/key-managers/${id}` })
  }

  async findPolicy(name: string): Promise<SubscriptionPolicy | null> {
    const { list } = await this.rest.send<List<SubscriptionPolicy>>({ method: 'GET', path: POLICIES })
    const id = list.find(({ policyName }) => policyName === name)?.policyId
    return id === undefined ? null : this.rest.find({ method: 'GET', path: `${POLICIES}/${id}` })
  }

  async createPolicy(policy: SubscriptionPolicy): Promise<void> {
    await this.rest.send({ method: 'POST', path: POLICIES, body: { json: policy } })
  }

  async updatePolicy(id: string, policy: SubscriptionPolicy): Promise<void> {
    await this.rest.send({ method: 'PUT', path: `${POLICIES}/${id}`, body: { json: policy } })
  }

  async deletePolicy(id: string): Promise<void> {
    await this.rest.send({ method: 'DELETE', path: `${POLICIES}/${id}` })
  }
}
