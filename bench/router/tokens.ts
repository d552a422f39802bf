import { createSign, generateKeyPairSync, randomUUID } from 'node:crypto'
import { SCOPES } from './queries.ts'

export const ISSUER = 'https://identity.bench/oauth2/token'
export const AUDIENCE = 'corridor'
const KEY_ID = 'bench'
const TOKEN_SECONDS = 3_600

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')

/** Access tokens as Identity Server makes them, each of another user. */
export function createIssuer(): { readonly jwks: object; token(): string } {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 })
  const header = encode({ alg: 'RS256', kid: KEY_ID, typ: 'at+jwt' })
  return {
    jwks: { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: KEY_ID, alg: 'RS256', use: 'sig' }] },
    token() {
      const now = Math.floor(Date.now() / 1_000)
      const subject = randomUUID()
      const payload = encode({
        iss: ISSUER,
        aud: AUDIENCE,
        sub: subject,
        username: subject,
        aut: 'APPLICATION_USER',
        client_id: 'bench',
        scope: SCOPES,
        iat: now,
        exp: now + TOKEN_SECONDS,
        jti: randomUUID(),
      })
      const signature = createSign('RSA-SHA256').update(`${header}.${payload}`).sign(privateKey).toString('base64url')
      return `Bearer ${header}.${payload}.${signature}`
    },
  }
}
