import { queueChannel } from '@corridor/events'
import {
  type Clock,
  ERROR_MESSAGES,
  inTransaction,
  invariant,
  type Pool,
  type SqlClient,
  sqlState,
  type Wakeups,
} from '@corridor/platform'
import { Books } from '../domain/books.ts'
import { decideJournal } from '../domain/decide-journal.ts'
import { isResolution, type JournalRequest, type JournalResult, MAX_JOURNALS_PER_BATCH } from '../domain/journal.ts'
import { lockAccounts, readDecided, readHolds, readTaken } from './books-reading.ts'
import { type DecidedJournal, writeBatch } from './books-writing.ts'
import type { HouseAccounts } from './house-accounts.ts'
import type { ReadJournal } from './journal-input.ts'

export interface PostJournalsDeps {
  readonly pool: Pool
  readonly clock: Clock
  readonly wakeups: Wakeups
  readonly houseAccounts: HouseAccounts
}

/** Another batch decided one of our ids between our look and our write; the next attempt sees its result. */
class IdTaken extends Error {
  override readonly name = 'IdTaken'
}

/** A batch meets each rival at most once, and then finds its result; more attempts than this are a bug. */
const MAX_ATTEMPTS = 10
const UNIQUE_VIOLATION = '23505'

/**
 * Posts up to 1,000 journals, each decided on its own and in order, in one transaction of a handful of statements:
 * accounts are locked in id order, what is already decided is read, the rest is decided in memory, and everything is
 * written at once with its events. Answers one result per journal, in order. A repeated id with the same content gets
 * the first result.
 */
export async function postJournals(deps: PostJournalsDeps, journals: readonly ReadJournal[]): Promise<JournalResult[]> {
  invariant(journals.length <= MAX_JOURNALS_PER_BATCH, 'the size of a batch is checked at the door')
  if (journals.length === 0) return []
  await deps.houseAccounts.ensure(journals.flatMap((journal) => journal.houseAccounts))
  const requests = journals.map((journal) => journal.request)
  for (let attempt = 1; ; attempt += 1) {
    try {
      const results = await inTransaction(deps.pool, (client) => postIn(client, requests, deps.clock.now()))
      deps.wakeups.wake(queueChannel('ledger'))
      return results
    } catch (error) {
      const taken = error instanceof IdTaken || sqlState(error) === UNIQUE_VIOLATION
      if (!taken || attempt === MAX_ATTEMPTS) throw error
    }
  }
}

async function postIn(client: SqlClient, requests: readonly JournalRequest[], now: Date): Promise<JournalResult[]> {
  const holds = await readHolds(client, requests)
  const accounts = await lockAccounts(client, [
    ...accountsOf(requests),
    ...holds.flatMap((hold) => [hold.debitAccountId, hold.creditAccountId]),
  ])
  const taken = await readTaken(client, requests)
  const decided = new Map(taken.journals.map((journal) => [journal.id, journal]))
  const books = new Books({
    accounts,
    holds: new Map(holds.map((hold) => [hold.id, { ...hold, resolved: taken.resolvedHolds.has(hold.id) }])),
    takenTransferIds: taken.transferIds,
  })
  const fresh: DecidedJournal[] = []
  const results = requests.map((request) => {
    const known = decided.get(request.id)
    if (known) return known.digest?.equals(request.digest) === false ? mismatch(request.id) : known.result
    const { result, row } = decideFresh(books, request, now)
    if (row) fresh.push(row)
    if (row) decided.set(request.id, { id: request.id, digest: request.digest, result })
    return result
  })
  if (fresh.length > 0 && (await writeBatch(client, { journals: fresh, books, now })) < fresh.length)
    throw new IdTaken()
  return results
}

function decideFresh(
  books: Books,
  request: JournalRequest,
  now: Date,
): { result: JournalResult; row: DecidedJournal | null } {
  const { id, digest, description } = request
  const refusal = decideJournal(books, request, now)
  if (!refusal) {
    return {
      result: { id, status: 'POSTED', decidedAt: now },
      row: { id, digest, description, status: 'POSTED', refusal: null },
    }
  }
  const result: JournalResult = { id, status: 'REFUSED', ...refusal }
  return { result, row: request.final ? { id, digest, description, status: 'REFUSED', refusal } : null }
}

function accountsOf(requests: readonly JournalRequest[]): string[] {
  const ids: string[] = []
  for (const { transfers } of requests) {
    for (const transfer of transfers) {
      if (!isResolution(transfer)) ids.push(transfer.debitAccountId, transfer.creditAccountId)
    }
  }
  return ids
}

const mismatch = (id: string): JournalResult => ({
  id,
  status: 'REFUSED',
  code: 'IDEMPOTENCY_MISMATCH',
  message: ERROR_MESSAGES.IDEMPOTENCY_MISMATCH,
  transferIndex: null,
})

/** Looks up what `ids` came to. */
export const readJournalResults = async (client: SqlClient, ids: readonly string[]): Promise<JournalResult[]> =>
  (await readDecided(client, ids)).map((journal) => journal.result)
