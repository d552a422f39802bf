import { ERROR_MESSAGES, type ErrorCode, invariant } from '@corridor/platform'
import type { Books } from './books.ts'
import {
  type HoldState,
  isResolution,
  type JournalRequest,
  MAX_AMOUNT_MINOR,
  MAX_TRANSFERS_PER_JOURNAL,
  type NewTransfer,
  type Resolution,
} from './journal.ts'

export interface JournalRefusal {
  readonly code: ErrorCode
  readonly message: string
  readonly transferIndex: number | null
}

/**
 * Decides one journal against the books as the journals before it left them, and writes it into them. Pure but for
 * `books`: no clock, no database. The caller holds every account of the batch locked.
 *
 * The first refusal in this order is the answer, and a refused journal leaves the books as they were:
 *
 *  1. the journal: BAD_USER_INPUT (no transfer), BATCH_TOO_LARGE (more than 16)
 *  2. per transfer, in order:
 *     a new one: CONFLICT (its id is taken), AMOUNT_NOT_POSITIVE, LIMIT_EXCEEDED (beyond bigint), ACCOUNTS_NOT_DISTINCT,
 *       ACCOUNT_NOT_FOUND, CURRENCY_MISMATCH, ACCOUNT_CLOSED, ACCOUNT_FROZEN, INSUFFICIENT_FUNDS, LIMIT_EXCEEDED (a
 *       balance would be beyond bigint)
 *     a resolution: CONFLICT (its id is taken), NOT_FOUND (no such hold), HOLD_RESOLVED, HOLD_EXPIRED
 *       (posted too late), CONFLICT (expired too early), AMOUNT_NOT_POSITIVE, HOLD_EXCEEDED
 *  3. holds made together across currencies: CONFLICT unless they expire together, or all are resolved here, alike and
 *     whole
 */
export function decideJournal(books: Books, journal: JournalRequest, now: Date): JournalRefusal | null {
  if (journal.transfers.length === 0) return refusal('BAD_USER_INPUT', null, 'A journal has at least one transfer.')
  if (journal.transfers.length > MAX_TRANSFERS_PER_JOURNAL) return refusal('BATCH_TOO_LARGE', null)
  const before = books.mark()
  const refused = decideTransfers(books, journal, now) ?? decideConversions(books, journal)
  if (refused) books.restore(before)
  return refused
}

function decideTransfers(books: Books, journal: JournalRequest, now: Date): JournalRefusal | null {
  for (const [index, transfer] of journal.transfers.entries()) {
    const code = isResolution(transfer)
      ? decideResolution(books, journal, transfer, now)
      : decideNew(books, journal, transfer)
    if (code) return refusal(code, index)
  }
  return null
}

function decideNew(books: Books, journal: JournalRequest, transfer: NewTransfer): ErrorCode | null {
  const { amountMinor, currency } = transfer
  if (books.hasTransfer(transfer.id)) return 'CONFLICT'
  if (amountMinor <= 0n) return 'AMOUNT_NOT_POSITIVE'
  if (amountMinor > MAX_AMOUNT_MINOR) return 'LIMIT_EXCEEDED'
  if (transfer.debitAccountId === transfer.creditAccountId) return 'ACCOUNTS_NOT_DISTINCT'
  const debit = books.account(transfer.debitAccountId)
  const credit = books.account(transfer.creditAccountId)
  if (!debit || !credit) return 'ACCOUNT_NOT_FOUND'
  if (debit.currency !== currency || credit.currency !== currency) return 'CURRENCY_MISMATCH'
  if (debit.status === 'CLOSED' || credit.status === 'CLOSED') return 'ACCOUNT_CLOSED'
  if (debit.status === 'FROZEN' || credit.status === 'FROZEN') return 'ACCOUNT_FROZEN'
  const availableMinor = debit.postedMinor - debit.heldMinor - amountMinor
  if (debit.floorMinor !== null && availableMinor < debit.floorMinor) return 'INSUFFICIENT_FUNDS'
  const expectedMinor = credit.postedMinor + credit.incomingMinor + amountMinor
  if (availableMinor < -MAX_AMOUNT_MINOR || expectedMinor > MAX_AMOUNT_MINOR) return 'LIMIT_EXCEEDED'
  const [heldMinor, incomingMinor] = [debit.heldMinor + amountMinor, credit.incomingMinor + amountMinor]
  if (heldMinor > MAX_AMOUNT_MINOR || incomingMinor > MAX_AMOUNT_MINOR) return 'LIMIT_EXCEEDED'

  books.addTransfer({ ...transfer, journalId: journal.id, resolves: null })
  if (transfer.action === 'POST') books.post(transfer, amountMinor, journal.id)
  else books.hold(transfer, amountMinor)
  return null
}

