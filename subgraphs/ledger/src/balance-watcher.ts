import { queueChannel } from '@corridor/events'
import type { Logger, Pool, Wakeups } from '@corridor/platform'
import { liveStream } from '@corridor/subgraph'
import type { AccountState } from './domain/journal.ts'
import { readAccounts } from './queries/accounts.ts'

interface Watch {
  newest: AccountState
  readonly notify: () => void
}

/** A lost wake-up costs a reader this long. */
const POLL_MS = 1_000

/**
 * Hands readers their account whenever it has a newer version. All accounts watched in this process are read by one
 * statement per wake-up, however many readers there are.
 */
export class BalanceWatcher {
  private readonly watches = new Set<Watch>()
  private readonly unsubscribe: () => void
  private readonly timer: NodeJS.Timeout
  private looking = false
  private again = false

  constructor(private readonly deps: { pool: Pool; wakeups: Wakeups; logger: Logger }) {
    this.unsubscribe = deps.wakeups.subscribe(queueChannel('ledger'), () => this.look())
    this.timer = setInterval(() => this.look(), POLL_MS)
    this.timer.unref()
  }

  /** The account as given, then as it stands after each change; a reader who is busy gets the newest alone. */
  follow<Shown>(account: AccountState, show: (account: AccountState) => Shown): AsyncIterable<Shown> {
    let watch: Watch | null = null
    let shown: AccountState | null = null
    return liveStream({
      read: () => {
        const newest = watch?.newest ?? account
        if (newest === shown) return []
        shown = newest
        return [show(newest)]
      },
      onWake: (notify) => {
        const watching = { newest: account, notify }
        watch = watching
        this.watches.add(watching)
        this.look() // What changed since the account was read.
        return () => void this.watches.delete(watching)
      },
    })
  }

  close(): void {
    clearInterval(this.timer)
    this.unsubscribe()
  }

  private look(): void {
    if (this.watches.size === 0) return
    if (this.looking) {
      this.again = true
      return
    }
    this.looking = true
    this.lookOnce()
      .catch((error: unknown) => this.deps.logger.warn({ error }, 'balances could not be looked up'))
      .finally(() => {
        this.looking = false
        if (!this.again) return
        this.again = false
        this.look()
      })
  }

  private async lookOnce(): Promise<void> {
    const found = await readAccounts(this.deps.pool, [...new Set([...this.watches].map(({ newest }) => newest.id))])
    for (const watch of this.watches) {
      const account = found.get(watch.newest.id)
      if (!account || account.version <= watch.newest.version) continue
      watch.newest = account
      watch.notify()
    }
  }
}
