import { queueChannel } from '@corridor/events'
import {
  type Clock,
  inTransaction,
  invariant,
  type Pool,
  type SqlClient,
  sqlState,
  type Wakeups,
} from '@corridor/platform'
import { decideBatch, type Taken } from '../domain/decide-batch.ts'
import {
  type HoldState,
  isResolution,
  type JournalRequest,
  type JournalResult,
  MAX_JOURNALS_PER_BATCH,
} from '../domain/journal.ts'
import { countGroup, recordLockWait } from '../ledger-metrics.ts'
import { lockAccounts, readHolds, readTaken } from './books-reading.ts'
import { writeBatch } from './books-writing.ts'
import type { HouseAccounts } from './house-accounts.ts'
import type { ReadJournal } from './journal-input.ts'

export interface PostJournalsDeps {
  readonly pool: Pool
  readonly clock: Clock
  readonly wakeups: Wakeups
  readonly houseAccounts: HouseAccounts
}

/** From the second attempt on, what was taken is looked up: more attempts than this need as many rivals, one after the other. */
const MAX_ATTEMPTS = 10
const UNIQUE_VIOLATION = '23505'

/**
 * Posts up to 1,000 journals, each decided on its own and in order, in one transaction of a handful of statements:
 * accounts are locked in id order, the journals are decided in memory, and everything is written at once with its events.
 * Answers one result per journal, in order. A repeated id with the same content gets the first result.
 */
export async function postJournals(
  deps: PostJournalsDeps,
  journals: readonly ReadJournal[],
): Promise<readonly JournalResult[]> {
  invariant(journals.length <= MAX_JOURNALS_PER_BATCH, 'the size of a batch is checked at the door')
  if (journals.length === 0) return []
  await deps.houseAccounts.ensure(journals.flatMap((journal) => journal.houseAccounts))
  const requests = journals.map((journal) => journal.request)
  for (let attempt = 1; ; attempt += 1) {
    try {
      const { results, written } = await inTransaction(deps.pool, (client) =>
        postIn(client, requests, { clock: deps.clock, attempt }),
      )
      await written
      countGroup(results)
      deps.wakeups.wake(queueChannel('ledger'))
      return results
    } catch (error) {
      // Another batch took one of our ids between our look and our write; the next attempt sees its result.
      if (sqlState(error) !== UNIQUE_VIOLATION || attempt === MAX_ATTEMPTS) throw error
    }
  }
}

interface Posted {
  readonly results: readonly JournalResult[]
  /** The write, sent but not waited for: the commit goes out right behind it, and rolls back if it failed. */
  readonly written: Promise<void> | null
}

/** The ids are taken to be new, as nearly all are; the write itself says when one is not. */
const NOTHING_TAKEN: Taken = { journals: [], transferIds: new Set(), resolvedHolds: new Set() }

async function postIn(
  client: SqlClient,
  requests: readonly JournalRequest[],
  { clock, attempt }: { clock: Clock; attempt: number },
): Promise<Posted> {
  const holds = await readHolds(client, requests)
  const askedMs = performance.now()
  const { accounts, newestEntryMs } = await lockAccounts(client, accountsOf(requests, holds))
  recordLockWait(performance.now() - askedMs)
  const now = clock.now() // Read behind the lock, after whoever had it before.
  const at = new Date(Math.max(now.getTime(), newestEntryMs))
  const assumeNew = attempt === 1 && holds.length === 0
  const decide = (taken: Taken) => decideBatch(requests, { accounts, holds, taken, now, at })
  let batch = decide(assumeNew ? NOTHING_TAKEN : await readTaken(client, requests))
  // A repeated journal may be refused today and have been posted yesterday.
  if (assumeNew && batch.results.some(({ status }) => status === 'REFUSED')) {
    batch = decide(await readTaken(client, requests))
  }
  const written = batch.fresh.length > 0 ? writeBatch(client, batch, at) : null
  written?.catch(() => undefined) // Met by the caller, after the commit's answer.
  return { results: batch.results, written }
}

function accountsOf(requests: readonly JournalRequest[], holds: readonly HoldState[]): Set<string> {
  const ids = new Set<string>()
  const add = (legs: { debitAccountId: string; creditAccountId: string }) => {
    ids.add(legs.debitAccountId)
    ids.add(legs.creditAccountId)
  }
  for (const { transfers } of requests) {
    for (const transfer of transfers) if (!isResolution(transfer)) add(transfer)
  }
  for (const hold of holds) add(hold)
  return ids
}
