import { randomUUID } from 'node:crypto'
import { createRemoteJWKSet, errors, exportJWK, generateKeyPair, type JWTPayload, jwtVerify, SignJWT } from 'jose'
import type { DeployedApi } from './published-api.ts'

/** An access token that holds. */
export interface Access {
  readonly token: string
  readonly claims: JWTPayload
  readonly scopes: ReadonlySet<string>
}

export interface Assertions {
  /** The JWK set that backends verify by. */
  readonly keys: { readonly keys: readonly object[] }
  /** The backend JWT of an access token: one and the same until that token is forgotten. */
  of(api: DeployedApi, access: Access): Promise<string>
}

const CLAIMS = 'http://wso2.org/claims/'
const ISSUER = 'wso2.org/products/am'
const KEY_ID = 'gateway'
/** As `[apim.jwt] expiry_time` is configured. */
const LIFETIME_SECONDS = 3_600
/** Of the access token's claims, those that the backend JWT does not take over. */
const DROPPED = new Set(['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti', 'application', 'tierInfo', 'subscribedAPIs'])

/** Verifies access tokens by the key manager's keys, each API's fetched once. */
export class KeyManager {
  readonly #keys = new Map<string, ReturnType<typeof createRemoteJWKSet>>()

  /** Null for a token that does not hold. */
  async verify({ keyManager: { issuer, jwksUri } }: DeployedApi, token: string): Promise<Access | null> {
    const keys = this.#keys.get(jwksUri) ?? createRemoteJWKSet(new URL(jwksUri))
    this.#keys.set(jwksUri, keys)
    try {
      const { payload } = await jwtVerify(token, keys, { issuer })
      const scope = typeof payload.scope === 'string' ? payload.scope : ''
      return { token, claims: payload, scopes: new Set(scope.split(' ')) }
    } catch (error) {
      if (error instanceof errors.JOSEError) return null
      throw error
    }
  }
}

/** Makes backend JWTs, signed by a key of its own that is published as a JWK set. */
export async function createAssertions(): Promise<Assertions> {
  const { privateKey, publicKey } = await generateKeyPair('RS256')
  const jwk = { ...(await exportJWK(publicKey)), kid: KEY_ID, alg: 'RS256', use: 'sig' }
  const made = new Map<string, string>()
  return {
    keys: { keys: [jwk] },
    async of(api, { token, claims }) {
      const known = made.get(token)
      if (known !== undefined) return known
      const kept = Object.fromEntries(Object.entries(claims).filter(([name]) => !DROPPED.has(name)))
      const assertion = await new SignJWT({ ...kept, ...claimsOf(api, claims) })
        .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid: KEY_ID })
        .setIssuer(ISSUER)
        .setIssuedAt()
        .setExpirationTime(`${LIFETIME_SECONDS} s`)
        .setJti(randomUUID())
        .sign(privateKey)
      made.set(token, assertion)
      return assertion
    },
  }
}

function claimsOf({ context }: DeployedApi, { sub = '', aut }: JWTPayload): Record<string, unknown> {
  const values = {
    subscriber: 'admin',
    applicationid: '1',
    applicationname: 'console',
    applicationtier: 'Unlimited',
    apiname: 'Corridor',
    apicontext: context,
    version: context.slice(context.lastIndexOf('/') + 1),
    tier: 'CorridorCustomer',
    keytype: 'PRODUCTION',
    usertype: aut === 'APPLICATION_USER' ? 'APPLICATION_USER' : 'APPLICATION',
    enduser: `${sub}@carbon.super`,
    enduserTenantId: '-1234',
    applicationUUId: '6f0d0d5e-58a1-4f0c-9b5c-0f9f3c2d6a11',
    applicationAttributes: {},
  }
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [`${CLAIMS}${name}`, value]))
}
