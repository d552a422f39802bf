import { currentTraceparent, type SqlClient } from '@corridor/platform'
import type { Books } from '../domain/books.ts'
import type { DecidedBatch, DecidedJournal } from '../domain/decide-batch.ts'
import { type AccountState, type EntryRow, isPosting, type TransferRow } from '../domain/journal.ts'
import { plainArray, sparseArray, textArray } from './sql-arrays.ts'

/** A decided batch as it goes to the database: made beforehand, while another is being written. */
export interface BatchToWrite {
  readonly at: Date
  readonly accounts: readonly AccountState[]
  readonly columns: readonly unknown[]
}

export function batchToWrite({ fresh, books }: DecidedBatch, at: Date): BatchToWrite {
  const accounts = books.changedAccounts()
  const columns = [
    ...journalColumns(fresh),
    ...accountColumns(accounts),
    ...transferColumns(books, fresh, accounts),
    ...eventColumns(books, accounts),
  ]
  return { at, accounts, columns }
}

/**
 * Writes a decided batch in one statement: journals, transfers, entries, balances, events. A unique violation says that
 * another batch took an id meanwhile; then nothing of this may be committed.
 */
export async function writeBatch(client: SqlClient, { at, columns }: BatchToWrite): Promise<void> {
  const values = [at, ...columns, currentTraceparent()]
  await client.query({ name: 'ledger-write-batch', text: WRITE_BATCH, values })
}

function journalColumns(journals: readonly DecidedJournal[]): unknown[] {
  return [
    plainArray(journals.map((journal) => journal.id)),
    plainArray(journals.map((journal) => `"\\\\x${journal.digest.toString('hex')}"`)),
    plainArray(journals.map((journal) => journal.status)),
    sparseArray(journals.map((journal) => journal.refusal?.code ?? null)),
    textArray(journals.map((journal) => journal.refusal?.message ?? null)),
    sparseArray(journals.map((journal) => journal.refusal?.transferIndex ?? null)),
    textArray(journals.map((journal) => journal.description)),
  ]
}

function accountColumns(accounts: readonly AccountState[]): string[] {
  return [
    plainArray(accounts.map((account) => account.id)),
    plainArray(accounts.map((account) => account.postedMinor)),
    plainArray(accounts.map((account) => account.heldMinor)),
    plainArray(accounts.map((account) => account.incomingMinor)),
    plainArray(accounts.map((account) => account.entryCount)),
    plainArray(accounts.map((account) => account.version)),
  ]
}

/** Journals and accounts are named by their place in the arrays before, counted from 1. */
function transferColumns(
  { transfers, entries }: Books,
  journals: readonly DecidedJournal[],
  accounts: readonly AccountState[],
): string[] {
  const journalPlace = placesOf(journals)
  const accountPlace = placesOf(accounts)
  const { debits, credits } = sidesOf(transfers, entries)
  return [
    plainArray(transfers.map((row) => row.id)),
    plainArray(transfers.map((row) => journalPlace.get(row.journalId))),
    plainArray(transfers.map((row) => row.position)),
    plainArray(transfers.map((row) => row.action)),
    plainArray(transfers.map((row) => accountPlace.get(row.debitAccountId))),
    plainArray(transfers.map((row) => accountPlace.get(row.creditAccountId))),
    plainArray(transfers.map((row) => row.amountMinor)),
    plainArray(transfers.map((row) => row.currency)),
    sparseArray(transfers.map((row) => row.resolves)),
    sparseArray(transfers.map((row) => row.expiresAt && `"${row.expiresAt.toISOString()}"`)),
    ...[debits, credits].flatMap((side) => [
      sparseArray(side.map((entry) => entry?.number)),
      sparseArray(side.map((entry) => entry?.balanceAfterMinor)),
      sparseArray(side.map((entry) => entry?.accountVersion)),
    ]),
  ]
}

const placesOf = (rows: readonly { readonly id: string }[]): Map<string, number> =>
  new Map(rows.map(({ id }, index) => [id, index + 1]))

/** The entries of each transfer: the books enter the debit and then the credit of each that posts, in order. */
function sidesOf(transfers: readonly TransferRow[], entries: readonly EntryRow[]) {
  const debits: (EntryRow | undefined)[] = []
  const credits: (EntryRow | undefined)[] = []
  let next = 0
  for (const { action } of transfers) {
    const posts = isPosting(action)
    debits.push(posts ? entries[next] : undefined)
    credits.push(posts ? entries[next + 1] : undefined)
    if (posts) next += 2
  }
  return { debits, credits }
}

