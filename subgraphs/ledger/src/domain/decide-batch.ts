import { ERROR_MESSAGES } from '@corridor/platform'
import { Books } from './books.ts'
import { decideJournal, type JournalRefusal } from './decide-journal.ts'
import type { AccountState, HoldState, JournalRequest, JournalResult } from './journal.ts'

/** A journal id that was decided before, with the digest of its content; null for a retired id. */
export interface KnownJournal {
  readonly id: string
  readonly digest: Buffer | null
  readonly result: JournalResult
}

/** What of a batch's ids is in the books already. */
export interface Taken {
  readonly journals: readonly KnownJournal[]
  readonly transferIds: ReadonlySet<string>
  readonly resolvedHolds: ReadonlySet<string>
}

/** A journal to be kept: posted, or finally refused. */
export interface DecidedJournal {
  readonly id: string
  readonly digest: Buffer
  readonly description: string | null
  readonly status: 'POSTED' | 'REFUSED'
  readonly refusal: JournalRefusal | null
}

export interface DecidedBatch {
  /** One for each request, in order. */
  readonly results: readonly JournalResult[]
  readonly fresh: readonly DecidedJournal[]
  readonly books: Books
}

/**
 * Decides the journals of a batch in order, each against the books as those before it left them. A known id with the
 * same content gets its first result, with other content IDEMPOTENCY_MISMATCH. Pure; every account is held locked.
 */
export function decideBatch(
  requests: readonly JournalRequest[],
  given: {
    accounts: ReadonlyMap<string, AccountState>
    holds: readonly HoldState[]
    taken: Taken
    /** By the server's clock: what expiry is judged by. */
    now: Date
    /** The books' time, which never runs backwards: what is written. */
    at: Date
  },
): DecidedBatch {
  const { accounts, holds, taken } = given
  const books = new Books({
    accounts,
    holds: new Map(holds.map((hold) => [hold.id, { ...hold, resolved: taken.resolvedHolds.has(hold.id) }])),
    takenTransferIds: taken.transferIds,
  })
  const known = new Map(taken.journals.map((journal) => [journal.id, journal]))
  const fresh: DecidedJournal[] = []
  const results = requests.map((request) => {
    const before = known.get(request.id)
    if (before) return before.digest?.equals(request.digest) === false ? mismatch(request.id) : before.result
    const { result, row } = decideFresh(books, request, given)
    if (row) {
      fresh.push(row)
      known.set(row.id, { id: row.id, digest: row.digest, result })
    }
    return result
  })
  return { results, fresh, books }
}

function decideFresh(
  books: Books,
  request: JournalRequest,
  { now, at }: { now: Date; at: Date },
): { result: JournalResult; row: DecidedJournal | null } {
  const { id, digest, description } = request
  const refusal = decideJournal(books, request, now)
  if (!refusal) {
    return {
      result: { id, status: 'POSTED', decidedAt: at },
      row: { id, digest, description, status: 'POSTED', refusal: null },
    }
  }
  const result: JournalResult = { id, status: 'REFUSED', ...refusal }
  return { result, row: request.final ? { id, digest, description, status: 'REFUSED', refusal } : null }
}

const mismatch = (id: string): JournalResult => ({
  id,
  status: 'REFUSED',
  code: 'IDEMPOTENCY_MISMATCH',
  message: ERROR_MESSAGES.IDEMPOTENCY_MISMATCH,
  transferIndex: null,
})
