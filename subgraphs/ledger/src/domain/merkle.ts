import { hash } from 'node:crypto'

/**
 * Merkle trees as in RFC 6962, section 2.1, over SHA-256: a leaf is hashed behind the byte 00, an inner node behind 01,
 * so that neither can be passed off as the other.
 */
const LEAF = Buffer.of(0x00)
const NODE = Buffer.of(0x01)

const sha256 = (...parts: readonly Uint8Array[]): Buffer => hash('sha256', Buffer.concat(parts), 'buffer')

export const leafHash = (leaf: Uint8Array): Buffer => sha256(LEAF, leaf)

const nodeHash = (left: Uint8Array, right: Uint8Array): Buffer => sha256(NODE, left, right)

/** A tree that grows leaf by leaf, of which it keeps only the roots of its full subtrees: a handful, however many leaves. */
export class MerkleTree {
  private readonly full: { readonly hash: Buffer; readonly leaves: number }[] = []

  append(hashOfLeaf: Buffer): void {
    let grown = { hash: hashOfLeaf, leaves: 1 }
    for (let left = this.full.at(-1); left?.leaves === grown.leaves; left = this.full.at(-1)) {
      this.full.pop()
      grown = { hash: nodeHash(left.hash, grown.hash), leaves: left.leaves * 2 }
    }
    this.full.push(grown)
  }

  /** Of no leaf at all it is the hash of nothing. */
  root(): Buffer {
    const last = this.full.at(-1)
    if (!last) return sha256()
    return this.full.slice(0, -1).reduceRight((right, left) => nodeHash(left.hash, right), last.hash)
  }
}

export function merkleRoot(leafHashes: readonly Buffer[]): Buffer {
  const tree = new MerkleTree()
  for (const each of leafHashes) tree.append(each)
  return tree.root()
}

/** The hashes that lead from a leaf to the root, nearest first (RFC 6962, section 2.1.1). */
export function inclusionPath(leafHashes: readonly Buffer[], index: number): Buffer[] {
  if (leafHashes.length <= 1) return []
  const split = largestPowerOfTwoBelow(leafHashes.length)
  const [left, right] = [leafHashes.slice(0, split), leafHashes.slice(split)]
  return index < split
    ? [...inclusionPath(left, index), merkleRoot(right)]
    : [...inclusionPath(right, index - split), merkleRoot(left)]
}

/** The root that a path leads to, or null for a path that fits no tree of that size (RFC 9162, section 2.1.3.2). */
export function rootOfPath(proof: {
  readonly leafHash: Uint8Array
  readonly index: number
  readonly size: number
  readonly path: readonly Uint8Array[]
}): Uint8Array | null {
  if (proof.index < 0 || proof.index >= proof.size) return null
  let [node, last, root] = [proof.index, proof.size - 1, proof.leafHash]
  for (const sibling of proof.path) {
    if (last === 0) return null
    if (node % 2 === 1 || node === last) {
      root = nodeHash(sibling, root)
      while (node % 2 === 0 && node !== 0) [node, last] = [node / 2, Math.floor(last / 2)]
    } else {
      root = nodeHash(root, sibling)
    }
    ;[node, last] = [Math.floor(node / 2), Math.floor(last / 2)]
  }
  return last === 0 ? root : null
}

const largestPowerOfTwoBelow = (size: number): number => 2 ** (31 - Math.clz32(size - 1))
