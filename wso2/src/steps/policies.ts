import { differences, type Step } from '../change.ts'
import type { Connections } from '../connections.ts'
import type { Desired } from '../desired.ts'

/** Subscription policies: requests a minute, and how deep and complex a document may be. */
export const policiesStep = ({ admin }: Connections, desired: Pick<Desired, 'policies'>): Step => ({
  name: 'Throttling policies',
  look: async () => {
    const changes = await Promise.all(
      desired.policies.map(async (policy) => {
        const existing = await admin.findPolicy(policy.policyName)
        if (existing === null) {
          return [{ sign: '+' as const, what: policy.policyName, apply: () => admin.createPolicy(policy) }]
        }
        const details = differences(existing, policy)
        if (details.length === 0) return []
        const apply = () => admin.updatePolicy(existing.policyId ?? '', { ...existing, ...policy })
        return [{ sign: '~' as const, what: policy.policyName, details, apply }]
      }),
    )
    return changes.flat()
  },
})
