import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { GENESIS_HASH, hashOfBlock, SealingKey, SealVerifier } from './sealed-block.ts'

const header = {
  number: 1n,
  previousBlockHash: GENESIS_HASH,
  root: 'ab'.repeat(32),
  size: 3,
  sealedAt: new Date('2026-11-02T12:00:01.500Z'),
}

const keyOf = () => SealingKey.of(generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' }))

describe('a block', () => {
  it('has a hash that anybody can make of its six lines', () => {
    // printf 'corridor-ledger-block-v1\n1\n%064d\n%s\n3\n2026-11-02T12:00:01.500Z\n' 0 abab…ab | sha256sum
    expect(hashOfBlock(header)).toBe('221acb4591dee2c9db89cdfaec216082153a17b89b6d951ffe5151903a419d7d')
    expect(hashOfBlock({ ...header, size: 4 })).not.toBe(hashOfBlock(header))
  })

  it('is signed by its key and by no other', () => {
    const [key, other] = [keyOf(), keyOf()]
    const block = key.seal(header)
    expect(block).toMatchObject({ ...header, blockHash: hashOfBlock(header), keyId: key.publicJwk.kid })
    expect(SealVerifier.of(key.publicJwk).signed(block)).toBe(true)
    expect(SealVerifier.of(other.publicJwk).signed(block)).toBe(false)
    expect(SealVerifier.of(key.publicJwk).signed({ ...block, blockHash: GENESIS_HASH })).toBe(false)
  })

  it('takes Ed25519 keys alone, named as RFC 8037 names its example', () => {
    const example = { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' }
    expect(SealVerifier.of(example).keyId).toBe('kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k')
    const wrong = generateKeyPairSync('x25519').privateKey.export({ format: 'jwk' })
    expect(() => SealingKey.of(wrong)).toThrow('Ed25519')
  })
})
