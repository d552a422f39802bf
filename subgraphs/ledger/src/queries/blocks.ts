import type { SqlClient } from '@corridor/platform'
import { GENESIS_HASH, type SealedBlock, type SealingJwk } from '../domain/sealed-block.ts'

const BLOCK = `number, encode(previous_hash, 'hex') as "previousBlockHash", encode(root, 'hex') as root, size,
  sealed_at as "sealedAt", encode(hash, 'hex') as "blockHash", key_id as "keyId", encode(signature, 'hex') as signature`

const instant = (column: string): string => `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`
const orNull = (column: string): string => `coalesce('"' || ${column} || '"', 'null')`

/**
 * A transfer's canonical text, whose UTF-8 bytes are its leaf in the Merkle tree: its row whole, with its journal's
 * description, as RFC 8785 writes JSON, which is without white space and with the names in alphabetical order.
 * `amountMinor` is a text of digits, instants have microseconds, ids are lower-case UUIDs, and what a transfer does not
 * have is null, never left out:
 *
 * ```json
 * {"action":"POST","amountMinor":"1234","createdAt":"2026-11-02T12:00:00.000000Z","creditAccountId":"…","currency":"USD","debitAccountId":"…","description":null,"expiresAt":null,"id":"…","journalId":"…","position":0,"resolves":null}
 * ```
 *
 * It is made here and nowhere else, of the transfer `t` and its journal `j`; null when either is not in the books.
 */
const LEAF = `'{"action":"' || t.action || '","amountMinor":"' || t.amount_minor || '","createdAt":"' || ${instant('t.created_at')}
  || '","creditAccountId":"' || t.credit_account_id || '","currency":"' || t.currency || '","debitAccountId":"'
  || t.debit_account_id || '","description":' || coalesce(to_json(j.description)::text, 'null') || ',"expiresAt":'
  || ${orNull(instant('t.expires_at'))} || ',"id":"' || t.id || '","journalId":"' || j.id || '","position":' || t.position
  || ',"resolves":' || ${orNull('t.resolves')} || '}'`

/**
 * Joins the transfer with that id and its journal, each by its key: `offset 0` keeps the planner from reading a whole table
 * for every thousand rows once that seems cheap to it.
 */
const withLeaf = (join: 'cross' | 'left', id: string): string => {
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

/**
 * Gives transfers their leaves, in the order of `ids`, in blocks of `blockSize` from number `first` on; answers the leaf
 * hashes of each block, in order. The hash is that of RFC 6962, section 2.1.
 */
export async function writeLeaves(
  client: SqlClient,
  { ids, first, blockSize }: { ids: readonly string[]; first: bigint; blockSize: number },
): Promise<Buffer[][]> {
  const { rows } = await client.query<{ hashes: Buffer }>({
    name: 'ledger-write-leaves',
    text: `with written as (
             insert into block_leaves (block_number, leaf_index, transfer_id, leaf_hash)
             select $2::bigint + (wanted.ordinal - 1) / $3::int, (wanted.ordinal - 1) % $3::int, t.id,
                    sha256('\\x00'::bytea || convert_to(${LEAF}, 'UTF8'))
             from unnest($1::uuid[]) with ordinality as wanted (id, ordinal)
             ${withLeaf('cross', 'wanted.id')}
             returning block_number, leaf_index, leaf_hash
           )
           select string_agg(leaf_hash, '' order by leaf_index) as hashes from written group by block_number order by block_number`,
    values: [ids, first, blockSize],
  })
  return rows.map(({ hashes }) => split(hashes))
}

/** A leaf of a block; `leaf` is null for a transfer that is not in the books. */
export interface BlockLeaf {
  readonly transferId: string
  readonly leafHash: Buffer
  readonly leaf: string | null
}

/** The leaves of one block, in order. */
export async function readBlockLeaves(client: SqlClient, blockNumber: bigint): Promise<BlockLeaf[]> {
  const { rows } = await client.query<BlockLeaf>({
    name: 'ledger-block-leaves',
    text: `select l.transfer_id as "transferId", l.leaf_hash as "leafHash", ${LEAF} as leaf
           from block_leaves l
           ${withLeaf('left', 'l.transfer_id')}
           where l.block_number = $1 order by l.leaf_index`,
    values: [blockNumber],
  })
  return rows
}

/** Where a sealed transfer stands, with its leaf and its block. */
export interface SealPlace {
  readonly index: number
  readonly leafHash: Buffer
  readonly leaf: string
  readonly block: SealedBlock
}

/** The places of transfers by id; those that wait for their block are left out. */
export async function readSealPlaces(client: SqlClient, ids: readonly string[]): Promise<Map<string, SealPlace>> {
  const { rows } = await client.query<SealedBlock & Omit<SealPlace, 'block'> & { transferId: string }>({
    name: 'ledger-seal-places',
    text: `select l.transfer_id as "transferId", l.leaf_index as index, l.leaf_hash as "leafHash", ${LEAF} as leaf, b.*
           from block_leaves l
           join (select ${BLOCK} from ledger_blocks) b on b.number = l.block_number
           ${withLeaf('cross', 'l.transfer_id')}
           where l.transfer_id = any($1::uuid[])`,
    values: [ids],
  })
  return new Map(
    rows.map(({ transferId, index, leafHash, leaf, ...block }) => [transferId, { index, leafHash, leaf, block }]),
  )
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
