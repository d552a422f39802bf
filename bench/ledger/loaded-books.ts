import {
  checkInvariants,
  createLedgerSubgraph,
  type JournalDraft,
  type LedgerSubgraph,
  ledgerMigrations,
} from '@corridor/ledger'
import { inProcessWakeups, migrate, provisionDatabase, silentLogger, systemClock, uuidv7 } from '@corridor/platform'
import { between } from './load.ts'

const ACCOUNTS = 10_000
const ACCOUNTS_PER_CALL = 1_000
const FUNDS_MINOR = 1_000_000_000n
const MAX_AMOUNT_MINOR = 100
const PASSWORD = 'benchmark'

/** Books of their own, with funded accounts. */
export class LoadedBooks {
  readonly ledger: LedgerSubgraph
  private readonly accounts: readonly string[]

  private constructor(ledger: LedgerSubgraph) {
    this.ledger = ledger
    this.accounts = Array.from({ length: ACCOUNTS }, () => uuidv7())
  }

  static async open(adminUrl: string, database: string): Promise<LoadedBooks> {
    const { ownerUrl, applicationUrl } = await provisionDatabase({
      adminUrl,
      database,
      ownerPassword: PASSWORD,
      applicationPassword: PASSWORD,
    })
    await migrate({ ownerUrl, directory: ledgerMigrations })
    const ledger = await createLedgerSubgraph({
      databaseUrl: applicationUrl,
      clock: systemClock,
      logger: silentLogger,
      wakeups: inProcessWakeups(),
    })
    const books = new LoadedBooks(ledger)
    await books.fund()
    return books
  }

  private async fund(): Promise<void> {
    for (let from = 0; from < ACCOUNTS; from += ACCOUNTS_PER_CALL) {
      const ids = this.accounts.slice(from, from + ACCOUNTS_PER_CALL)
      const opened = await this.ledger.useCases.openAccounts(
        ids.map((id) => ({ id, code: 'customer.wallet', currency: 'USD', owner: uuidv7() })),
      )
      if (!opened.ok) throw new Error(opened.message)
      await this.post(ids.map((id) => draft('settlement.sandbox', id, FUNDS_MINOR)))
    }
  }

  anyAccount(): string {
    return this.accounts[between(ACCOUNTS)] ?? ''
  }

  /** Two distinct accounts, each pair as likely as any other. */
  uniform(): JournalDraft {
    const debit = between(ACCOUNTS)
    const credit = (debit + 1 + between(ACCOUNTS - 1)) % ACCOUNTS
    return draft(this.accounts[debit] ?? '', this.accounts[credit] ?? '')
  }

  /** The first account on one side or the other of every transfer. */
  hot(): JournalDraft {
    const hot = this.accounts[0] ?? ''
    const other = this.accounts[1 + between(ACCOUNTS - 1)] ?? ''
    return Math.random() < 0.5 ? draft(hot, other) : draft(other, hot)
  }

  async post(drafts: readonly JournalDraft[]): Promise<void> {
    const results = await this.ledger.useCases.postJournals(drafts)
    if (!results.ok) throw new Error(results.message)
    assertPosted(results.value)
  }

  async close(): Promise<void> {
    const broken = (await checkInvariants({ pool: this.ledger.pool, clock: systemClock })).filter(({ holds }) => !holds)
    await this.ledger.close()
    if (broken.length > 0) throw new Error(`the books are broken: ${JSON.stringify(broken.map(({ name }) => name))}`)
  }
}

function draft(debitAccount: string, creditAccount: string, amountMinor?: bigint): JournalDraft {
  const amount = String(amountMinor ?? 1 + between(MAX_AMOUNT_MINOR))
  const transfer = { id: uuidv7(), action: 'POST', debitAccount, creditAccount, amountMinor: amount, currency: 'USD' }
  return { id: uuidv7(), transfers: [transfer as JournalDraft['transfers'][number]] }
}

export function assertPosted(results: readonly { readonly status: string }[]): void {
  const refused = results.find(({ status }) => status !== 'POSTED')
  if (refused) throw new Error(`a journal was not posted: ${JSON.stringify(refused)}`)
}
