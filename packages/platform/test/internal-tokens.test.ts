import { testClock } from '@corridor/testing'
import { UnsecuredJWT } from 'jose'
import { describe, expect, it } from 'vitest'
import {
  type Caller,
  createSigner,
  createVerifier,
  generateInternalKeyPair,
  INTERNAL_TOKEN_SECONDS,
} from '../src/index.ts'

const caller: Caller = {
  kind: 'user',
  subject: '00000000-0000-4000-8000-000000000001',
  clientId: 'web',
  username: 'ada',
  scopes: new Set(['wallets:read', 'wallets:write']),
  expiresAt: new Date('2026-11-02T13:00:00.000Z'),
  claims: null,
}

async function parties(audience = 'ledger') {
  const clock = testClock()
  const keys = await generateInternalKeyPair()
  const signer = createSigner({ issuer: 'router', privateJwk: keys.privateJwk, clock })
  const verifier = createVerifier({ audience, publicJwks: { router: keys.publicJwk }, clock })
  return { clock, keys, signer, verifier }
}

describe('an internal token', () => {
  it('carries the issuer and the caller', async () => {
    const { signer, verifier } = await parties()
    expect(await verifier.verify(await signer.sign('ledger', caller))).toEqual({ issuer: 'router', caller })
  })

  it('is for one audience', async () => {
    const { signer, verifier } = await parties('wallet')
    expect(await verifier.verify(await signer.sign('ledger', caller))).toBeNull()
  })

  it('ends after its seconds, also for a verifier that has seen it', async () => {
    const { clock, signer, verifier } = await parties()
    const token = await signer.sign('ledger', caller)
    expect(await verifier.verify(token)).not.toBeNull()
    clock.advanceMs((INTERNAL_TOKEN_SECONDS + 6) * 1000)
    expect(await verifier.verify(token)).toBeNull()
    expect(await verifier.verify(await signer.sign('ledger', caller))).not.toBeNull()
  })

  it('is not taken from an issuer whose key is another', async () => {
    const { verifier, clock } = await parties()
    const stranger = createSigner({ issuer: 'router', privateJwk: (await generateInternalKeyPair()).privateJwk, clock })
    expect(await verifier.verify(await stranger.sign('ledger', caller))).toBeNull()
  })

  it('is not taken without a signature', async () => {
    const { verifier } = await parties()
    const unsigned = new UnsecuredJWT({ kind: 'user', scope: 'ledger:audit' })
      .setIssuer('router')
      .setAudience('ledger')
      .encode()
    expect(await verifier.verify(unsigned)).toBeNull()
    expect(await verifier.verify('not.a.token')).toBeNull()
  })
})
