/** What `Transfer.seal` says, all bytes in lower-case hex. */
export interface Seal {
  readonly block: string
  readonly index: number
  readonly size: number
  /** The record: JSON in UTF-8. */
  readonly leaf: string
  readonly leafHash: string
  readonly path: readonly string[]
  readonly root: string
  readonly blockHash: string
  readonly previousBlockHash: string
  readonly sealedAt: string
  readonly signature: string
}

export interface Step {
  readonly claim: string
  /** Null where this browser cannot tell. */
  readonly holds: boolean | null
}

/**
 * Checks the proof of one transfer here, with nothing taken on trust but the sealer's public keys: RFC 6962 hashes over the
 * record, the path of RFC 9162 section 2.1.3.2, the hash of the block, and its Ed25519 signature. docs/ledger-seals.md says
 * what is hashed, byte for byte.
 *
 * @param shown fields of the transfer as the page shows them; the sealed record must say the same.
 * @param keys the sealer's public keys, as JWKs.
 */
export async function checkSeal(
  seal: Seal,
  { shown, keys }: { shown: Readonly<Record<string, string>>; keys: readonly JsonWebKey[] },
): Promise<readonly Step[]> {
  const leafHash = await sha256(concat(byte(0), fromHex(seal.leaf)))
  const root = await rootOf(leafHash, seal)
  return [
    { claim: 'The sealed record is the transfer that is shown here', holds: saysTheSame(recordOf(seal), shown) },
    { claim: 'The record has the fingerprint that was sealed', holds: toHex(leafHash) === seal.leafHash },
    {
      claim: `It is record ${seal.index + 1} of the ${seal.size} in block ${seal.block}`,
      holds: root !== null && toHex(root) === seal.root,
    },
    { claim: 'The block stands on the block before it', holds: (await hashOfBlock(seal)) === seal.blockHash },
    { claim: 'The block is signed by the sealer', holds: await isSigned(seal, keys) },
  ]
}

/** The sealed record as text. */
export const recordOf = ({ leaf }: Pick<Seal, 'leaf'>): string => new TextDecoder().decode(fromHex(leaf))

function saysTheSame(text: string, shown: Readonly<Record<string, string>>): boolean {
  try {
    const record: Readonly<Record<string, unknown>> = JSON.parse(text)
    return Object.entries(shown).every(([name, value]) => String(record[name]) === value)
  } catch {
    return false // No JSON: not the record that is shown.
  }
}

/** Null for a path of another length than the place asks for. */
async function rootOf(leafHash: Bytes, { index, size, path }: Seal): Promise<Bytes | null> {
  let [place, last] = [index, size - 1]
  let hash = leafHash
  if (place > last) return null
  for (const sibling of path.map(fromHex)) {
    if (last === 0) return null
    const isRight = place % 2 === 1 || place === last
    hash = await sha256(concat(byte(1), ...(isRight ? [sibling, hash] : [hash, sibling])))
    while (isRight && place % 2 === 0 && place !== 0) [place, last] = [half(place), half(last)]
    ;[place, last] = [half(place), half(last)]
  }
  return last === 0 ? hash : null
}

async function hashOfBlock({ block, previousBlockHash, root, size, sealedAt }: Seal): Promise<string> {
  const lines = ['corridor-ledger-block-v1', block, previousBlockHash, root, size, sealedAt]
  return toHex(await sha256(utf8(lines.map((line) => `${line}\n`).join(''))))
}

async function isSigned({ blockHash, signature }: Seal, keys: readonly JsonWebKey[]): Promise<boolean | null> {
  try {
    for (const { kty, crv, x } of keys) {
      if (crv !== 'Ed25519' || !kty || !x) continue
      const key = await crypto.subtle.importKey('jwk', { kty, crv, x }, 'Ed25519', false, ['verify'])
      if (await crypto.subtle.verify('Ed25519', key, fromHex(signature), fromHex(blockHash))) return true
    }
    return false
  } catch (error) {
    if (error instanceof DOMException && error.name === 'NotSupportedError') return null
    throw error
  }
}

type Bytes = Uint8Array<ArrayBuffer>

const half = (number: number): number => Math.floor(number / 2)
const byte = (value: number): Bytes => Uint8Array.of(value)
const utf8 = (text: string): Bytes => new TextEncoder().encode(text)
const toHex = (bytes: Bytes): string => [...bytes].map((one) => one.toString(16).padStart(2, '0')).join('')
const fromHex = (hex: string): Bytes => Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
const sha256 = async (bytes: Bytes): Promise<Bytes> => new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))

function concat(...parts: readonly Bytes[]): Bytes {
  const joined = new Uint8Array(parts.reduce((length, part) => length + part.length, 0))
  let at = 0
  for (const part of parts) {
    joined.set(part, at)
    at += part.length
  }
  return joined
}
