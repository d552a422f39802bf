import type { AccountState } from '../domain/journal.ts'
import type { DatedAccount } from './books-reading.ts'

/** Some tens of megabytes. Beyond it all are forgotten, and read again as they are used. */
const MAX_KNOWN = 100_000

/**
 * Accounts as this process's last batches read or left them, so that the next batch can be decided while the last is
 * being written. Anybody may have changed them since: what is decided on them counts only once it was compared, under the
 * lock, with how they stand (`lockStates`).
 */
export class KnownAccounts {
  private accounts: Map<string, DatedAccount> = new Map()

  /** These accounts, in the order of their ids; null unless all are known. */
  find(ids: ReadonlySet<string>): DatedAccount[] | null {
    const found: DatedAccount[] = []
    for (const id of [...ids].sort()) {
      const account = this.accounts.get(id)
      if (!account) return null
      found.push(account)
    }
    return found
  }

  keep(accounts: Iterable<DatedAccount>): void {
    for (const account of accounts) this.accounts.set(account.id, account)
    if (this.accounts.size > MAX_KNOWN) this.forget()
  }

  /** As a batch at that time leaves them. */
  keepWritten({ accounts, at }: { accounts: readonly AccountState[]; at: Date }): void {
    const lastEntryMs = at.getTime()
    this.keep(accounts.map((account) => ({ ...account, lastEntryMs })))
  }

  forget(): void {
    this.accounts = new Map()
  }
}
