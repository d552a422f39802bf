import { type Clock, inTransaction, type Pool, type SqlClient } from '@corridor/platform'
import { BLOCKS_VERIFY, BOOK_INVARIANTS, type BookInvariant, SQL_INVARIANTS } from '../domain/invariants.ts'
import { exportLedger } from './export-ledger.ts'
import { verifyExport } from './verify-export.ts'

export interface InvariantCheck {
  readonly name: string
  readonly holds: boolean
  readonly rowsChecked: bigint
  readonly detail: string | null
  readonly checkedAt: Date
}

/** With the accounts that a breach touches, as far as it can name them. */
export interface FoundInvariant extends InvariantCheck {
  readonly accountIds: readonly string[]
}

interface Finding {
  readonly rows: bigint
  readonly breaches: bigint
  readonly detail: string | null
  readonly accounts?: readonly string[] | null
  readonly transfers?: readonly string[] | null
}

/** All of them together, on books of any size; a statement has otherwise less. */
const CHECK_TIMEOUT_MS = 30 * 60 * 1_000

/** Checks all invariants in one snapshot of the books; a breach counts when a second snapshot shows it too. */
export async function checkInvariants({ pool, clock }: { pool: Pool; clock: Clock }): Promise<FoundInvariant[]> {
  const startedMs = performance.now()
  const first = await checkOnce(pool, clock.now())
  const checks = first.every((check) => check.holds) ? first : await checkOnce(pool, clock.now())
  await pool.query(
    `insert into invariant_checks (name, holds, rows_checked, detail, checked_at, took_ms)
     select *, $6 from unnest($1::text[], $2::boolean[], $3::bigint[], $4::text[], $5::timestamptz[])
     on conflict (name) do update set holds = excluded.holds, rows_checked = excluded.rows_checked,
       detail = excluded.detail, checked_at = excluded.checked_at, took_ms = excluded.took_ms`,
    [
      checks.map(({ name }) => name),
      checks.map(({ holds }) => holds),
      checks.map(({ rowsChecked }) => rowsChecked),
      checks.map(({ detail }) => detail),
      checks.map(({ checkedAt }) => checkedAt),
      Math.round(performance.now() - startedMs),
    ],
  )
  return checks
}

function checkOnce(pool: Pool, checkedAt: Date): Promise<FoundInvariant[]> {
  return inTransaction(
    pool,
    async (client) => {
      await client.query(`set local statement_timeout = ${CHECK_TIMEOUT_MS}`)
      const checks: FoundInvariant[] = []
      for (const invariant of SQL_INVARIANTS) {
        const { rows } = await client.query<Finding & Record<string, unknown>>(invariant.sql)
        checks.push(await toCheck(client, { invariant, finding: rows[0] ?? NOTHING_FOUND, checkedAt }))
      }
      checks.push(await toCheck(client, { invariant: BLOCKS_VERIFY, finding: await checkBlocks(client), checkedAt }))
      return checks
    },
    { isolation: 'repeatable read', readOnly: true },
  )
}

const NOTHING_FOUND: Finding = { rows: 0n, breaches: 1n, detail: 'the check gave no answer' }

async function toCheck(
  client: SqlClient,
  { invariant, finding, checkedAt }: { invariant: BookInvariant; finding: Finding; checkedAt: Date },
): Promise<FoundInvariant> {
  const { rows, breaches, detail, accounts, transfers } = finding
  const touched = transfers ? await accountsOf(client, transfers) : []
  return {
    name: invariant.name,
    holds: breaches === 0n,
    rowsChecked: rows,
    detail,
    checkedAt,
    accountIds: [...(accounts ?? []), ...touched],
  }
}

/** The chain over the books as they stand, and that no transfer is left out of it. */
async function checkBlocks(client: SqlClient): Promise<Finding> {
  const { transfers, problemCount, problems, changedTransfers } = await verifyExport(inBytes(exportLedger(client)))
  const { rows } = await client.query<{ id: string }>(
    `select t.id from transfers t where not exists (select 1 from block_leaves l where l.transfer_id = t.id)
     except select unnest(transfer_ids) from seal_queue
     limit 1000`,
  )
  const [unsealed] = rows
  const left = unsealed === undefined ? null : `transfer ${unsealed.id} is neither sealed nor waiting for its block`
  return {
    rows: transfers,
    breaches: BigInt(problemCount + rows.length),
    detail: problems[0] ?? left,
    transfers: [...changedTransfers, ...rows.map(({ id }) => id)],
  }
}

async function* inBytes(texts: AsyncIterable<string>): AsyncGenerator<Buffer> {
  for await (const text of texts) yield Buffer.from(text)
}

async function accountsOf(client: SqlClient, transferIds: readonly string[]): Promise<string[]> {
  if (transferIds.length === 0) return []
  const { rows } = await client.query<{ id: string }>(
    `select debit_account_id as id from transfers where id = any($1::uuid[])
     union select credit_account_id from transfers where id = any($1::uuid[])
     union select account_id from entries where transfer_id = any($1::uuid[])`,
    [transferIds],
  )
  return rows.map(({ id }) => id)
}

/** Answered as it stands when it is no older than this, or than `AGE_PER_DURATION` times what the check took. */
const RECENT_MS = 60_000
const AGE_PER_DURATION = 30

/** Answers from the last check, and checks anew when that is old: one check at a time, whoever asks. */
export class InvariantMonitor {
  private underWay: Promise<readonly InvariantCheck[]> | null = null

  constructor(private readonly deps: { pool: Pool; clock: Clock }) {}

  async recent(): Promise<readonly InvariantCheck[]> {
    const { rows } = await this.deps.pool.query<InvariantCheck & { tookMs: number }>(
      `select name, holds, rows_checked as "rowsChecked", detail, checked_at as "checkedAt", took_ms as "tookMs"
       from invariant_checks`,
    )
    const nowMs = this.deps.clock.now().getTime()
    const fresh = new Set(
      rows
        .filter(({ checkedAt, tookMs }) => nowMs - checkedAt.getTime() < Math.max(RECENT_MS, tookMs * AGE_PER_DURATION))
        .map(({ name }) => name),
    )
    if (BOOK_INVARIANTS.every(({ name }) => fresh.has(name))) return rows
    this.underWay ??= checkInvariants(this.deps).finally(() => {
      this.underWay = null
    })
    return await this.underWay
  }
}
