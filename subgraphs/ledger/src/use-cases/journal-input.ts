import { hash } from 'node:crypto'
import { isCurrency } from '@corridor/money'
import { accept, isUuid, type Result, refuse } from '@corridor/platform'
import { houseAccountId, isHouseCode } from '../domain/chart-of-accounts.ts'
import type { JournalRequest, TransferRequest } from '../domain/journal.ts'

/** A transfer as callers state it: accounts by id, or by the code of a house account in the transfer's currency. */
export interface TransferDraft {
  readonly id: string
  readonly action: 'POST' | 'HOLD' | 'CAPTURE' | 'VOID'
  readonly debitAccount?: string | null
  readonly creditAccount?: string | null
  readonly amountMinor?: string | null
  readonly currency?: string | null
  readonly resolves?: string | null
  readonly expiresAt?: Date | null
}

export interface JournalDraft {
  readonly id: string
  readonly final?: boolean | null
  readonly description?: string | null
  readonly transfers: readonly TransferDraft[]
}

export interface HouseAccount {
  readonly id: string
  readonly code: string
  readonly currency: string
}

export interface ReadJournal {
  readonly request: JournalRequest
  readonly houseAccounts: readonly HouseAccount[]
}

const MAX_DESCRIPTION_LENGTH = 200
const WHOLE = /^-?\d{1,40}$/

/** Reads a draft; refuses what is no id, number, currency or account code, naming the field. Amounts are judged later. */
export function readJournal(draft: JournalDraft, field: string): Result<ReadJournal> {
  if (!isUuid(draft.id)) return refuse('BAD_USER_INPUT', `${field}.id is not a UUID.`, `${field}.id`)
  if ((draft.description?.length ?? 0) > MAX_DESCRIPTION_LENGTH) {
    return refuse('BAD_USER_INPUT', `${field}.description is too long.`, `${field}.description`)
  }
  const houseAccounts: HouseAccount[] = []
  const transfers: TransferRequest[] = []
  for (const [position, transfer] of draft.transfers.entries()) {
    const read = readTransfer(transfer, position, `${field}.transfers.${position}`, houseAccounts)
    if (!read.ok) return read
    transfers.push(read.value)
  }
  const content = { id: draft.id, final: draft.final === true, description: draft.description ?? null, transfers }
  return accept({ request: { ...content, digest: digestOf(content) }, houseAccounts })
}

function readTransfer(
  draft: TransferDraft,
  position: number,
  field: string,
  houseAccounts: HouseAccount[],
): Result<TransferRequest> {
  if (!isUuid(draft.id)) return refuse('BAD_USER_INPUT', `${field}.id is not a UUID.`, `${field}.id`)
  if (draft.amountMinor && !WHOLE.test(draft.amountMinor)) return bad(field, 'amountMinor', 'is no whole number')
  const amountMinor = draft.amountMinor ? BigInt(draft.amountMinor) : null
  if (draft.action === 'CAPTURE' || draft.action === 'VOID') {
    if (!isUuid(draft.resolves)) return bad(field, 'resolves', 'names the hold')
    if (draft.debitAccount || draft.creditAccount || draft.currency || draft.expiresAt) {
      return bad(field, 'resolves', 'says all but the amount: accounts, currency and expiry are the hold’s')
    }
    if (draft.action === 'VOID' && amountMinor !== null)
      return bad(field, 'amountMinor', 'is empty: a hold is voided whole')
    return accept({ id: draft.id, position, action: draft.action, resolves: draft.resolves, amountMinor })
  }
  const currency = draft.currency ?? ''
  if (!isCurrency(currency)) return bad(field, 'currency', 'is no currency')
  if (amountMinor === null) return bad(field, 'amountMinor', 'is missing')
  if (draft.resolves) return bad(field, 'resolves', 'is for CAPTURE and VOID')
  if (draft.expiresAt && draft.action !== 'HOLD') return bad(field, 'expiresAt', 'is for HOLD')
  const debitAccountId = accountId(draft.debitAccount, currency, houseAccounts)
  if (debitAccountId === null) return bad(field, 'debitAccount', 'is no account id and no code of a house account')
  const creditAccountId = accountId(draft.creditAccount, currency, houseAccounts)
  if (creditAccountId === null) return bad(field, 'creditAccount', 'is no account id and no code of a house account')
  const { id, action } = draft
  return accept({
    id,
    position,
    action,
    debitAccountId,
    creditAccountId,
    amountMinor,
    currency,
    expiresAt: draft.expiresAt ?? null,
  })
}

function accountId(given: string | null | undefined, currency: string, houseAccounts: HouseAccount[]): string | null {
  if (!given) return null
  if (isUuid(given)) return given
  if (!isHouseCode(given)) return null
  const id = houseAccountId(given, currency)
  houseAccounts.push({ id, code: given, currency })
  return id
}

const bad = (field: string, name: string, problem: string) =>
  refuse('BAD_USER_INPUT', `${field}.${name} ${problem}.`, `${field}.${name}`)

/** SHA-256 over everything that decides what is posted; the order of the transfers counts. */
export function digestOf(content: Omit<JournalRequest, 'digest'>): Buffer {
  const lines = content.transfers.map((transfer) =>
    'resolves' in transfer
      ? `\n${transfer.id}|${transfer.action}|${transfer.resolves}|${transfer.amountMinor ?? ''}`
      : `\n${transfer.id}|${transfer.action}|${transfer.debitAccountId}|${transfer.creditAccountId}|${transfer.amountMinor}|${transfer.currency}|${transfer.expiresAt?.toISOString() ?? ''}`,
  )
  return hash('sha256', `${content.final ? 1 : 0}|${content.description ?? ''}${lines.join('')}`, 'buffer')
}
