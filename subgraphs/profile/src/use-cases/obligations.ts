import type { ServiceClient } from '@corridor/subgraph'
import type { Obligations } from './erase-profile.ts'

/** Asks the books and the payments what still binds a customer. */
export const obligationsOf = ({ ledger, payment }: { ledger: ServiceClient; payment: ServiceClient }): Obligations => ({
  async holdsMoney(owner) {
    const document = 'query ($owner: ID!) { ownerHoldsMoney(owner: $owner) }'
    return (await ledger.request<{ ownerHoldsMoney: boolean }>(document, { owner })).ownerHoldsMoney
  },
  async hasOpenPayments(owner) {
    const document = 'query ($owner: ID!) { ownerHasOpenPayments(owner: $owner) }'
    return (await payment.request<{ ownerHasOpenPayments: boolean }>(document, { owner })).ownerHasOpenPayments
  },
})
