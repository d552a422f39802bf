import type { ApiClient, CustomerJourney } from '@corridor/embedded'
import { expect, vi } from 'vitest'

/** Has `ops` decide that the customer is known well, and waits until he may send as much as anybody may. */
export async function raiseLimits(customer: CustomerJourney, ops: ApiClient): Promise<void> {
  const { me } = await customer.api.request<{ me: { id: string } }>('{ me { id } }')
  await customer.api.request('mutation { startKyc(level: ENHANCED) { id } }')
  await ops.request('mutation ($id: ID!) { decideKyc(profileId: $id, status: VERIFIED, note: "known") { id } }', me)
  await vi.waitFor(
    async () => {
      const { myLimits } = await customer.api.request<{ myLimits: object[] }>('{ myLimits { limit { amount } } }')
      expect(myLimits).toContainEqual({ limit: { amount: '2000000.00' } })
    },
    { timeout: 60_000, interval: 100 },
  )
}
