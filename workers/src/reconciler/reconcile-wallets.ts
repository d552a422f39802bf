import { queueChannel } from '@corridor/events'
import { readAccountStatuses, readAccountsOutOfUse } from '@corridor/ledger'
import type { Logger, Pool, Wakeups } from '@corridor/platform'
import { followAccounts, readWalletsOutOfUse } from '@corridor/wallet'

const PAGE = 1_000
export const BEFORE_ALL = '00000000-0000-0000-0000-000000000000'

/**
 * Brings each wallet to the status that the ledger gave its account, where the wallet has not heard of it: the ledger froze
 * the account itself, or a process ended between the two. What is frozen on either side is looked at in every round; of
 * what the ledger has closed, which is ever more and stays so, one page, from after `closedAfter` on. Answers from where
 * the next round goes on.
 */
export async function reconcileWallets(deps: {
  readonly ledger: Pool
  readonly wallet: Pool
  readonly logger: Logger
  readonly wakeups: Wakeups
  readonly closedAfter: string
}): Promise<string> {
  const { ledger, wallet, logger, wakeups, closedAfter } = deps
  const changed: string[] = []
  for await (const accounts of pages(
    (page) => readAccountsOutOfUse(ledger, { status: 'FROZEN', ...page }),
    ({ id }) => id,
  )) {
    changed.push(...(await followAccounts(wallet, accounts)))
  }
  for await (const ids of pages(
    (page) => readWalletsOutOfUse(wallet, page),
    (id) => id,
  )) {
    changed.push(...(await followAccounts(wallet, await readAccountStatuses(ledger, ids))))
  }
  const closed = await readAccountsOutOfUse(ledger, { status: 'CLOSED', after: closedAfter, limit: PAGE })
  changed.push(...(await followAccounts(wallet, closed)))
  if (changed.length > 0) {
    wakeups.wake(queueChannel('wallet'))
    logger.warn({ wallets: changed }, 'wallets were brought to the status of their accounts')
  }
  const last = closed.length === PAGE ? closed.at(-1) : undefined
  return last?.id ?? BEFORE_ALL
}

/** Page after page until there is none, each from after the last of the one before. */
async function* pages<Row>(
  read: (page: { after: string; limit: number }) => Promise<readonly Row[]>,
  idOf: (row: Row) => string,
): AsyncGenerator<readonly Row[]> {
  let after = BEFORE_ALL
  for (;;) {
    const rows = await read({ after, limit: PAGE })
    const last = rows.at(-1)
    if (last === undefined) return
    yield rows
    if (rows.length < PAGE) return
    after = idOf(last)
  }
}
