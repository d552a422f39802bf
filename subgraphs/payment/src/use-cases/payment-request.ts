import type { Money } from '@corridor/money'
import { accept, isText, type Result, refuse } from '@corridor/platform'
import { type MoneyInput, parseDateTime, parseId, parsePositiveMoneyInput } from '@corridor/subgraph'

/** A payment as its payer asks for it: to a wallet or to a beneficiary, with one side fixed or a rate locked. */
export interface TransferRequest {
  readonly fromWalletId: string
  readonly toWalletId: string | null
  readonly beneficiaryId: string | null
  readonly debit: Money | null
  readonly credit: Money | null
  readonly fxQuoteId: string | null
  readonly reference: string | null
  /** When it shall be made; null for at once. */
  readonly scheduledFor: Date | null
}

export interface TransferFields {
  readonly fromWalletId?: string | null
  readonly toWalletId?: string | null
  readonly beneficiaryId?: string | null
  readonly debit?: MoneyInput | null
  readonly credit?: MoneyInput | null
  readonly fxQuoteId?: string | null
  readonly reference?: string | null
  readonly scheduledFor?: string | null
}

/** Either a request, or the confirmation of a prepared quote. */
export type SendRequest = TransferRequest | { readonly quoteId: string }

const MAX_REFERENCE_LENGTH = 140

/** Reads a confirmation, with which every other field stays empty, or a request. */
export function readSendRequest(fields: TransferFields & { quoteId?: string | null }, at: string): Result<SendRequest> {
  const { quoteId, ...others } = fields
  if (!quoteId) return readTransferRequest(fields, at)
  const given = Object.entries(others).find(([, value]) => value !== null && value !== undefined)?.[0]
  if (given) return refuse('BAD_USER_INPUT', `${at}.${given} stays empty with a quoteId.`, `${at}.${given}`)
  const id = parseId(quoteId, `${at}.quoteId`)
  return id.ok ? accept({ quoteId: id.value }) : id
}

/** Reads the fields of a request; of `debit`, `credit` and `fxQuoteId` exactly one is given, and one target. */
export function readTransferRequest(fields: TransferFields, at: string): Result<TransferRequest> {
  const sides = readSides(fields, at)
  if (!sides.ok) return sides
  const amounts = readAmounts(fields, at)
  if (!amounts.ok) return amounts
  const { reference = null } = fields
  if (reference !== null && !isText(reference, MAX_REFERENCE_LENGTH)) {
    return refuse('BAD_USER_INPUT', `${at}.reference has 1 to ${MAX_REFERENCE_LENGTH} characters.`, `${at}.reference`)
  }
  const scheduled = fields.scheduledFor ? parseDateTime(fields.scheduledFor, `${at}.scheduledFor`) : accept(null)
  if (!scheduled.ok) return scheduled
  if (scheduled.value !== null && amounts.value.fxQuoteId !== null) {
    return refuse('BAD_USER_INPUT', 'A scheduled payment is priced when it falls due.', `${at}.scheduledFor`)
  }
  return accept({ ...sides.value, ...amounts.value, reference, scheduledFor: scheduled.value })
}

function readSides(
  fields: TransferFields,
  at: string,
): Result<Pick<TransferRequest, 'fromWalletId' | 'toWalletId' | 'beneficiaryId'>> {
  const from = requiredId(fields.fromWalletId, `${at}.fromWalletId`)
  if (!from.ok) return from
  const { toWalletId = null, beneficiaryId = null } = fields
  if ((toWalletId === null) === (beneficiaryId === null)) {
    return refuse('BAD_USER_INPUT', `Exactly one of ${at}.toWalletId and beneficiaryId is given.`, `${at}.toWalletId`)
  }
  const name = toWalletId === null ? 'beneficiaryId' : 'toWalletId'
  const target = requiredId(fields[name], `${at}.${name}`)
  if (!target.ok) return target
  if (from.value === target.value) {
    return refuse('ACCOUNTS_NOT_DISTINCT', 'A payment goes from one wallet to another.', `${at}.toWalletId`)
  }
  return accept({ fromWalletId: from.value, toWalletId: null, beneficiaryId: null, [name]: target.value })
}

function readAmounts(
  { fxQuoteId = null, debit = null, credit = null }: TransferFields,
  at: string,
): Result<Pick<TransferRequest, 'debit' | 'credit' | 'fxQuoteId'>> {
  if ([fxQuoteId, debit, credit].filter((given) => given !== null).length !== 1) {
    return refuse('BAD_USER_INPUT', `Exactly one of ${at}.debit, credit and fxQuoteId is given.`, `${at}.debit`)
  }
  const debited = debit && parsePositiveMoneyInput(debit, `${at}.debit`)
  if (debited && !debited.ok) return debited
  const credited = credit && parsePositiveMoneyInput(credit, `${at}.credit`)
  if (credited && !credited.ok) return credited
  const quote = fxQuoteId === null ? null : parseId(fxQuoteId, `${at}.fxQuoteId`)
  if (quote && !quote.ok) return quote
  return accept({ debit: debited?.value ?? null, credit: credited?.value ?? null, fxQuoteId: quote?.value ?? null })
}

function requiredId(id: string | null | undefined, field: string): Result<string> {
  return id ? parseId(id, field) : refuse('BAD_USER_INPUT', `${field} is needed.`, field)
}
