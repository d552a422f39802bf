import { createHash, createPublicKey, type JsonWebKey, verify } from 'node:crypto'

/** `TransferSeal`, all of it. */
export const SEAL = 'block index size leaf leafHash path root blockHash previousBlockHash signature sealedAt'

export interface Seal {
  readonly block: string
  readonly index: number
  readonly size: number
  readonly leaf: string
  readonly leafHash: string
  readonly path: readonly string[]
  readonly root: string
  readonly blockHash: string
  readonly previousBlockHash: string
  readonly signature: string
  readonly sealedAt: string
}

const sha256 = (...parts: readonly (string | Buffer)[]): Buffer => {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest()
}
const bytes = (hex: string): Buffer => Buffer.from(hex, 'hex')

/** A seal checked as docs/ledger-seals.md says, and with nothing of the ledger's own code: every step that fails. */
export function failedSteps(seal: Seal, keys: readonly JsonWebKey[]): string[] {
  const steps: Record<string, boolean> = {
    leafHash: sha256(Buffer.of(0), bytes(seal.leaf)).equals(bytes(seal.leafHash)),
    root: foldPath(seal).equals(bytes(seal.root)),
    blockHash: sha256(
      `corridor-ledger-block-v1\n${seal.block}\n${seal.previousBlockHash}\n${seal.root}\n${seal.size}\n${seal.sealedAt}\n`,
    ).equals(bytes(seal.blockHash)),
    signature: keys.some((key) =>
      verify(null, bytes(seal.blockHash), createPublicKey({ key, format: 'jwk' }), bytes(seal.signature)),
    ),
  }
  return Object.entries(steps).flatMap(([step, holds]) => (holds ? [] : [step]))
}

/** RFC 9162, section 2.1.3.2. */
function foldPath({ leafHash, path, index, size }: Seal): Buffer {
  let [node, last, root] = [index, size - 1, bytes(leafHash)]
  for (const sibling of path.map(bytes)) {
    if (node % 2 === 1 || node === last) {
      root = sha256(Buffer.of(1), sibling, root)
      while (node % 2 === 0 && node !== 0) [node, last] = [node >> 1, last >> 1]
    } else {
      root = sha256(Buffer.of(1), root, sibling)
    }
    ;[node, last] = [node >> 1, last >> 1]
  }
  return root
}
