import { createPrivateKey, createPublicKey, hash, type JsonWebKey, type KeyObject, sign, verify } from 'node:crypto'

/** What a block says, hashes in lower-case hex. */
export interface BlockHeader {
  /** 1, 2, 3, … */
  readonly number: bigint
  /** Of block 1: 64 zeros. */
  readonly previousBlockHash: string
  /** Of the Merkle tree over the leaves of its transfers. */
  readonly root: string
  /** How many transfers. */
  readonly size: number
  /** To the millisecond. */
  readonly sealedAt: Date
}

export interface SealedBlock extends BlockHeader {
  readonly blockHash: string
  readonly keyId: string
  /** Ed25519 over the 32 bytes of the block hash, in hex. */
  readonly signature: string
}

/** What the first block stands on. */
export const GENESIS_HASH = '0'.repeat(64)

/**
 * The SHA-256, in hex, of six lines of UTF-8 that each end in a line feed: `corridor-ledger-block-v1`, number, previous
 * block hash, root, size, and `sealedAt` as `2026-11-02T12:00:00.000Z`.
 */
export function hashOfBlock({ number, previousBlockHash, root, size, sealedAt }: BlockHeader): string {
  const lines = ['corridor-ledger-block-v1', number, previousBlockHash, root, size, sealedAt.toISOString()]
  return hash('sha256', lines.map((line) => `${line}\n`).join(''), 'hex')
}

/** The public half of a sealing key as a JWK (RFC 8037) with its thumbprint (RFC 7638) as `kid`. */
export type SealingJwk = {
  readonly kty: 'OKP'
  readonly crv: 'Ed25519'
  readonly x: string
  readonly kid: string
  readonly alg: 'EdDSA'
  readonly use: 'sig'
}

/** Signs blocks. */
export class SealingKey {
  private constructor(
    private readonly privateKey: KeyObject,
    readonly publicJwk: SealingJwk,
  ) {}

  /** Throws for a JWK that is no private Ed25519 key. */
  static of(privateJwk: JsonWebKey): SealingKey {
    const privateKey = createPrivateKey({ key: privateJwk, format: 'jwk' })
    return new SealingKey(privateKey, describePublicKey(createPublicKey(privateKey)))
  }

  seal(header: BlockHeader): SealedBlock {
    const blockHash = hashOfBlock(header)
    const signature = sign(null, Buffer.from(blockHash, 'hex'), this.privateKey).toString('hex')
    return { ...header, blockHash, keyId: this.publicJwk.kid, signature }
  }
}

/** Verifies what one key signed. */
export class SealVerifier {
  private constructor(
    private readonly key: KeyObject,
    readonly keyId: string,
  ) {}

  /** Throws for a JWK that is no public Ed25519 key. */
  static of(publicJwk: JsonWebKey): SealVerifier {
    const key = createPublicKey({ key: publicJwk, format: 'jwk' })
    return new SealVerifier(key, describePublicKey(key).kid)
  }

  signed({ blockHash, signature }: Pick<SealedBlock, 'blockHash' | 'signature'>): boolean {
    return verify(null, Buffer.from(blockHash, 'hex'), this.key, Buffer.from(signature, 'hex'))
  }
}

function describePublicKey(key: KeyObject): SealingJwk {
  const { crv, x } = key.export({ format: 'jwk' })
  if (key.asymmetricKeyType !== 'ed25519' || crv !== 'Ed25519' || x === undefined) {
    throw new TypeError('A sealing key is an Ed25519 key.')
  }
  const kid = hash('sha256', `{"crv":"Ed25519","kty":"OKP","x":"${x}"}`, 'base64url')
  return { kty: 'OKP', crv, x, kid, alg: 'EdDSA', use: 'sig' }
}
