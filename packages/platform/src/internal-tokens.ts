import { createHash, createPrivateKey, type KeyObject, sign as signBytes } from 'node:crypto'
import { type CryptoKey, exportJWK, generateKeyPair as generateJoseKeyPair, importJWK, type JWK, jwtVerify } from 'jose'
import { LRUCache } from 'lru-cache'
import { ANONYMOUS, type Caller, type IdentityClaims } from './caller.ts'
import type { Clock } from './clock.ts'
import { Fault } from './errors.ts'

/**
 * Tokens inside the platform: EdDSA, 60 seconds, for one audience (a subgraph), from one issuer (the router or a
 * service), carrying the caller on whose behalf the call is made. They prove who calls; the caller's own scopes and
 * expiry travel with them.
 */
export const INTERNAL_TOKEN_SECONDS = 60

/** A cached token is used until this much of its life is left, so that it does not expire on the way. */
const RENEW_BEFORE_SECONDS = 15
const CLOCK_TOLERANCE_SECONDS = 5
const CACHED_TOKENS = 20_000

export type { JWK } from 'jose'

/** Whether a value of configuration has the form of a JSON Web Key (RFC 7517). */
export const isJwk = (value: unknown): value is JWK => typeof value === 'object' && value !== null && 'kty' in value

export interface KeyPair {
  readonly privateJwk: JWK
  readonly publicJwk: JWK
}

export interface Signer {
  readonly issuer: string
  sign(audience: string, caller: Caller | null): Promise<string>
}

export interface VerifiedCall {
  readonly issuer: string
  readonly caller: Caller
}

export interface Verifier {
  /** The issuer and the caller, or null when the token is not one that this audience takes. */
  verify(token: string): Promise<VerifiedCall | null>
}

/** A new Ed25519 key pair for one issuer. */
export async function generateInternalKeyPair(): Promise<KeyPair> {
  const { privateKey, publicKey } = await generateJoseKeyPair('EdDSA', { crv: 'Ed25519', extractable: true })
  return { privateJwk: await exportJWK(privateKey), publicJwk: await exportJWK(publicKey) }
}

export function createSigner({ issuer, privateJwk, clock }: { issuer: string; privateJwk: JWK; clock: Clock }): Signer {
  const key = createPrivateKey({ key: { ...privateJwk }, format: 'jwk' })
  const cache = new LRUCache<string, { token: string; renewAtMs: number }>({ max: CACHED_TOKENS })
  return {
    issuer,
    async sign(audience, caller) {
      const nowMs = clock.now().getTime()
      const claims = caller === null ? '' : claimsOf(caller)
      const cacheKey = `${audience}\n${claims}`
      const cached = cache.get(cacheKey)
      if (cached && cached.renewAtMs > nowMs) return cached.token
      const token = signNew({ key, issuer, audience, claims, nowMs })
      cache.set(cacheKey, { token, renewAtMs: nowMs + (INTERNAL_TOKEN_SECONDS - RENEW_BEFORE_SECONDS) * 1000 })
      return token
    },
  }
}

const HEADER = Buffer.from('{"alg":"EdDSA"}').toString('base64url')

/** In this thread: a signature takes less time than to hand it to another and to hear of it. */
function signNew(input: { key: KeyObject; issuer: string; audience: string; claims: string; nowMs: number }): string {
  const { key, issuer, audience, claims, nowMs } = input
  const iat = Math.floor(nowMs / 1000)
  const registered = JSON.stringify({ iss: issuer, aud: audience, iat, exp: iat + INTERNAL_TOKEN_SECONDS })
  const payload = claims === '' ? registered : `${registered.slice(0, -1)},${claims.slice(1)}`
  const signed = `${HEADER}.${Buffer.from(payload).toString('base64url')}`
  return `${signed}.${signBytes(null, Buffer.from(signed), key).toString('base64url')}`
}

const knownClaims = new WeakMap<Caller, string>()

/** A caller's claims as JSON; they are also what his tokens are kept by. */
function claimsOf(caller: Caller): string {
  let claims = knownClaims.get(caller)
  if (claims === undefined) {
    claims = JSON.stringify(toClaims(caller))
    knownClaims.set(caller, claims)
  }
  return claims
}

