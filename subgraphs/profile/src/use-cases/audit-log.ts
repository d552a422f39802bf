import type { SqlClient } from '@corridor/platform'
import type { Page } from '@corridor/subgraph'
import { millisecondsOf } from './instants.ts'

/** Who did what with whose data. Names of fields, never a value. */
export interface AuditRecord {
  /** A user's id, or the name of a service or provider. */
  readonly actor: string
  readonly subject: string
  readonly action: string
  readonly fields?: readonly string[]
}

export interface AuditEntry extends Required<AuditRecord> {
  readonly id: string
  readonly at: Date
}

export interface AuditFilter {
  readonly subject: string | null
  readonly actor: string | null
  readonly from: Date | null
  readonly to: Date | null
}

/** Writes entries, in one statement; inside a transaction they stand or fall with what they speak of. */
export async function audit(sql: SqlClient, records: readonly AuditRecord[], at: Date): Promise<void> {
  if (records.length === 0) return
  await sql.query(
    `insert into audit_log (actor, subject, action, fields, at)
     select r.actor, r.subject, r.action, coalesce(string_to_array(nullif(r.fields, ''), ','), '{}'), $5
     from unnest($1::text[], $2::uuid[], $3::text[], $4::text[]) as r (actor, subject, action, fields)`,
    [
      records.map(({ actor }) => actor),
      records.map(({ subject }) => subject),
      records.map(({ action }) => action),
      records.map(({ fields = [] }) => fields.join(',')),
      at,
    ],
  )
}

/** Entries, the newest first: up to one more than the page holds. */
export async function readAuditLog(sql: SqlClient, filter: AuditFilter, page: Page): Promise<AuditEntry[]> {
  const { rows } = await sql.query<Required<AuditRecord> & { id: bigint; atMs: number }>(
    `select id, actor, subject, action, fields, ${millisecondsOf('at')} as "atMs" from audit_log
     where ($1::uuid is null or subject = $1) and ($2::text is null or actor = $2)
       and ($3::timestamptz is null or at >= $3) and ($4::timestamptz is null or at < $4)
       and ($5::bigint is null or id < $5)
     order by id desc limit $6`,
    [filter.subject, filter.actor, filter.from, filter.to, page.after?.[0] ?? null, page.limit + 1],
  )
  return rows.map(({ id, atMs, ...entry }) => ({ ...entry, id: String(id), at: new Date(atMs) }))
}
