import { accept, type Caller, isErrorCode, type Result, refuse } from '@corridor/platform'
import type { ServiceClient } from '@corridor/subgraph'

/** The ledger, as wallets need it. */
export interface LedgerPort {
  openAccount(account: { id: string; currency: string; owner: string }): Promise<void>
  /** The version of the account that has this status. */
  setAccountStatus(id: string, status: 'OPEN' | 'FROZEN' | 'CLOSED'): Promise<Result<bigint>>
}

/** Profiles, as wallets need them: made from the caller's own token where there is none yet. */
export interface ProfilePort {
  ensure(caller: Caller): Promise<void>
}

export const ledgerPort = (ledger: ServiceClient): LedgerPort => ({
  async openAccount({ id, currency, owner }) {
    const account = { id, currency, owner, code: 'customer.wallet' }
    await ledger.request('mutation ($a: [OpenAccountInput!]!) { openLedgerAccounts(accounts: $a) { id } }', {
      a: [account],
    })
  },
  async setAccountStatus(id, status) {
    const { setAccountStatus: result } = await ledger.request<{
      setAccountStatus: { version: string | null; code: string | null; message: string | null }
    }>('mutation ($id: ID!, $s: AccountStatus!) { setAccountStatus(id: $id, status: $s) { version code message } }', {
      id,
      s: status,
    })
    if (result.version !== null) return accept(BigInt(result.version))
    const code = result.code !== null && isErrorCode(result.code) ? result.code : 'INTERNAL_SERVER_ERROR'
    return refuse(code, result.message ?? undefined)
  },
})

export const profilePort = (profile: ServiceClient): ProfilePort => ({
  ensure: async (caller) => void (await profile.request('mutation { ensureProfile { id } }', {}, { caller })),
})
