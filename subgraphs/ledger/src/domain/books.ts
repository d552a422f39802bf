import { invariant } from '@corridor/platform'
import type { AccountState, EntryRow, HoldState, TransferRow } from './journal.ts'

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

interface Mark {
  readonly accounts: Map<string, AccountState>
  readonly transfers: number
  readonly entries: number
  readonly released: number
}

interface Legs {
  readonly id: string
  readonly debitAccountId: string
  readonly creditAccountId: string
}

/** The part of the books that a batch touches, with what the batch adds. A journal that is refused is taken back whole. */
export class Books {
  readonly transfers: TransferRow[] = []
  readonly entries: EntryRow[] = []
  private readonly released: string[] = []
  private readonly resolved = new Set<string>()
  private readonly added = new Map<string, TransferRow>()
  private touched = new Map<string, Mutable<AccountState>>()
  private undo: Map<string, AccountState> | null = null
  /** Holds by their journal: those of the books, and those that this batch makes. */
  private readonly heldBefore: Map<string, HoldState[]>
  private readonly heldHere = new Map<string, HoldState[]>()

  constructor(
    private readonly given: {
      readonly accounts: ReadonlyMap<string, AccountState>
      readonly holds: ReadonlyMap<string, HoldState>
      readonly takenTransferIds: ReadonlySet<string>
    },
  ) {
    this.heldBefore = Map.groupBy(given.holds.values(), (hold) => hold.journalId)
  }

  account(id: string): AccountState | undefined {
    return this.touched.get(id) ?? this.given.accounts.get(id)
  }

  /**
   * The accounts as the batch leaves them, of those that it changed. Each entry is a version of its account; what
   * changed of holds is one more at the end, so that every version has exactly one event.
   */
  changedAccounts(): AccountState[] {
    const held = this.accountsHeldOn()
    return [...this.touched.values()].flatMap((account) => {
      if (held.has(account.id)) return [{ ...account, version: account.version + 1n }]
      return account.entryCount === this.given.accounts.get(account.id)?.entryCount ? [] : [account]
    })
  }

  /** Accounts on which the batch made or resolved holds. */
  accountsHeldOn(): Set<string> {
    const holding = this.transfers.filter((row) => row.action !== 'POST')
    return new Set(holding.flatMap((row) => [row.debitAccountId, row.creditAccountId]))
  }

  hasTransfer(id: string): boolean {
    return this.given.takenTransferIds.has(id) || this.added.has(id)
  }

  /** A hold of the books, or one that an earlier journal of this batch made. */
  holdOf(id: string): HoldState | undefined {
    const added = this.added.get(id)
    const hold = this.given.holds.get(id) ?? (added?.action === 'HOLD' ? { ...added, resolved: false } : undefined)
    return hold && this.resolved.has(id) ? { ...hold, resolved: true } : hold
  }

  holdsOfJournal(journalId: string): readonly HoldState[] {
    return this.heldBefore.get(journalId) ?? this.heldHere.get(journalId) ?? []
  }

  addTransfer(row: TransferRow): void {
    this.transfers.push(row)
    this.added.set(row.id, row)
    if (row.action !== 'HOLD') return
    const held = this.heldHere.get(row.journalId) ?? []
    this.heldHere.set(row.journalId, [...held, { ...row, resolved: false }])
  }

  /** Moves money: an entry on each side, with the balance that it leaves. */
  post({ id, debitAccountId, creditAccountId }: Legs, amountMinor: bigint, journalId: string): void {
    this.enter({ transferId: id, journalId, accountId: debitAccountId, direction: 'DEBIT', amountMinor })
    this.enter({ transferId: id, journalId, accountId: creditAccountId, direction: 'CREDIT', amountMinor })
  }

  hold({ debitAccountId, creditAccountId }: Legs, amountMinor: bigint): void {
    const debit = this.change(debitAccountId)
    debit.heldMinor += amountMinor
    const credit = this.change(creditAccountId)
    credit.incomingMinor += amountMinor
  }

  release(hold: HoldState): void {
    const debit = this.change(hold.debitAccountId)
    debit.heldMinor -= hold.amountMinor
    const credit = this.change(hold.creditAccountId)
    credit.incomingMinor -= hold.amountMinor
    invariant(debit.heldMinor >= 0n && credit.incomingMinor >= 0n, 'no more is released than was held')
    this.resolved.add(hold.id)
    this.released.push(hold.id)
  }

  mark(): Mark {
    this.undo = new Map()
    return {
      accounts: this.undo,
      transfers: this.transfers.length,
      entries: this.entries.length,
      released: this.released.length,
    }
  }

  restore(mark: Mark): void {
    for (const [id, before] of mark.accounts) this.touched.set(id, { ...before })
    for (const row of this.transfers.splice(mark.transfers)) {
      this.added.delete(row.id)
      this.heldHere.delete(row.journalId)
    }
    this.entries.splice(mark.entries)
    for (const id of this.released.splice(mark.released)) this.resolved.delete(id)
  }

  private enter(input: Pick<EntryRow, 'transferId' | 'journalId' | 'accountId' | 'direction' | 'amountMinor'>): void {
    const account = this.change(input.accountId)
    account.postedMinor += input.direction === 'CREDIT' ? input.amountMinor : -input.amountMinor
    account.entryCount += 1n
    account.version += 1n
    this.entries.push({
      ...input,
      number: account.entryCount,
      balanceAfterMinor: account.postedMinor,
      accountVersion: account.version,
    })
  }

  /** The account for changing; its state before is kept until the journal is decided. */
  private change(id: string): Mutable<AccountState> {
    let account = this.touched.get(id)
    if (!account) {
      const given = this.given.accounts.get(id)
      invariant(given, 'an account is locked before it is changed')
      account = { ...given }
      this.touched.set(id, account)
    }
    if (this.undo && !this.undo.has(id)) this.undo.set(id, { ...account })
    return account
  }
}