/** Verifies tokens for one audience against the public key of each issuer it knows. */
export function createVerifier({
  audience,
  publicJwks,
  clock,
}: {
  audience: string
  publicJwks: Readonly<Record<string, JWK>>
  clock: Clock
}): Verifier {
  const keys = new Map(Object.entries(publicJwks).map(([issuer, jwk]) => [issuer, importJWK(jwk, 'EdDSA')]))
  const cache = new LRUCache<string, { call: VerifiedCall; expiresAtMs: number }>({ max: CACHED_TOKENS })
  return {
    async verify(token) {
      const nowMs = clock.now().getTime()
      const digest = createHash('sha256').update(token).digest('base64')
      const cached = cache.get(digest)
      if (cached) return cached.expiresAtMs > nowMs ? cached.call : null
      const verified = await verifyNew({ token, audience, keys, now: clock.now() })
      if (verified) cache.set(digest, verified)
      return verified?.call ?? null
    },
  }
}

async function verifyNew(input: {
  token: string
  audience: string
  keys: ReadonlyMap<string, Promise<CryptoKey | Uint8Array>>
  now: Date
}): Promise<{ call: VerifiedCall; expiresAtMs: number } | null> {
  const issuer = claimedIssuer(input.token)
  const key = issuer === null ? undefined : input.keys.get(issuer)
  if (issuer === null || key === undefined) return null
  try {
    const { payload } = await jwtVerify(input.token, await key, {
      algorithms: ['EdDSA'],
      issuer,
      audience: input.audience,
      currentDate: input.now,
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
      requiredClaims: ['exp'],
    })
    const expiresAtMs = ((payload.exp ?? 0) + CLOCK_TOLERANCE_SECONDS) * 1000
    return { call: { issuer, caller: fromClaims(payload) }, expiresAtMs }
  } catch (error) {
    if (error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_J')) return null
    throw new Fault('INTERNAL_SERVER_ERROR', 'An internal token could not be checked.', { cause: error })
  }
}

/** The issuer that a token claims, to choose the key that it must then verify with. */
function claimedIssuer(token: string): string | null {
  const payload = token.split('.')[1]
  if (payload === undefined) return null
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'))
    if (typeof claims !== 'object' || claims === null || !('iss' in claims)) return null
    return typeof claims.iss === 'string' ? claims.iss : null
  } catch {
    // Whatever is not JSON is not a token; the caller answers UNAUTHENTICATED.
    return null
  }
}

function toClaims(caller: Caller): Record<string, unknown> {
  return {
    kind: caller.kind,
    ...(caller.subject === null ? {} : { sub: caller.subject }),
    ...(caller.clientId === null ? {} : { client_id: caller.clientId }),
    ...(caller.username === null ? {} : { username: caller.username }),
    ...(caller.expiresAt === null ? {} : { caller_exp: Math.floor(caller.expiresAt.getTime() / 1000) }),
    ...(caller.claims === null ? {} : { identity: caller.claims }),
    scope: [...caller.scopes].join(' '),
  }
}

const KINDS: readonly Caller['kind'][] = ['user', 'application', 'service', 'anonymous']

function fromClaims(payload: Record<string, unknown>): Caller {
  const kind = KINDS.find((candidate) => candidate === payload.kind)
  if (kind === undefined) return { ...ANONYMOUS, kind: 'service' }
  return {
    kind,
    subject: textOrNull(payload.sub),
    clientId: textOrNull(payload.client_id),
    username: textOrNull(payload.username),
    scopes: new Set(typeof payload.scope === 'string' ? payload.scope.split(' ').filter(Boolean) : []),
    expiresAt: typeof payload.caller_exp === 'number' ? new Date(payload.caller_exp * 1000) : null,
    claims: isIdentityClaims(payload.identity) ? payload.identity : null,
  }
}

const textOrNull = (value: unknown): string | null => (typeof value === 'string' ? value : null)

const isIdentityClaims = (value: unknown): value is IdentityClaims =>
  typeof value === 'object' && value !== null && Object.values(value).every((item) => typeof item === 'string')
