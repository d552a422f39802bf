import { KeyObject, verify, type webcrypto } from 'node:crypto'
import { errors, type JWTHeaderParameters, type JWTVerifyGetKey } from 'jose'
import { isObject, type JsonObject } from './execution/json.ts'

export interface JwtRules {
  readonly algorithms: readonly Algorithm[]
  readonly issuer: string
  /** One that the token's `aud` must contain; absent, it is not looked at. */
  readonly audience?: string
  readonly toleranceSeconds: number
}

const ALGORITHMS = {
  RS256: { hash: 'sha256' },
  ES256: { hash: 'sha256', dsaEncoding: 'ieee-p1363' },
} as const

export type Algorithm = keyof typeof ALGORITHMS

const TOKEN = /^[\w-]+\.[\w-]+\.[\w-]+$/

const keyObjects = new WeakMap<webcrypto.CryptoKey, KeyObject>()

/**
 * The claims of a JSON Web Token (RFC 7519, 7515), or null when it does not hold: signature, algorithm, issuer,
 * audience and times. jose finds the key. The signature is checked in this thread, which takes a fraction of what
 * Web Crypto takes to hand it to another. Rejects with jose's error when the keys could not be had.
 */
export async function verifyJwt(input: {
  token: string
  keys: JWTVerifyGetKey
  rules: JwtRules
  now: Date
}): Promise<JsonObject | null> {
  const { token, keys, rules, now } = input
  if (!TOKEN.test(token)) return null
  const [encodedHeader = '', encodedPayload = '', signature = ''] = token.split('.')
  const header = decoded(encodedHeader)
  const payload = decoded(encodedPayload)
  if (!header || !payload) return null
  const algorithm = rules.algorithms.find((known) => known === header.alg)
  // Whatever the extensions of `crit` are, this does not understand them (RFC 7515, section 4.1.11).
  if (!algorithm || 'crit' in header || 'b64' in header) return null
  if (!areClaimsGood(payload, rules, now.getTime() / 1000)) return null
  const key = await keyOf(keys, { ...header, alg: algorithm }, { payload: encodedPayload, signature })
  if (!key) return null
  const { hash, ...options } = ALGORITHMS[algorithm]
  const signed = Buffer.from(`${encodedHeader}.${encodedPayload}`)
  return verify(hash, signed, { key, ...options }, Buffer.from(signature, 'base64url')) ? payload : null
}

async function keyOf(
  keys: JWTVerifyGetKey,
  header: JWTHeaderParameters,
  token: { payload: string; signature: string },
): Promise<KeyObject | null> {
  try {
    const found = await keys(header, token)
    const key = found instanceof CryptoKey ? keyObjectOf(found) : found
    return key instanceof KeyObject && key.type === 'public' ? key : null
  } catch (error) {
    // jose's names for: there is no such key, or more than one.
    if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys) return null
    throw error
  }
}

function keyObjectOf(key: webcrypto.CryptoKey): KeyObject {
  let known = keyObjects.get(key)
  if (!known) {
    known = KeyObject.from(key)
    keyObjects.set(key, known)
  }
  return known
}

function decoded(text: string): JsonObject | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'))
    return isObject(value) ? value : null
  } catch {
    // Whatever is not JSON is no token.
    return null
  }
}

function areClaimsGood({ iss, aud, exp, nbf, iat }: JsonObject, rules: JwtRules, nowSeconds: number): boolean {
  const { issuer, audience, toleranceSeconds } = rules
  if (iss !== issuer) return false
  if (audience !== undefined && !(Array.isArray(aud) ? aud.includes(audience) : aud === audience)) return false
  if (typeof exp !== 'number' || exp <= nowSeconds - toleranceSeconds) return false
  if (nbf !== undefined && !(typeof nbf === 'number' && nbf <= nowSeconds + toleranceSeconds)) return false
  return iat === undefined || typeof iat === 'number'
}
