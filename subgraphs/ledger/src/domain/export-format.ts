import type { SealedBlock, SealingJwk } from './sealed-block.ts'

/**
 * An export of the sealed books: JSON lines, each ending in a line feed, each written in one way only.
 *
 * ```text
 * {"format":"corridor-ledger-export","version":1,"keys":[<JWK of every sealing key>]}
 * {"block":{"number":"1","previousBlockHash":"00…","root":"…","size":2,"sealedAt":"…","blockHash":"…","keyId":"…","signature":"…"}}
 * {"leafHash":"…","transfer":<leaf 0 in its canonical bytes>}
 * {"leafHash":"…","transfer":<leaf 1>}
 * … further blocks …
 * {"end":{"blocks":"1","transfers":"2","head":"<hash of the last block>"}}
 * ```
 *
 * What is between `"transfer":` and the last brace of a line are the bytes that the leaf hash is over.
 */
export const EXPORT_FORMAT = 'corridor-ledger-export'
export const EXPORT_VERSION = 1

export const headerLine = (keys: readonly SealingJwk[]): string =>
  JSON.stringify({ format: EXPORT_FORMAT, version: EXPORT_VERSION, keys })

export function blockLine(block: SealedBlock): string {
  const { number, previousBlockHash, root, size, sealedAt, blockHash, keyId, signature } = block
  return JSON.stringify({
    block: {
      number: String(number),
      previousBlockHash,
      root,
      size,
      sealedAt: sealedAt.toISOString(),
      blockHash,
      keyId,
      signature,
    },
  })
}

/** A sealed transfer; one that is gone (null) stands there by its id alone, which does not hash to its leaf. */
export const transferLine = (sealed: { transferId: string; leafHash: Buffer; leaf: string | null }): string =>
  `${LEAF_BEFORE_HASH}${sealed.leafHash.toString('hex')}${LEAF_BEFORE_RECORD}${sealed.leaf ?? `{"id":"${sealed.transferId}"}`}}`

export interface ExportTotals {
  readonly blocks: bigint
  readonly transfers: bigint
  /** The last block's hash, or 64 zeros without any. */
  readonly head: string
}

export const endLine = ({ blocks, transfers, head }: ExportTotals): string =>
  JSON.stringify({ end: { blocks: String(blocks), transfers: String(transfers), head } })

const LEAF_BEFORE_HASH = '{"leafHash":"'
const LEAF_BEFORE_RECORD = '","transfer":'
const HASH_END = LEAF_BEFORE_HASH.length + 64
const RECORD_START = HASH_END + LEAF_BEFORE_RECORD.length
const HASH = /^[0-9a-f]{64}$/
const SIGNATURE = /^[0-9a-f]{128}$/
const NUMBER = /^[1-9]\d{0,18}$/

/** The two parts of a transfer's line as they stand, or null for another line. */
export function readTransferLine(line: Buffer): { leafHash: string; leaf: Buffer } | null {
  const leafHash = line.toString('latin1', LEAF_BEFORE_HASH.length, HASH_END)
  const framed =
    line.toString('latin1', 0, LEAF_BEFORE_HASH.length) === LEAF_BEFORE_HASH &&
    line.toString('latin1', HASH_END, RECORD_START) === LEAF_BEFORE_RECORD &&
    line.at(-1) === '}'.charCodeAt(0)
  return framed && HASH.test(leafHash) ? { leafHash, leaf: line.subarray(RECORD_START, -1) } : null
}

/** The block of a line that is written as `blockLine` writes it, byte for byte, or null. */
export function readBlockLine(line: Buffer): SealedBlock | null {
  const text = line.toString('utf8')
  const found = parse(text)?.block
  if (!isRecord(found)) return null
  const { number, previousBlockHash, root, size, sealedAt, blockHash, keyId, signature } = found
  if (typeof number !== 'string' || !NUMBER.test(number) || !Number.isSafeInteger(size)) return null
  if (![previousBlockHash, root, blockHash].every((value) => typeof value === 'string' && HASH.test(value))) return null
  if (typeof signature !== 'string' || !SIGNATURE.test(signature) || typeof keyId !== 'string') return null
  if (typeof sealedAt !== 'string' || Number.isNaN(Date.parse(sealedAt))) return null
  const block = { ...found, number: BigInt(number), sealedAt: new Date(sealedAt) } as unknown as SealedBlock // Checked above.
  return blockLine(block) === text ? block : null
}

/** The totals of the last line, or null for another line. */
export function readEndLine(line: Buffer): ExportTotals | null {
  const text = line.toString('utf8')
  const found = parse(text)?.end
  if (!isRecord(found)) return null
  const { blocks, transfers, head } = found
  if (![blocks, transfers].every((value) => typeof value === 'string' && /^\d{1,19}$/.test(value))) return null
  const totals = { blocks: BigInt(String(blocks)), transfers: BigInt(String(transfers)), head: String(head) }
  return endLine(totals) === text ? totals : null
}

/** The keys that an export says it was signed with, or null for another line or another version. */
export function readHeaderLine(line: Buffer): readonly Record<string, unknown>[] | null {
  const { format, version, keys } = parse(line.toString('utf8')) ?? {}
  if (format !== EXPORT_FORMAT || version !== EXPORT_VERSION || !Array.isArray(keys)) return null
  return keys.every(isRecord) ? keys : null
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The object that a text is, or null. */
export function parse(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text)
    return isRecord(value) ? value : null
  } catch {
    // What is no JSON is reported by the reader of the line like any other that is not of an export.
    return null
  }
}
