import type { ErrorCode } from '@corridor/platform'

export const MAX_JOURNALS_PER_BATCH = 1_000
export const MAX_TRANSFERS_PER_JOURNAL = 16
export const MAX_AMOUNT_MINOR = 9_223_372_036_854_775_807n

/** POST moves at once; HOLD reserves; CAPTURE, VOID and EXPIRE resolve a hold. EXPIRE is the system's alone. */
export type TransferAction = 'POST' | 'HOLD' | 'CAPTURE' | 'VOID' | 'EXPIRE'

/** Whether a transfer moves money, and so has its two entries. */
export const isPosting = (action: TransferAction): boolean => action === 'POST' || action === 'CAPTURE'

export interface NewTransfer {
  readonly id: string
  readonly position: number
  readonly action: 'POST' | 'HOLD'
  readonly debitAccountId: string
  readonly creditAccountId: string
  readonly amountMinor: bigint
  readonly currency: string
  readonly expiresAt: Date | null
}

export interface Resolution {
  readonly id: string
  readonly position: number
  readonly action: 'CAPTURE' | 'VOID' | 'EXPIRE'
  /** The pending transfer's id. */
  readonly resolves: string
  /** What of the hold is posted; null for all of it. */
  readonly amountMinor: bigint | null
}

export type TransferRequest = NewTransfer | Resolution

export interface JournalRequest {
  readonly id: string
  /** SHA-256 of the content: the same id with another content is refused. */
  readonly digest: Buffer
  /** Whether a refusal is kept under the id, so that a late repetition cannot post. */
  readonly final: boolean
  readonly description: string | null
  readonly transfers: readonly TransferRequest[]
}

/** What a journal came to. A refusal says which transfer, counted from 0. */
export type JournalResult =
  | { readonly id: string; readonly status: 'POSTED'; readonly decidedAt: Date }
  | { readonly id: string; readonly status: 'RETIRED'; readonly decidedAt: Date }
  | {
      readonly id: string
      readonly status: 'REFUSED'
      readonly code: ErrorCode
      readonly message: string
      readonly transferIndex: number | null
    }

export const isResolution = (transfer: TransferRequest): transfer is Resolution => 'resolves' in transfer

export type AccountStatus = 'OPEN' | 'FROZEN' | 'CLOSED'

/** An account as it stands, locked by whoever decides on it. */
export interface AccountState {
  readonly id: string
  readonly code: string
  readonly currency: string
  readonly owner: string | null
  readonly status: AccountStatus
  readonly postedMinor: bigint
  readonly heldMinor: bigint
  readonly incomingMinor: bigint
  readonly floorMinor: bigint | null
  readonly entryCount: bigint
  readonly version: bigint
}

/** A pending transfer, and how it was resolved if it was. */
export interface HoldState {
  readonly id: string
  readonly journalId: string
  readonly debitAccountId: string
  readonly creditAccountId: string
  readonly amountMinor: bigint
  readonly currency: string
  readonly expiresAt: Date | null
  readonly resolved: boolean
}

/** A row of `transfers` to write. */
export interface TransferRow {
  readonly id: string
  readonly journalId: string
  readonly position: number
  readonly action: TransferAction
  readonly debitAccountId: string
  readonly creditAccountId: string
  readonly amountMinor: bigint
  readonly currency: string
  readonly resolves: string | null
  readonly expiresAt: Date | null
}

/** A row of `entries` to write. */
export interface EntryRow {
  readonly accountId: string
  readonly number: bigint
  readonly transferId: string
  readonly journalId: string
  readonly direction: 'DEBIT' | 'CREDIT'
  readonly amountMinor: bigint
  readonly balanceAfterMinor: bigint
  readonly accountVersion: bigint
}
