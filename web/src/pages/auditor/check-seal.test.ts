import { generateKeyPairSync, hash, sign } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { checkSeal, type Seal } from './check-seal.ts'

const { privateKey, publicKey } = generateKeyPairSync('ed25519')
const jwk = publicKey.export({ format: 'jwk' }) as JsonWebKey
const other = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' }) as JsonWebKey

const sha256 = (...parts: readonly Buffer[]): Buffer => Buffer.from(hash('sha256', Buffer.concat(parts), 'hex'), 'hex')
const leafHashOf = (leaf: string): Buffer => sha256(Buffer.of(0), Buffer.from(leaf))

/** The root and the path of RFC 6962, section 2.1, as they are defined there: by halves. */
function tree(leaves: readonly string[], index: number): { root: Buffer; path: Buffer[] } {
  const [first = ''] = leaves
  if (leaves.length === 1) return { root: leafHashOf(first), path: [] }
  const split = 2 ** Math.floor(Math.log2(leaves.length - 1))
  const [left, right] = [leaves.slice(0, split), leaves.slice(split)]
  const [mine, theirs] =
    index < split ? [tree(left, index), tree(right, 0)] : [tree(right, index - split), tree(left, 0)]
  const [leftRoot, rightRoot] = index < split ? [mine.root, theirs.root] : [theirs.root, mine.root]
  return { root: sha256(Buffer.of(1), leftRoot, rightRoot), path: [...mine.path, theirs.root] }
}

function sealed(size: number, index: number): Seal {
  const leaves = Array.from({ length: size }, (_, number) => JSON.stringify({ id: `transfer-${number}` }))
  const leaf = leaves[index] ?? ''
  const { root, path } = tree(leaves, index)
  const [block, previousBlockHash, sealedAt] = ['7', 'ab'.repeat(32), '2026-11-02T12:00:00.000Z']
  const text = `corridor-ledger-block-v1\n${block}\n${previousBlockHash}\n${root.toString('hex')}\n${size}\n${sealedAt}\n`
  const blockHash = sha256(Buffer.from(text))
  return {
    block,
    index,
    size,
    leaf: Buffer.from(leaf).toString('hex'),
    leafHash: leafHashOf(leaf).toString('hex'),
    path: path.map((one) => one.toString('hex')),
    root: root.toString('hex'),
    blockHash: blockHash.toString('hex'),
    previousBlockHash,
    sealedAt,
    signature: sign(null, blockHash, privateKey).toString('hex'),
  }
}

const check = async (seal: Seal, { id = `transfer-${seal.index}`, keys = [other, jwk] } = {}) =>
  (await checkSeal(seal, { shown: { id }, keys })).map(({ holds }) => holds)

const ALL = [true, true, true, true, true]
const changed = (hex: string): string => `${hex.startsWith('0') ? '1' : '0'}${hex.slice(1)}`

describe('the proof of a transfer', () => {
  it.each([1, 2, 3, 5, 7, 8, 13])('holds for each place in a block of %i', async (size) => {
    for (let index = 0; index < size; index++) expect(await check(sealed(size, index)), `place ${index}`).toEqual(ALL)
  })

  it('does not hold for another transfer than the one that is shown', async () => {
    expect(await check(sealed(5, 2), { id: 'transfer-3' })).toEqual([false, true, true, true, true])
  })

  it('does not hold for a record that was changed', async () => {
    const seal = sealed(5, 2)
    expect(await check({ ...seal, leaf: Buffer.from('{"id":"transfer-2","more":1}').toString('hex') })).toEqual([
      true,
      false,
      false,
      true,
      true,
    ])
  })

  it('does not hold at another place, nor by another path', async () => {
    const seal = sealed(5, 2)
    expect((await check({ ...seal, index: 3 }, { id: 'transfer-2' }))[2]).toBe(false)
    expect((await check({ ...seal, path: seal.path.slice(1) }))[2]).toBe(false)
    expect((await check({ ...seal, path: [...seal.path, seal.root] }))[2]).toBe(false)
    expect((await check({ ...seal, path: seal.path.map(changed) }))[2]).toBe(false)
    expect((await check({ ...seal, index: 5 }, { id: 'transfer-2' }))[2]).toBe(false)
  })

  it('does not hold in a block that stands on another, or that somebody else signed', async () => {
    const seal = sealed(3, 0)
    expect(await check({ ...seal, previousBlockHash: changed(seal.previousBlockHash) })).toEqual([
      true,
      true,
      true,
      false,
      true,
    ])
    expect(await check(seal, { keys: [other] })).toEqual([true, true, true, true, false])
    expect(await check(seal, { keys: [] })).toEqual([true, true, true, true, false])
  })
})
