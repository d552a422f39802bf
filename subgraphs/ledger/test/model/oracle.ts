/**
 * The books as one would keep them on paper: accounts, holds and journals in maps, each rule said once more, in as few
 * words as possible and with nothing of the ledger's own code. Amounts are small: limits of bigint are tested elsewhere.
 */
export interface OracleAccount {
  readonly currency: string
  readonly floor: bigint | null
  status: 'OPEN' | 'FROZEN' | 'CLOSED'
  posted: bigint
  held: bigint
  incoming: bigint
}

export interface OracleTransfer {
  readonly id: string
  readonly action: 'POST' | 'HOLD' | 'CAPTURE' | 'VOID'
  readonly debit: string
  readonly credit: string
  readonly amount: bigint | null
  readonly currency: string
  readonly resolves: string
  readonly expiresAt: number | null
}

export interface OracleJournal {
  readonly id: string
  readonly final: boolean
  readonly transfers: readonly OracleTransfer[]
}

interface Hold extends OracleTransfer {
  readonly journalId: string
  readonly amount: bigint
  resolved: boolean
}

interface Paper {
  accounts: Map<string, OracleAccount>
  holds: Map<string, Hold>
  transferIds: Set<string>
}

export class Oracle {
  private paper: Paper = { accounts: new Map(), holds: new Map(), transferIds: new Set() }
  /** What each id came to for good, with its content. */
  private decided = new Map<string, { content: string | null; outcome: string }>()

  /** These books as they stand, to go on with in another way. */
  fork(): Oracle {
    const fork = new Oracle()
    fork.paper = structuredClone(this.paper)
    fork.decided = new Map(this.decided)
    return fork
  }

  account(id: string): OracleAccount {
    const account = this.paper.accounts.get(id)
    if (!account) throw new Error(`the oracle has no account ${id}`)
    return account
  }

  open(id: string, currency: string, floor: bigint | null): void {
    this.paper.accounts.set(id, { currency, floor, status: 'OPEN', posted: 0n, held: 0n, incoming: 0n })
  }

  setStatus(id: string, status: OracleAccount['status']): string {
    const account = this.account(id)
    const empty = account.posted === 0n && account.held === 0n && account.incoming === 0n
    if (account.status === 'CLOSED' && status !== 'CLOSED') return 'ACCOUNT_CLOSED'
    if (status === 'CLOSED' && !empty) return 'CONFLICT'
    account.status = status
    return status
  }

  /** What the journal comes to: POSTED, RETIRED, or the code of the refusal. */
  post(journal: OracleJournal, now: number): string {
    const content = contentOf(journal)
    const before = this.decided.get(journal.id)
    if (before) return before.content !== null && before.content !== content ? 'IDEMPOTENCY_MISMATCH' : before.outcome
    const saved = structuredClone(this.paper)
    const outcome = this.decide(journal, now)
    if (outcome !== 'POSTED') this.paper = saved
    if (outcome === 'POSTED' || journal.final) this.decided.set(journal.id, { content, outcome })
    return outcome
  }

  retire(id: string): string {
    const before = this.decided.get(id)
    if (!before) this.decided.set(id, { content: null, outcome: 'RETIRED' })
    return before?.outcome ?? 'RETIRED'
  }

  /** Releases what is due. */
  expire(now: number): void {
    for (const hold of this.paper.holds.values()) {
      if (!hold.resolved && hold.expiresAt !== null && hold.expiresAt <= now) this.release(hold)
    }
  }

  private decide(journal: OracleJournal, now: number): string {
    for (const transfer of journal.transfers) {
      const refused =
        transfer.action === 'POST' || transfer.action === 'HOLD'
          ? this.make(transfer, journal.id)
          : this.resolve(transfer, now)
      if (refused) return refused
    }
    return this.conversionsAreWhole(journal) ? 'POSTED' : 'CONFLICT'
  }

  private make(transfer: OracleTransfer, journalId: string): string | null {
    const { accounts, holds, transferIds } = this.paper
    const amount = transfer.amount ?? 0n
    const [debit, credit] = [accounts.get(transfer.debit), accounts.get(transfer.credit)]
    if (transferIds.has(transfer.id)) return 'CONFLICT'
    if (amount <= 0n) return 'AMOUNT_NOT_POSITIVE'
    if (transfer.debit === transfer.credit) return 'ACCOUNTS_NOT_DISTINCT'
    if (!debit || !credit) return 'ACCOUNT_NOT_FOUND'
    if (debit.currency !== transfer.currency || credit.currency !== transfer.currency) return 'CURRENCY_MISMATCH'
    if (debit.status === 'CLOSED' || credit.status === 'CLOSED') return 'ACCOUNT_CLOSED'
    if (debit.status === 'FROZEN' || credit.status === 'FROZEN') return 'ACCOUNT_FROZEN'
    if (debit.floor !== null && debit.posted - debit.held - amount < debit.floor) return 'INSUFFICIENT_FUNDS'
    transferIds.add(transfer.id)
    if (transfer.action === 'HOLD') {
      holds.set(transfer.id, { ...transfer, amount, journalId, resolved: false })
      debit.held += amount
      credit.incoming += amount
    } else {
      debit.posted -= amount
      credit.posted += amount
    }
    return null
  }

  private resolve(transfer: OracleTransfer, now: number): string | null {
    const hold = this.paper.holds.get(transfer.resolves)
    if (this.paper.transferIds.has(transfer.id)) return 'CONFLICT'
    if (!hold) return 'NOT_FOUND'
    if (hold.resolved) return 'HOLD_RESOLVED'
    if (transfer.action === 'CAPTURE' && hold.expiresAt !== null && hold.expiresAt <= now) return 'HOLD_EXPIRED'
    const amount = transfer.amount ?? hold.amount
    if (amount <= 0n) return 'AMOUNT_NOT_POSITIVE'
    if (amount > hold.amount) return 'HOLD_EXCEEDED'
    this.paper.transferIds.add(transfer.id)
    this.release(hold)
    if (transfer.action === 'VOID') return null
    this.account(hold.debit).posted -= amount
    this.account(hold.credit).posted += amount
    return null
  }

  private release(hold: Hold): void {
    hold.resolved = true
    this.account(hold.debit).held -= hold.amount
    this.account(hold.credit).incoming -= hold.amount
  }

  /** Holds of one journal in two currencies expire together, and are resolved together, alike and whole. */
  private conversionsAreWhole(journal: OracleJournal): boolean {
    const made = journal.transfers.filter(({ action }) => action === 'HOLD')
    if (isConversion(made) && new Set(made.map(({ expiresAt }) => expiresAt)).size > 1) return false
    const resolutions = journal.transfers.filter(({ action }) => action === 'CAPTURE' || action === 'VOID')
    return resolutions.every(({ resolves, action }) => {
      const together = this.paper.holds.get(resolves)?.journalId
      const legs = [...this.paper.holds.values()].filter(({ journalId }) => journalId === together)
      if (!isConversion(legs)) return true
      return legs.every((leg) => {
        const own = resolutions.find((resolution) => resolution.resolves === leg.id)
        return own?.action === action && (own.amount ?? leg.amount) === leg.amount
      })
    })
  }
}

const isConversion = (legs: readonly OracleTransfer[]): boolean =>
  new Set(legs.map(({ currency }) => currency)).size > 1

const contentOf = (journal: OracleJournal): string =>
  JSON.stringify(journal, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value))
