import type { SqlClient } from '@corridor/platform'
import { GENESIS_HASH, type SealedBlock, type SealedRecord, type SealingJwk } from '../domain/sealed-block.ts'

const BLOCK = `number, encode(previous_hash, 'hex') as "previousBlockHash", encode(root, 'hex') as root, size,
  sealed_at as "sealedAt", encode(hash, 'hex') as "blockHash", key_id as "keyId", encode(signature, 'hex') as signature`

const instant = (column: string): string => `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`

/** The columns of a sealed record, of the transfer `t` and its journal `j`. */
const RECORD = `t.action, t.amount_minor::text as "amountMinor", ${instant('t.created_at')} as "createdAt",
  t.credit_account_id as "creditAccountId", t.currency, t.debit_account_id as "debitAccountId", j.description,
  ${instant('t.expires_at')} as "expiresAt", t.id, t.journal_id as "journalId", t.position, t.resolves`

/**
 * Joins the transfer with that id and its journal, each by its key: `offset 0` keeps the planner from reading a whole table
 * for every thousand rows once that seems cheap to it.
 */
const withRecord = (join: 'cross' | 'left', id: string): string => {
  const on = join === 'left' ? ' on true' : ''
  return `${join} join lateral (select * from transfers where id = ${id} offset 0) t${on}
          ${join} join lateral (select id, description from journals where id = t.journal_id offset 0) j${on}`
}

/** The newest block, or null while there is none. */
export async function readHead(client: SqlClient): Promise<SealedBlock | null> {
  const { rows } = await client.query<SealedBlock>({
    name: 'ledger-head',
    text: `select ${BLOCK} from ledger_blocks order by number desc limit 1`,
  })
  return rows[0] ?? null
}

/** What the next block stands on. */
export const linkOf = (head: SealedBlock | null): { number: bigint; previousBlockHash: string } =>
  head
    ? { number: head.number + 1n, previousBlockHash: head.blockHash }
    : { number: 1n, previousBlockHash: GENESIS_HASH }

/** Up to `limit` blocks behind number `after`, in order. */
export async function listBlocks(
  client: SqlClient,
  { after, limit }: { after: bigint; limit: number },
): Promise<SealedBlock[]> {
  const { rows } = await client.query<SealedBlock>({
    name: 'ledger-blocks',
    text: `select ${BLOCK} from ledger_blocks where number > $1 order by number limit $2`,
    values: [after, limit],
  })
  return rows
}

export async function listSealingKeys(client: SqlClient): Promise<SealingJwk[]> {
  const { rows } = await client.query<{ jwk: SealingJwk }>(
    'select public_jwk as jwk from sealing_keys order by first_used_at, id',
  )
  return rows.map(({ jwk }) => jwk)
}

/** Transfers to be sealed, in the order of `ids`; those that do not exist are left out. */
export async function readRecords(client: SqlClient, ids: readonly string[]): Promise<SealedRecord[]> {
  const { rows } = await client.query<SealedRecord>({
    name: 'ledger-records',
    text: `select ${RECORD}
           from unnest($1::uuid[]) with ordinality as wanted (id, ordinal)
           ${withRecord('cross', 'wanted.id')}
           order by wanted.ordinal`,
    values: [ids],
  })
  return rows
}

/** A leaf of a block; `record` is null for a transfer that is not in the books. */
export interface BlockLeaf {
  readonly transferId: string
  readonly leafHash: Buffer
  readonly record: SealedRecord | null
}

/** The leaves of one block, in order. */
export async function readBlockLeaves(client: SqlClient, blockNumber: bigint): Promise<BlockLeaf[]> {
  const { rows } = await client.query<SealedRecord & { transferId: string; leafHash: Buffer; known: boolean }>({
    name: 'ledger-block-leaves',
    text: `select l.transfer_id as "transferId", l.leaf_hash as "leafHash", j.id is not null as known, ${RECORD}
           from block_leaves l
           ${withRecord('left', 'l.transfer_id')}
           where l.block_number = $1 order by l.leaf_index`,
    values: [blockNumber],
  })
  return rows.map(({ transferId, leafHash, known, ...record }) => ({
    transferId,
    leafHash,
    record: known ? record : null,
  }))
}

/** Where a sealed transfer stands, with its record and its block. */
export interface SealPlace {
  readonly index: number
  readonly leafHash: Buffer
  readonly record: SealedRecord
  readonly block: SealedBlock
}

/** The places of transfers by id; those that wait for their block are left out. */
export async function readSealPlaces(client: SqlClient, ids: readonly string[]): Promise<Map<string, SealPlace>> {
  const { rows } = await client.query<SealedRecord & SealedBlock & { index: number; leafHash: Buffer }>({
    name: 'ledger-seal-places',
    text: `select l.leaf_index as index, l.leaf_hash as "leafHash", b.*, ${RECORD}
           from block_leaves l
           join (select ${BLOCK} from ledger_blocks) b on b.number = l.block_number
           ${withRecord('cross', 'l.transfer_id')}
           where l.transfer_id = any($1::uuid[])`,
    values: [ids],
  })
  return new Map(rows.map((row) => [row.id, { index: row.index, leafHash: row.leafHash, record: row, block: row }]))
}

/** The leaf hashes of blocks, each block's in order. */
export async function readLeafHashes(client: SqlClient, numbers: readonly bigint[]): Promise<Map<bigint, Buffer[]>> {
  const { rows } = await client.query<{ number: bigint; hashes: Buffer }>({
    name: 'ledger-leaf-hashes',
    text: `select block_number as number, string_agg(leaf_hash, '' order by leaf_index) as hashes
           from block_leaves where block_number = any($1::bigint[]) group by block_number`,
    values: [numbers],
  })
  return new Map(rows.map(({ number, hashes }) => [number, split(hashes)]))
}

const HASH_BYTES = 32

const split = (hashes: Buffer): Buffer[] =>
  Array.from({ length: hashes.length / HASH_BYTES }, (_, n) => hashes.subarray(n * HASH_BYTES, (n + 1) * HASH_BYTES))
