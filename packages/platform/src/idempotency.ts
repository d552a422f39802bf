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

  /** What earlier calls under these keys made, in their order, in one statement; null where a key is free. */
  async findAll(
    client: SqlClient,
    calls: readonly Omit<IdempotentCall, 'resultId'>[],
  ): Promise<(Result<Claim> | null)[]> {
    if (calls.length === 0) return []
    const { rows } = await client.query<{ place: number; digest: Buffer; resultId: string }>({
      name: 'idempotency-find-all',
      text: `select c.place::int as place, k.digest, k.result_id as "resultId"
             from unnest($1::text[], $2::text[]) with ordinality as c (scope, key, place)
             join idempotency_keys k on k.scope = c.scope and k.key = c.key`,
      values: [calls.map(({ scope }) => scope), calls.map(({ key }) => key)],
    })
    const found = new Map(rows.map((row) => [row.place - 1, row]))
    return calls.map((call, index) => {
      const row = found.get(index)
      return row === undefined ? null : this.resultOf(row, this.digest(call))
    })
  }

  /**
   * Claims many keys in one statement, inside the transaction that creates their objects. The caller has found them free
   * and holds a lock under which nobody else claims them.
   */
  async claimAll(client: SqlClient, calls: readonly IdempotentCall[]): Promise<void> {
    if (calls.length === 0) return
    await client.query({
      name: 'idempotency-claim-all',
      text: `insert into idempotency_keys (scope, key, digest, result_id)
             select * from unnest($1::text[], $2::text[], $3::bytea[], $4::uuid[])`,
      values: [
        calls.map(({ scope }) => scope),
        calls.map(({ key }) => key),
        calls.map((call) => this.digest(call)),
        calls.map(({ resultId }) => resultId),
      ],
    })
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