/** An account whose holds changed has an event that says so, beside those of its entries. */
function eventColumns(books: Books, accounts: readonly AccountState[]): unknown[] {
  const held = books.accountsHeldOn()
  const changed = accounts.filter((account) => held.has(account.id))
  return [
    plainArray(changed.map((account) => account.id)),
    plainArray(changed.map((account) => account.version)),
    changed.map(accountData),
  ]
}

/** What an event says of an account: its balances at that version, and its status. */
export const accountData = (account: AccountState): string =>
  `{"accountId":"${account.id}","version":"${account.version}","status":"${account.status}","currency":"${account.currency}","postedMinor":"${account.postedMinor}","heldMinor":"${account.heldMinor}"}`

/**
 * Rows are inserted in the order of their keys, so that two batches with the same ids wait for each other in one
 * direction. All of it sees the tables as they were before: a hold that the batch itself resolves is never queued to expire. What the JSON of an event is made of needs no quotes. Events of one account follow its versions.
 */
const WRITE_BATCH = `
with transfer as materialized (
  select id, ($2::uuid[])[journal] as journal_id, position, action, ($9::uuid[])[debit] as debit_account_id,
         ($9::uuid[])[credit] as credit_account_id, amount, currency, resolves, expires_at,
         debit_number, debit_balance, debit_version, credit_number, credit_balance, credit_version
  from unnest($15::uuid[], $16::int[], $17::smallint[], $18::text[], $19::int[], $20::int[], $21::bigint[], $22::text[],
              $23::uuid[], $24::timestamptz[], $25::bigint[], $26::bigint[], $27::bigint[], $28::bigint[], $29::bigint[],
              $30::bigint[])
    as t (id, journal, position, action, debit, credit, amount, currency, resolves, expires_at,
          debit_number, debit_balance, debit_version, credit_number, credit_balance, credit_version)
), entry as materialized (
  select side.*, id as transfer_id, journal_id, amount, currency
  from transfer cross join lateral (values
    (debit_account_id, 'DEBIT', debit_number, debit_balance, debit_version),
    (credit_account_id, 'CREDIT', credit_number, credit_balance, credit_version)
  ) as side (account_id, direction, number, balance_after, version)
  where action in ('POST', 'CAPTURE')
), new_journals as (
  insert into journals (id, digest, status, code, message, transfer_index, description, decided_at)
  select *, $1::timestamptz
  from unnest($2::uuid[], $3::bytea[], $4::text[], $5::text[], $6::text[], $7::smallint[], $8::text[])
  order by 1
), new_transfers as (
  insert into transfers (id, journal_id, position, action, debit_account_id, credit_account_id, amount_minor, currency,
                         resolves, expires_at, created_at)
  select id, journal_id, position, action, debit_account_id, credit_account_id, amount, currency, resolves, expires_at, $1
  from transfer order by id
), resolved as (
  select resolves as id from transfer where resolves is not null
), new_expiries as (
  insert into expiring_holds (transfer_id, journal_id, expires_at)
  select id, journal_id, expires_at from transfer where expires_at is not null and id not in (select id from resolved)
), past_expiries as (
  delete from expiring_holds where transfer_id in (select id from resolved)
), new_entries as (
  insert into entries (account_id, number, transfer_id, direction, amount_minor, balance_after_minor, account_version, at)
  select account_id, number, transfer_id, direction, amount, balance_after, version, $1
  from entry
), new_events as (
  insert into event_queue (id, topic, key, type, data, occurred_at, traceparent)
  select gen_random_uuid(), 'ledger.transfers', account_id, type, data, $1, $34::text
  from (
    select account_id, version, 'ledger.entry' as type, format(
        '{"accountId":"%s","version":"%s","number":"%s","transferId":"%s","journalId":"%s","direction":"%s","amountMinor":"%s","balanceAfterMinor":"%s","currency":"%s"}',
        account_id, version, number, transfer_id, journal_id, direction, amount, balance_after, currency)::json as data
    from entry
    union all
    select account_id, version, 'ledger.account', data from unnest($31::uuid[], $32::bigint[], $33::json[]) as a (account_id, version, data)
  ) as event
  order by version
)
update accounts a
set posted_minor = n.posted, held_minor = n.held, incoming_minor = n.incoming, entry_count = n.entry_count, version = n.version,
    last_entry_at = case when n.entry_count > a.entry_count then $1 else a.last_entry_at end
from unnest($9::uuid[], $10::bigint[], $11::bigint[], $12::bigint[], $13::bigint[], $14::bigint[])
  as n (id, posted, held, incoming, entry_count, version)
where a.id = n.id`