function decideResolution(books: Books, journal: JournalRequest, request: Resolution, now: Date): ErrorCode | null {
  if (books.hasTransfer(request.id)) return 'CONFLICT'
  const hold = books.holdOf(request.resolves)
  if (!hold) return 'NOT_FOUND'
  if (hold.resolved) return 'HOLD_RESOLVED'
  const expired = hold.expiresAt !== null && hold.expiresAt <= now
  if (request.action === 'CAPTURE' && expired) return 'HOLD_EXPIRED'
  if (request.action === 'EXPIRE' && !expired) return 'CONFLICT'
  const amountMinor = request.amountMinor ?? hold.amountMinor
  if (amountMinor <= 0n) return 'AMOUNT_NOT_POSITIVE'
  if (amountMinor > hold.amountMinor) return 'HOLD_EXCEEDED'
  invariant(request.action === 'CAPTURE' || amountMinor === hold.amountMinor, 'a hold is voided whole')

  const { debitAccountId, creditAccountId, currency } = hold
  const row = { id: request.id, journalId: journal.id, position: request.position, action: request.action, currency }
  books.addTransfer({ ...row, debitAccountId, creditAccountId, amountMinor, resolves: hold.id, expiresAt: null })
  books.release(hold)
  if (request.action === 'CAPTURE')
    books.post({ id: request.id, debitAccountId, creditAccountId }, amountMinor, journal.id)
  return null
}

/** Legs in several currencies that were held together stand for one conversion: never one of them alone, or in part. */
function decideConversions(books: Books, journal: JournalRequest): JournalRefusal | null {
  const held = journal.transfers.filter((transfer): transfer is NewTransfer => transfer.action === 'HOLD')
  if (isConversion(held) && new Set(held.map(({ expiresAt }) => expiresAt?.getTime())).size > 1) {
    return refusal('CONFLICT', null, 'The legs of a held conversion expire together.')
  }
  const resolutions = journal.transfers.filter(isResolution)
  for (const [index, resolution] of resolutions.entries()) {
    const hold = books.holdOf(resolution.resolves)
    invariant(hold, 'a hold that was resolved is known')
    const legs = books.holdsOfJournal(hold.journalId)
    if (isConversion(legs) && !resolvedAlike(legs, resolutions, resolution)) {
      return refusal('CONFLICT', index, 'The legs of a held conversion are resolved together, alike and whole.')
    }
  }
  return null
}

const isConversion = (legs: readonly { readonly currency: string }[]): boolean =>
  new Set(legs.map(({ currency }) => currency)).size > 1

function resolvedAlike(legs: readonly HoldState[], resolutions: readonly Resolution[], like: Resolution): boolean {
  return legs.every((leg) => {
    const own = resolutions.find(({ resolves }) => resolves === leg.id)
    return own?.action === like.action && (own.amountMinor === null || own.amountMinor === leg.amountMinor)
  })
}

const refusal = (
  code: ErrorCode,
  transferIndex: number | null,
  message: string = ERROR_MESSAGES[code],
): JournalRefusal => ({ code, message, transferIndex })
