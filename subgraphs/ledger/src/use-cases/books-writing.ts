import { type SqlClient, uuidv7 } from '@corridor/platform'
import type { Books } from '../domain/books.ts'
import type { JournalRefusal } from '../domain/decide-journal.ts'
import type { AccountState, EntryRow } from '../domain/journal.ts'

/** A journal to be kept: posted, or finally refused. */
export interface DecidedJournal {
  readonly id: string
  readonly digest: Buffer
  readonly description: string | null
  readonly status: 'POSTED' | 'REFUSED'
  readonly refusal: JournalRefusal | null
}

/**
 * Writes a decided batch in one statement: journals, transfers, entries, balances, events. Answers how many journals
 * were new; fewer than given means that another batch took an id, and then nothing of this may be committed.
 */
export async function writeBatch(
  client: SqlClient,
  { journals, books, now }: { journals: readonly DecidedJournal[]; books: Books; now: Date },
): Promise<number> {
  const ordered = journals.toSorted((a, b) => (a.id < b.id ? -1 : 1))
  const { transfers, entries } = books
  const accounts = books.changedAccounts()
  const events = [...entries.map(entryEvent(books, now)), ...accountEvents(books, accounts, entries, now)]
  const { rows } = await client.query<{ written: bigint }>({
    name: 'ledger-write-batch',
    text: WRITE_BATCH,
    values: [
      now,
      ordered.map((journal) => journal.id),
      ordered.map((journal) => journal.digest),
      ordered.map((journal) => journal.status),
      ordered.map((journal) => journal.refusal?.code ?? null),
      ordered.map((journal) => journal.refusal?.message ?? null),
      ordered.map((journal) => journal.refusal?.transferIndex ?? null),
      ordered.map((journal) => journal.description),
      transfers.map((row) => row.id),
      transfers.map((row) => row.journalId),
      transfers.map((row) => row.position),
      transfers.map((row) => row.action),
      transfers.map((row) => row.debitAccountId),
      transfers.map((row) => row.creditAccountId),
      transfers.map((row) => row.amountMinor),
      transfers.map((row) => row.currency),
      transfers.map((row) => row.resolves),
      transfers.map((row) => row.expiresAt),
      entries.map((row) => row.accountId),
      entries.map((row) => row.number),
      entries.map((row) => row.transferId),
      entries.map((row) => row.direction),
      entries.map((row) => row.amountMinor),
      entries.map((row) => row.balanceAfterMinor),
      entries.map((row) => row.accountVersion),
      accounts.map((account) => account.id),
      accounts.map((account) => account.postedMinor),
      accounts.map((account) => account.heldMinor),
      accounts.map((account) => account.incomingMinor),
      accounts.map((account) => account.entryCount),
      accounts.map((account) => account.version),
      events.map((event) => event.id),
      events.map((event) => event.key),
      events.map((event) => event.type),
      events.map((event) => event.data),
    ],
  })
  return Number(rows[0]?.written ?? 0n)
}

const WRITE_BATCH = `
with new_journals as (
  insert into journals (id, digest, status, code, message, transfer_index, description, decided_at)
  select *, $1::timestamptz
  from unnest($2::uuid[], $3::bytea[], $4::text[], $5::text[], $6::text[], $7::smallint[], $8::text[])
  on conflict (id) do nothing
  returning 1
), new_transfers as (
  insert into transfers (id, journal_id, position, action, debit_account_id, credit_account_id, amount_minor, currency,
                         resolves, expires_at, created_at)
  select *, $1::timestamptz
  from unnest($9::uuid[], $10::uuid[], $11::smallint[], $12::text[], $13::uuid[], $14::uuid[], $15::bigint[],
              $16::text[], $17::uuid[], $18::timestamptz[])
), new_entries as (
  insert into entries (account_id, number, transfer_id, direction, amount_minor, balance_after_minor, account_version, at)
  select *, $1::timestamptz
  from unnest($19::uuid[], $20::bigint[], $21::uuid[], $22::text[], $23::bigint[], $24::bigint[], $25::bigint[])
), new_balances as (
  update accounts a
  set posted_minor = n.posted, held_minor = n.held, incoming_minor = n.incoming, entry_count = n.entry_count, version = n.version
  from unnest($26::uuid[], $27::bigint[], $28::bigint[], $29::bigint[], $30::bigint[], $31::bigint[])
    as n (id, posted, held, incoming, entry_count, version)
  where a.id = n.id
), new_events as (
  insert into event_queue (id, topic, key, type, data, occurred_at)
  select e.id, 'ledger.transfers', e.key, e.type, e.data, $1::timestamptz
  from unnest($32::uuid[], $33::text[], $34::text[], $35::jsonb[]) with ordinality as e (id, key, type, data, ordinal)
  order by e.ordinal
)
select count(*) as written from new_journals`

interface EventRow {
  readonly id: string
  readonly key: string
  readonly type: string
  readonly data: string
}

/** JSON is put together by hand: every value is a UUID, a number, a code or an instant. */
const entryEvent =
  (books: Books, now: Date) =>
  (entry: EntryRow): EventRow => ({
    id: uuidv7(now.getTime()),
    key: entry.accountId,
    type: 'ledger.entry',
    data: `{"accountId":"${entry.accountId}","version":"${entry.accountVersion}","number":"${entry.number}","transferId":"${entry.transferId}","journalId":"${entry.journalId}","direction":"${entry.direction}","amountMinor":"${entry.amountMinor}","balanceAfterMinor":"${entry.balanceAfterMinor}","currency":"${books.account(entry.accountId)?.currency}"}`,
  })

/** One for each account of which something changed beside what its entries say: holds made or released. */
function accountEvents(
  books: Books,
  accounts: readonly AccountState[],
  entries: readonly EntryRow[],
  now: Date,
): EventRow[] {
  const newest = new Map<string, bigint>()
  for (const entry of entries) newest.set(entry.accountId, entry.accountVersion)
  const held = new Set(
    books.transfers.filter((row) => row.action !== 'POST').flatMap((row) => [row.debitAccountId, row.creditAccountId]),
  )
  return accounts
    .filter((account) => held.has(account.id) || newest.get(account.id) !== account.version)
    .map((account) => ({
      id: uuidv7(now.getTime()),
      key: account.id,
      type: 'ledger.account',
      data: accountData(account),
    }))
}

/** What an event says of an account: its balances at that version, and its status. */
export const accountData = (account: AccountState): string =>
  `{"accountId":"${account.id}","version":"${account.version}","status":"${account.status}","currency":"${account.currency}","postedMinor":"${account.postedMinor}","heldMinor":"${account.heldMinor}"}`
