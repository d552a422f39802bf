import { type Clock, inTransaction, type Pool } from '@corridor/platform'
import { BOOK_INVARIANTS } from '../domain/invariants.ts'

export interface InvariantCheck {
  readonly name: string
  readonly holds: boolean
  readonly rowsChecked: bigint
  readonly detail: string | null
  readonly checkedAt: Date
}

/** Checks all invariants in one snapshot of the books; a breach counts when a second snapshot shows it too. */
export async function checkInvariants({ pool, clock }: { pool: Pool; clock: Clock }): Promise<InvariantCheck[]> {
  const first = await checkOnce(pool, clock.now())
  const checks = first.every((check) => check.holds) ? first : await checkOnce(pool, clock.now())
  await pool.query(
    `insert into invariant_checks (name, holds, rows_checked, detail, checked_at)
     select * from unnest($1::text[], $2::boolean[], $3::bigint[], $4::text[], $5::timestamptz[])
     on conflict (name) do update set holds = excluded.holds, rows_checked = excluded.rows_checked,
       detail = excluded.detail, checked_at = excluded.checked_at`,
    [
      checks.map(({ name }) => name),
      checks.map(({ holds }) => holds),
      checks.map(({ rowsChecked }) => rowsChecked),
      checks.map(({ detail }) => detail),
      checks.map(({ checkedAt }) => checkedAt),
    ],
  )
  return checks
}

function checkOnce(pool: Pool, checkedAt: Date): Promise<InvariantCheck[]> {
  return inTransaction(
    pool,
    async (client) => {
      const checks: InvariantCheck[] = []
      for (const { name, sql } of BOOK_INVARIANTS) {
        const { rows } = await client.query<{ rows: bigint; breaches: bigint; detail: string | null }>(sql)
        const [found] = rows
        checks.push({
          name,
          holds: found?.breaches === 0n,
          rowsChecked: found?.rows ?? 0n,
          detail: found?.detail ?? null,
          checkedAt,
        })
      }
      return checks
    },
    { isolation: 'repeatable read', readOnly: true },
  )
}

/** What the last check found, by name. */
export async function readInvariantChecks(pool: Pool): Promise<Map<string, InvariantCheck>> {
  const { rows } = await pool.query<InvariantCheck>(
    `select name, holds, rows_checked as "rowsChecked", detail, checked_at as "checkedAt" from invariant_checks`,
  )
  return new Map(rows.map((row) => [row.name, row]))
}

const RECENT_MS = 60_000

/** Answers from the last check, and checks anew when that is older than a minute: one check at a time, whoever asks. */
export class InvariantMonitor {
  private underWay: Promise<InvariantCheck[]> | null = null

  constructor(private readonly deps: { pool: Pool; clock: Clock }) {}

  async recent(): Promise<InvariantCheck[]> {
    const known = [...(await readInvariantChecks(this.deps.pool)).values()]
    const oldestMs = Math.min(...known.map(({ checkedAt }) => checkedAt.getTime()))
    const complete = BOOK_INVARIANTS.every(({ name }) => known.some((check) => check.name === name))
    if (complete && this.deps.clock.now().getTime() - oldestMs < RECENT_MS) return known
    this.underWay ??= checkInvariants(this.deps).finally(() => {
      this.underWay = null
    })
    return await this.underWay
  }
}
