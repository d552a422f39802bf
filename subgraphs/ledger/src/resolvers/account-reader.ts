import { isUuid, type Pool } from '@corridor/platform'
import { requestLoader } from '@corridor/subgraph'
import type { AccountState } from '../domain/journal.ts'
import { readAccounts } from '../queries/accounts.ts'
import { maySeeAccount, viewerOf } from '../queries/viewer.ts'

/** Accounts by id that the caller may see, null for others: one statement a request, however many are asked for. */
export const createAccountReader = (pool: Pool) =>
  requestLoader<AccountState | null>(async (ids, { caller }) => {
    const viewer = viewerOf(caller)
    const found = await readAccounts(pool, ids.filter(isUuid))
    return ids.map((id) => {
      const account = found.get(id)
      return account && maySeeAccount(viewer, account.owner) ? account : null
    })
  })

export type AccountReader = ReturnType<typeof createAccountReader>
