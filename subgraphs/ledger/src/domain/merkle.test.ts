import { describe, expect, it } from 'vitest'
import { inclusionPath, leafHash, MerkleTree, merkleRoot, rootOfPath } from './merkle.ts'

/** The inputs and roots of the tree that Certificate Transparency's own tests use (google/certificate-transparency). */
const INPUTS = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f']
const ROOTS = [
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
]
const leaves = INPUTS.map((input) => leafHash(Buffer.from(input, 'hex')))

describe('the Merkle tree', () => {
  it('has the roots of the vectors of Certificate Transparency', () => {
    expect(ROOTS.map((_, n) => merkleRoot(leaves.slice(0, n + 1)).toString('hex'))).toEqual(ROOTS)
    expect(new MerkleTree().root().toString('hex')).toBe(
      'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    )
  })

  it('has a path of at most log2 hashes from every leaf to the root, at every size', () => {
    const many = Array.from({ length: 70 }, (_, n) => leafHash(Buffer.from(`leaf ${n}`)))
    for (let size = 1; size <= many.length; size += 1) {
      const tree = many.slice(0, size)
      const root = merkleRoot(tree)
      for (const [index, hash] of tree.entries()) {
        const path = inclusionPath(tree, index)
        expect(path.length).toBeLessThanOrEqual(Math.ceil(Math.log2(size)))
        expect(rootOfPath({ leafHash: hash, index, size, path })).toEqual(root)
      }
    }
  })

  it('gives another root, or none, for another leaf, place, size or path', () => {
    const root = merkleRoot(leaves)
    const path = inclusionPath(leaves, 5)
    const proof = { leafHash: leaves[5] ?? Buffer.of(), index: 5, size: 8, path }
    expect(rootOfPath(proof)).toEqual(root)
    const others = [
      { ...proof, leafHash: leaves[4] ?? Buffer.of() },
      { ...proof, index: 4 },
      { ...proof, index: 8 },
      { ...proof, size: 9 },
      { ...proof, path: path.slice(1) },
      { ...proof, path: [...path, root] },
      { ...proof, path: path.toReversed() },
    ]
    for (const other of others) expect(rootOfPath(other)).not.toEqual(root)
  })

  it('never takes an inner node for a leaf', () => {
    const [left, right] = [leaves[0] ?? Buffer.of(), leaves[1] ?? Buffer.of()]
    expect(leafHash(Buffer.concat([left, right]))).not.toEqual(merkleRoot([left, right]))
  })
})
