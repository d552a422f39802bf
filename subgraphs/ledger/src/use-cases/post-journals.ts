import { queueChannel } from '@corridor/events'
import {
  type Clock,
  inTransaction,
  invariant,
  type Pool,
  type SqlClient,
  sqlState,
  type Turn,
  type Wakeups,
} from '@corridor/platform'
import { type DecidedBatch, decideBatch, type Taken } from '../domain/decide-batch.ts'
import {
  type HoldState,
  isResolution,
  type JournalRequest,
  type JournalResult,
  MAX_JOURNALS_PER_BATCH,
} from '../domain/journal.ts'
import { countGroup, recordLockWait } from '../ledger-metrics.ts'
import { type DatedAccount, lockAccounts, lockStates, readHolds, readTaken, statesOf } from './books-reading.ts'
import { type BatchToWrite, batchToWrite, writeBatch } from './books-writing.ts'
import type { HouseAccounts } from './house-accounts.ts'
import type { ReadJournal } from './journal-input.ts'
import type { KnownAccounts } from './known-accounts.ts'

export interface PostJournalsDeps {
  readonly pool: Pool
  readonly clock: Clock
  readonly wakeups: Wakeups
  readonly houseAccounts: HouseAccounts
  readonly knownAccounts: KnownAccounts
}

/** A batch that was decided before its accounts were locked, on accounts that must still be as they were. */
export interface DecidedAhead {
  readonly accountIds: readonly string[]
  readonly states: string
  readonly batch: DecidedBatch
  readonly toWrite: BatchToWrite
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
  turn: Turn<DecidedAhead>,
): Promise<readonly JournalResult[]> {
  invariant(journals.length <= MAX_JOURNALS_PER_BATCH, 'the size of a batch is checked at the door')
  if (journals.length === 0) return []
  await deps.houseAccounts.ensure(journals.flatMap((journal) => journal.houseAccounts))
  const requests = journals.map((journal) => journal.request)
  for (let attempt = 1; ; attempt += 1) {
    try {
      const { results, written } = await inTransaction(deps.pool, (client) =>
        postIn(client, requests, { deps, attempt, ...turn }),
      )
      await written
      countGroup(results)
      deps.wakeups.wake(queueChannel('ledger'))
      return results
    } catch (error) {
      deps.knownAccounts.forget()
      // Another batch took one of our ids between our look and our write; the next attempt sees its result.
      if (sqlState(error) !== UNIQUE_VIOLATION || attempt === MAX_ATTEMPTS) throw error
    }
  }
}

/**
 * Decides a batch on the accounts as the batch under way leaves them. Null where that cannot be enough: an account that is
 * not known, a hold to be read, a refusal that may be of a journal posted before.
 */
export function decideAhead(
  { clock, knownAccounts }: PostJournalsDeps,
  journals: readonly ReadJournal[],
): DecidedAhead | null {
  const requests = journals.map((journal) => journal.request)
  if (requests.some(({ transfers }) => transfers.some(isResolution))) return null
  const accounts = knownAccounts.find(accountsOf(requests, []))
  if (!accounts) return null
  const { batch, at } = decide(requests, { accounts: byId(accounts), holds: [], taken: NOTHING_TAKEN, clock })
  if (hasRefusal(batch)) return null
  const accountIds = accounts.map(({ id }) => id)
  return { accountIds, states: statesOf(accounts), batch, toWrite: batchToWrite(batch, at) }
}

interface Posted {
  readonly results: readonly JournalResult[]
  /** The write, sent but not waited for: the commit goes out right behind it, and rolls back if it failed. */
  readonly written: Promise<void> | null
}

/** The ids are taken to be new, as nearly all are; the write itself says when one is not. */
const NOTHING_TAKEN: Taken = { journals: [], transferIds: new Set(), resolvedHolds: new Set() }

type Attempt = Turn<DecidedAhead> & { readonly deps: PostJournalsDeps; readonly attempt: number }

async function postIn(
  client: SqlClient,
  requests: readonly JournalRequest[],
  { deps, attempt, leads, ahead, sent }: Attempt,
): Promise<Posted> {
  const asDecided = attempt === 1 && ahead && (await stillStand(client, ahead)) ? ahead : null
  const { batch, toWrite } = asDecided ?? (await lockAndDecide(client, requests, { deps, attempt, leads }))
  const written = batch.fresh.length > 0 ? writeBatch(client, toWrite) : null
  written?.catch(() => undefined) // Met by the caller, after the commit's answer.
  if (leads) deps.knownAccounts.keepWritten(toWrite)
  sent()
  return { results: batch.results, written }
}

/** Whether the accounts, locked now, are what the batch was decided on. */
async function stillStand(client: SqlClient, { accountIds, states }: DecidedAhead): Promise<boolean> {
  return (await timeLock(lockStates(client, accountIds))) === states
}

async function lockAndDecide(
  client: SqlClient,
  requests: readonly JournalRequest[],
  { deps, attempt, leads }: Pick<Attempt, 'deps' | 'attempt' | 'leads'>,
): Promise<{ batch: DecidedBatch; toWrite: BatchToWrite }> {
  const holds = await readHolds(client, requests)
  const accounts = await timeLock(lockAccounts(client, accountsOf(requests, holds)))
  if (leads) deps.knownAccounts.keep(accounts.values())
  const assumeNew = attempt === 1 && holds.length === 0
  const given = { accounts, holds, clock: deps.clock }
  let decided = decide(requests, { ...given, taken: assumeNew ? NOTHING_TAKEN : await readTaken(client, requests) })
  // A repeated journal may be refused today and have been posted yesterday.
  if (assumeNew && hasRefusal(decided.batch)) {
    decided = decide(requests, { ...given, taken: await readTaken(client, requests) })
  }
  return { batch: decided.batch, toWrite: batchToWrite(decided.batch, decided.at) }
}

/** The time is read once the accounts are, after whoever had them before, and is never earlier than an entry of theirs. */
function decide(
  requests: readonly JournalRequest[],
  {
    clock,
    ...given
  }: { accounts: ReadonlyMap<string, DatedAccount>; holds: readonly HoldState[]; taken: Taken; clock: Clock },
): { batch: DecidedBatch; at: Date } {
  const now = clock.now()
  let atMs = now.getTime()
  for (const { lastEntryMs } of given.accounts.values()) atMs = Math.max(atMs, lastEntryMs)
  const at = new Date(atMs)
  return { batch: decideBatch(requests, { ...given, now, at }), at }
}

const hasRefusal = ({ results }: DecidedBatch): boolean => results.some(({ status }) => status === 'REFUSED')

const byId = (accounts: readonly DatedAccount[]): Map<string, DatedAccount> =>
  new Map(accounts.map((account) => [account.id, account]))

async function timeLock<T>(lock: Promise<T>): Promise<T> {
  const askedMs = performance.now()
  const locked = await lock
  recordLockWait(performance.now() - askedMs)
  return locked
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
