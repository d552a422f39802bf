import { generateKeyPair, randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { calculateJwkThumbprint, type JWK } from 'jose'
import { readJsonFile, writeJsonFile } from './json-file.ts'

const MODULUS_BITS = 2048
const COOKIE_KEY_BYTES = 32

export interface IdentityKeys {
  /** RSA, private, for RS256. */
  readonly signing: JWK
  readonly cookies: string
}

/** The server's keys, made at its first start: tokens stay valid over a restart. */
export async function loadIdentityKeys(directory: string): Promise<IdentityKeys> {
  const path = join(directory, 'keys.json')
  const kept = await readJsonFile(path, isIdentityKeys)
  if (kept) return kept
  const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: MODULUS_BITS })
  const { kty, n, e, d, p, q, dp, dq, qi } = privateKey.export({ format: 'jwk' }) as JWK // jose's type of the same RFC 7517 object.
  const bare = { kty, n, e, d, p, q, dp, dq, qi } as JWK // RSA keys have every one of these members.
  const keys: IdentityKeys = {
    signing: { ...bare, alg: 'RS256', use: 'sig', kid: await calculateJwkThumbprint(bare) },
    cookies: randomBytes(COOKIE_KEY_BYTES).toString('base64url'),
  }
  await writeJsonFile(path, keys)
  return keys
}

function isIdentityKeys(value: unknown): value is IdentityKeys {
  return (
    typeof value === 'object' &&
    value !== null &&
    'cookies' in value &&
    typeof value.cookies === 'string' &&
    'signing' in value &&
    typeof value.signing === 'object' &&
    value.signing !== null &&
    'kid' in value.signing
  )
}
