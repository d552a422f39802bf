import {
  accept,
  asOneList,
  CallGroup,
  type Clock,
  ERROR_MESSAGES,
  isUuid,
  type Pool,
  type Result,
  refuse,
  type Wakeups,
} from '@corridor/platform'
import {
  type AccountStatus,
  type JournalRequest,
  type JournalResult,
  MAX_JOURNALS_PER_BATCH,
} from '../domain/journal.ts'
import { type DecidedStatus, type NewAccount, openAccounts, setAccountStatus } from './accounts.ts'
import { HouseAccounts } from './house-accounts.ts'
import { type JournalDraft, type ReadJournal, readJournal } from './journal-input.ts'
import { KnownAccounts } from './known-accounts.ts'
import { type DecidedAhead, decideAhead, postJournals } from './post-journals.ts'
import { retireJournals } from './retire-journals.ts'

/** A larger batch than this would wait for accounts of the one beside it, and read them twice. */
const SMALL_BATCH = 64

/** What others may ask of the ledger, over one database. */
export class LedgerUseCases {
  private readonly group: CallGroup<readonly ReadJournal[], readonly JournalResult[], DecidedAhead>

  constructor(private readonly deps: { pool: Pool; clock: Clock; wakeups: Wakeups }) {
    const books = { ...deps, houseAccounts: new HouseAccounts(deps.pool), knownAccounts: new KnownAccounts() }
    this.group = new CallGroup({
      span: { service: 'ledger-service', name: 'post journals' },
      answer: asOneList((journals, turn) => postJournals(books, journals, turn)),
      workAhead: (calls) => decideAhead(books, calls.flat()),
      sizeOf: (journals) => journals.length,
      maxSize: MAX_JOURNALS_PER_BATCH,
      maxSizeBeside: SMALL_BATCH,
    })
  }

  openAccounts(accounts: readonly NewAccount[]): Promise<Result<readonly NewAccount[]>> {
    return openAccounts(this.deps.pool, accounts)
  }

  setAccountStatus(change: { id: string; status: AccountStatus }): Promise<Result<DecidedStatus>> {
    return setAccountStatus(this.deps, change)
  }

  /**
   * Posts journals, each with its own result, in order. The call as a whole is refused for more than 1,000 journals
   * (BATCH_TOO_LARGE) and for input that is no journal at all (BAD_USER_INPUT).
   */
  async postJournals(drafts: readonly JournalDraft[]): Promise<Result<readonly JournalResult[]>> {
    if (drafts.length > MAX_JOURNALS_PER_BATCH) return refuse('BATCH_TOO_LARGE')
    const journals = []
    for (const [index, draft] of drafts.entries()) {
      const journal = readJournal(draft, `journals.${index}`)
      if (!journal.ok) return journal
      journals.push(journal.value)
    }
    return accept(journals.length === 0 ? [] : await this.group.submit(journals))
  }

  /** Posts what the ledger itself asks for. */
  postOwn(requests: readonly JournalRequest[]): Promise<readonly JournalResult[]> {
    return this.group.submit(requests.map((request) => ({ request, houseAccounts: [] })))
  }

  async retireJournals(ids: readonly string[]): Promise<Result<JournalResult[]>> {
    if (ids.length > MAX_JOURNALS_PER_BATCH) return refuse('BATCH_TOO_LARGE', ERROR_MESSAGES.BATCH_TOO_LARGE, 'ids')
    const wrong = ids.findIndex((id) => !isUuid(id))
    if (wrong !== -1) return refuse('BAD_USER_INPUT', `ids.${wrong} is not a UUID.`, `ids.${wrong}`)
    return accept(await retireJournals(this.deps, ids))
  }
}
