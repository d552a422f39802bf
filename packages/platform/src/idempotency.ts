import { createHmac } from 'node:crypto'
import type { SqlClient } from './database.ts'
import { accept, invariant, type Result, refuse } from './errors.ts'

/** JSON with bigint, as use cases hold their input: amounts in minor units, absent values null or undefined. */
export type CanonicalInput =
  | string
  | number
  | bigint
  | boolean
  | null
  | undefined
  | Date
  | readonly CanonicalInput[]
  | object

export interface IdempotentCall {
  /** `idempotencyScope(caller)`. */
  readonly scope: string
  readonly key: string
  readonly operation: string
  readonly input: CanonicalInput
  /** The id that the created object gets if this call is the first. */
  readonly resultId: string
}

export type Claim = { readonly first: boolean; readonly resultId: string }

const KEY = /^[\x21-\x7e]([\x20-\x7e]{0,253}[\x21-\x7e])?$/

/**
 * One key per caller and key, kept for ever: an HMAC of the operation and its canonical input, never the input.
 * The same call answers the first one's object; another under the same key is refused.
 */
export class IdempotencyKeys {
  constructor(private readonly secret: string | Buffer) {
    invariant(secret.length >= 16, 'the idempotency secret has at least 16 bytes')
  }

  /** Refuses a key that is not 1 to 255 printable ASCII characters, before anything else is looked at. */
  check(key: string): Result<string> {
    if (KEY.test(key)) return accept(key)
    return refuse('BAD_USER_INPUT', 'idempotencyKey must be 1 to 255 printable ASCII characters.', 'idempotencyKey')
  }

  /**
   * Claims the key inside the transaction that creates the object. While another transaction holds the same key,
   * this waits for it and then answers its object; if it rolled back, the key is ours.
   */
  async claim(client: SqlClient, call: IdempotentCall): Promise<Result<Claim>> {
    const digest = this.digest(call)
    const inserted = await client.query(
      `insert into idempotency_keys (scope, key, digest, result_id) values ($1, $2, $3, $4)
       on conflict (scope, key) do nothing`,
      [call.scope, call.key, digest, call.resultId],
    )
    if (inserted.rowCount === 1) return accept({ first: true, resultId: call.resultId })
    return this.resultOf(await this.read(client, call), digest)
  }

  /** What an earlier call under this key made, or null; for looking before work outside a transaction. */
  async find(client: SqlClient, call: Omit<IdempotentCall, 'resultId'>): Promise<Result<Claim> | null> {
    const row = await this.read(client, call)
    return row === undefined ? null : this.resultOf(row, this.digest(call))
  }

  private async read(
    client: SqlClient,
    { scope, key }: Pick<IdempotentCall, 'scope' | 'key'>,
  ): Promise<{ digest: Buffer; resultId: string } | undefined> {
    const { rows } = await client.query<{ digest: Buffer; resultId: string }>(
      `select digest, result_id as "resultId" from idempotency_keys where scope = $1 and key = $2`,
      [scope, key],
    )
    return rows[0]
  }

  private resultOf(row: { digest: Buffer; resultId: string } | undefined, digest: Buffer): Result<Claim> {
    invariant(row !== undefined, 'a key that is taken can be read')
    if (!row.digest.equals(digest)) return refuse('IDEMPOTENCY_MISMATCH', undefined, 'idempotencyKey')
    return accept({ first: false, resultId: row.resultId })
  }

  private digest({ operation, input }: Pick<IdempotentCall, 'operation' | 'input'>): Buffer {
    return createHmac('sha256', this.secret).update(operation).update('\0').update(canonicalJson(input)).digest()
  }
}

/** Keys in order, absent as null left out, bigint as text: the same input always gives the same bytes. */
export function canonicalJson(input: CanonicalInput): string {
  if (input === null || input === undefined) return 'null'
  if (typeof input === 'bigint') return `"${input}n"`
  if (typeof input !== 'object') return JSON.stringify(input)
  if (input instanceof Date) return JSON.stringify(input)
  if (Array.isArray(input)) return `[${input.map(canonicalJson).join(',')}]`
  const fields = Object.entries(input)
    .filter(([, value]) => value !== null && value !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${fields.map(([name, value]) => `${JSON.stringify(name)}:${canonicalJson(value)}`).join(',')}}`
}

/** The table, for the first migration of each subgraph whose commands take a key. */
export const IDEMPOTENCY_TABLE_SQL = `
-- One row per caller and key, for ever. The digest is an HMAC: the input itself is not kept.
create table idempotency_keys (
  scope text not null,
  key text not null,
  digest bytea not null,
  result_id uuid not null,
  created_at timestamptz not null default now(),
  constraint idempotency_keys_pk primary key (scope, key),
  constraint idempotency_keys_key_length check (length(key) between 1 and 255)
);
`
