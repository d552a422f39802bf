import type { ErrorCode, SqlClient } from '@corridor/platform'
import type { KnownJournal, Taken } from '../domain/decide-batch.ts'
import {
  type AccountState,
  type HoldState,
  isResolution,
  type JournalRequest,
  type JournalResult,
} from '../domain/journal.ts'
import { plainArray } from './sql-arrays.ts'

interface JournalRow {
  id: string
  digest: Buffer | null
  status: 'POSTED' | 'REFUSED' | 'RETIRED'
  code: ErrorCode | null
  message: string | null
  transfer_index: number | null
  decided_at: Date
}

/** The holds that are to be resolved, with all that were made in their journals: the legs of a conversion go together. */
export async function readHolds(client: SqlClient, requests: readonly JournalRequest[]): Promise<HoldState[]> {
  const ids = requests.flatMap(({ transfers }) => transfers.filter(isResolution).map(({ resolves }) => resolves))
  if (ids.length === 0) return []
  const { rows } = await client.query<HoldState>({
    name: 'ledger-holds',
    text: `select id, journal_id as "journalId", debit_account_id as "debitAccountId", credit_account_id as "creditAccountId",
                  amount_minor as "amountMinor", currency, expires_at as "expiresAt", false as resolved
           from transfers
           where action = 'HOLD' and journal_id in (select journal_id from transfers where id = any($1::uuid[]))
           order by journal_id, position`,
    values: [ids],
  })
  return rows
}

/** An account with the time of its newest entry, in milliseconds since 1970: a date for each costs more than its account. */
export type DatedAccount = AccountState & { readonly lastEntryMs: number }

/** The accounts as they stand, locked until the transaction ends; in id order, so that no two batches wait for each other. */
export async function lockAccounts(client: SqlClient, ids: ReadonlySet<string>): Promise<Map<string, DatedAccount>> {
  const { rows } = await client.query<DatedAccount>({
    name: 'ledger-lock-accounts',
    text: `select id, code, currency, owner, status, posted_minor as "postedMinor", held_minor as "heldMinor",
                  incoming_minor as "incomingMinor", floor_minor as "floorMinor", entry_count as "entryCount", version,
                  date_part('epoch', last_entry_at) * 1000 as "lastEntryMs"
           from accounts where id = any($1::uuid[]) order by id for no key update`,
    values: [plainArray([...ids])],
  })
  return new Map(rows.map((row) => [row.id, row]))
}

/** As `lockAccounts`, for accounts that are known: answers all that a decision rests on, as `statesOf` does. */
export async function lockStates(client: SqlClient, ids: readonly string[]): Promise<string | null> {
  const { rows } = await client.query<{ states: string | null }>({
    name: 'ledger-lock-states',
    text: `select concat_ws(';', array_agg(version), array_agg(posted_minor), array_agg(held_minor),
                            array_agg(incoming_minor), array_agg(status)) as states
           from (select version, posted_minor, held_minor, incoming_minor, status
                 from accounts where id = any($1::uuid[]) order by id for no key update) as locked`,
    values: [plainArray(ids)],
  })
  return rows[0]?.states ?? null
}

/** Accounts, in the order of their ids, in the form in which `lockStates` tells of them. */
export const statesOf = (accounts: readonly AccountState[]): string =>
  [
    accounts.map(({ version }) => version),
    accounts.map(({ postedMinor }) => postedMinor),
    accounts.map(({ heldMinor }) => heldMinor),
    accounts.map(({ incomingMinor }) => incomingMinor),
    accounts.map(({ status }) => status),
  ]
    .map(plainArray)
    .join(';')

/**
 * What of the batch's ids is already there. Read after the accounts are locked, so that what a batch with the same
 * accounts committed while we waited is seen.
 */
export async function readTaken(client: SqlClient, requests: readonly JournalRequest[]): Promise<Taken> {
  const transfers = requests.flatMap((request) => request.transfers)
  const holds = transfers.filter(isResolution).map(({ resolves }) => resolves)
  const { rows } = await client.query<JournalRow & { kind: string }>({
    name: 'ledger-taken',
    text: `select 'journal' as kind, id, digest, status, code, message, transfer_index, decided_at
             from journals where id = any($1::uuid[])
           union all
           select 'transfer', id, null, null, null, null, null, null from transfers where id = any($2::uuid[])
           union all
           select 'resolution', resolves, null, null, null, null, null, null from transfers where resolves = any($3::uuid[])`,
    values: [requests.map(({ id }) => id), transfers.map(({ id }) => id), holds],
  })
  return {
    journals: rows.filter(({ kind }) => kind === 'journal').map(toKnown),
    transferIds: new Set(rows.filter(({ kind }) => kind === 'transfer').map(({ id }) => id)),
    resolvedHolds: new Set(rows.filter(({ kind }) => kind === 'resolution').map(({ id }) => id)),
  }
}

export async function readDecided(client: SqlClient, ids: readonly string[]): Promise<KnownJournal[]> {
  const { rows } = await client.query<JournalRow>({
    name: 'ledger-journals',
    text: `select id, digest, status, code, message, transfer_index, decided_at from journals where id = any($1::uuid[])`,
    values: [ids],
  })
  return rows.map(toKnown)
}

function toKnown({ id, digest, status, code, message, transfer_index, decided_at }: JournalRow): KnownJournal {
  const result: JournalResult =
    status === 'REFUSED' && code !== null
      ? { id, status, code, message: message ?? '', transferIndex: transfer_index }
      : { id, status: status === 'RETIRED' ? 'RETIRED' : 'POSTED', decidedAt: decided_at }
  return { id, digest, result }
}
