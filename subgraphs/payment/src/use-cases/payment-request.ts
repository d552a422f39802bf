import type { Money } from '@corridor/money'
import { accept, type Result, refuse } from '@corridor/platform'
import { type MoneyInput, parseId, parsePositiveMoneyInput } from '@corridor/subgraph'

/** A payment as its payer asks for it: from wallet to wallet, with one side fixed or a rate locked. */
export interface TransferRequest {
  readonly fromWalletId: string
  readonly toWalletId: string
  readonly debit: Money | null
  readonly credit: Money | null
  readonly fxQuoteId: string | null
  readonly reference: string | null
}

export interface TransferFields {
  readonly fromWalletId?: string | null
  readonly toWalletId?: string | null
  readonly debit?: MoneyInput | null
  readonly credit?: MoneyInput | null
  readonly fxQuoteId?: string | null
  readonly reference?: string | null
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

/** Reads the fields of a request; of `debit`, `credit` and `fxQuoteId` exactly one is given. */
export function readTransferRequest(fields: TransferFields, at: string): Result<TransferRequest> {
  const fromWalletId = requiredId(fields.fromWalletId, `${at}.fromWalletId`)
  if (!fromWalletId.ok) return fromWalletId
  const toWalletId = requiredId(fields.toWalletId, `${at}.toWalletId`)
  if (!toWalletId.ok) return toWalletId
  if (fromWalletId.value === toWalletId.value) {
    return refuse('ACCOUNTS_NOT_DISTINCT', 'A payment goes from one wallet to another.', `${at}.toWalletId`)
  }
  const { fxQuoteId = null, debit = null, credit = null, reference = null } = fields
  if ([fxQuoteId, debit, credit].filter((given) => given !== null).length !== 1) {
    return refuse('BAD_USER_INPUT', `Exactly one of ${at}.debit, credit and fxQuoteId is given.`, `${at}.debit`)
  }
  if (reference !== null && (reference.length < 1 || reference.length > MAX_REFERENCE_LENGTH)) {
    return refuse('BAD_USER_INPUT', `${at}.reference has 1 to ${MAX_REFERENCE_LENGTH} characters.`, `${at}.reference`)
  }
  const debited = debit && parsePositiveMoneyInput(debit, `${at}.debit`)
  if (debited && !debited.ok) return debited
  const credited = credit && parsePositiveMoneyInput(credit, `${at}.credit`)
  if (credited && !credited.ok) return credited
  const quote = fxQuoteId === null ? null : parseId(fxQuoteId, `${at}.fxQuoteId`)
  if (quote && !quote.ok) return quote
  return accept({
    fromWalletId: fromWalletId.value,
    toWalletId: toWalletId.value,
    debit: debited?.value ?? null,
    credit: credited?.value ?? null,
    fxQuoteId: quote?.value ?? null,
    reference,
  })
}

function requiredId(id: string | null | undefined, field: string): Result<string> {
  return id ? parseId(id, field) : refuse('BAD_USER_INPUT', `${field} is needed.`, field)
}
