import { createHash } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { ANONYMOUS, type Caller, type Clock, Fault, type Logger, RefusalError, refuse } from '@corridor/platform'
import type { JWTVerifyGetKey } from 'jose'
import { LRUCache } from 'lru-cache'
import { DEFAULT_KEYS_MAX_AGE_SECONDS, issuerKeys } from './issuer-keys.ts'
import { callerOfAccessToken, callerOfAssertion } from './token-claims.ts'
import { type JwtRules, verifyJwt } from './verify-jwt.ts'

/** How clients may prove who they are: an access token, or the assertion that API Manager makes of one. */
export type AuthMode = 'bearer' | 'assertion'

export interface IdentityOptions {
  readonly issuer: string
  /** What every access token's `aud` must contain. */
  readonly audience: string
  /** Where the issuer publishes its keys; or the keys themselves, as jose finds them. */
  readonly jwks: URL | JWTVerifyGetKey
  /** API Manager's, for the mode `assertion`. */
  readonly assertion?: { readonly jwks: URL | JWTVerifyGetKey; readonly apiContext: string }
  /** How long keys of either are taken that could not be read again. */
  readonly keysMaxAgeSeconds?: number | undefined
}

export interface Credentials {
  readonly authorization: string | undefined
  readonly assertion: string | undefined
}

export interface Identity {
  /**
   * The caller of a request. Without credentials it is nobody; with any that do not hold it throws `RefusalError`
   * (UNAUTHENTICATED), and a `Fault` when the issuer's keys cannot be had.
   */
  authenticate(credentials: Credentials): Promise<Caller>
}

const ASSERTION_ISSUER = 'wso2.org/products/am'
const BEARER = /^Bearer +([\w-]+\.[\w-]+\.[\w-]+)$/i
const CLOCK_TOLERANCE_SECONDS = 5
const MAX_TOKEN_LENGTH = 16 * 1024
const CACHED_TOKENS = 10_000
const MS_PER_SECOND = 1_000

export function createIdentity(options: {
  identity: IdentityOptions
  authModes: readonly AuthMode[]
  clock: Clock
  logger: Logger
}): Identity {
  const { identity, authModes, clock, logger } = options
  const maxAgeMs = (identity.keysMaxAgeSeconds ?? DEFAULT_KEYS_MAX_AGE_SECONDS) * MS_PER_SECOND
  const keysOf = (jwks: URL | JWTVerifyGetKey): JWTVerifyGetKey =>
    jwks instanceof URL ? issuerKeys({ url: jwks, maxAgeMs, logger }) : jwks
  const cache = new LRUCache<string, Caller>({ max: CACHED_TOKENS })
  const toleranceSeconds = CLOCK_TOLERANCE_SECONDS
  const verifiers = {
    bearer: verifierOf({
      keys: keysOf(identity.jwks),
      rules: { algorithms: ['RS256', 'ES256'], issuer: identity.issuer, audience: identity.audience, toleranceSeconds },
      clock,
      toCaller: callerOfAccessToken,
    }),
    assertion: verifierOf({
      keys: identity.assertion ? keysOf(identity.assertion.jwks) : null,
      rules: { algorithms: ['RS256'], issuer: ASSERTION_ISSUER, toleranceSeconds },
      clock,
      toCaller: (claims, expiresAt) => callerOfAssertion(claims, expiresAt, identity.assertion?.apiContext ?? ''),
    }),
  }

  const verify = async (mode: AuthMode, token: string): Promise<Caller> => {
    if (!authModes.includes(mode) || token.length > MAX_TOKEN_LENGTH) throw unauthenticated()
    const key = `${mode} ${createHash('sha256').update(token).digest('base64')}`
    const known = cache.get(key)
    if (known) {
      if (known.expiresAt !== null && known.expiresAt <= clock.now()) throw unauthenticated()
      return known
    }
    const caller = await verifiers[mode](token)
    cache.set(key, caller)
    return caller
  }

  return {
    async authenticate({ authorization, assertion }) {
      const callers: Caller[] = []
      if (assertion !== undefined) callers.push(await verify('assertion', assertion))
      if (authorization !== undefined && authModes.includes('bearer')) {
        const token = BEARER.exec(authorization)?.[1]
        if (token === undefined) throw unauthenticated()
        callers.push(await verify('bearer', token))
      } else if (authorization !== undefined && assertion === undefined) throw unauthenticated()
      const [first, second] = callers
      // Two proofs of different people: whichever was believed, the other would be lied about.
      if (first && second && (first.subject !== second.subject || first.kind !== second.kind)) throw unauthenticated()
      return first ?? ANONYMOUS
    },
  }
}

/** The credentials in the headers of a request or of a WebSocket's handshake. */
export function credentialsOf(headers: IncomingHttpHeaders): Credentials {
  const assertion = headers['x-jwt-assertion']
  return {
    authorization: headers.authorization,
    assertion: typeof assertion === 'string' ? assertion : undefined,
  }
}

function verifierOf(input: {
  keys: JWTVerifyGetKey | null
  rules: JwtRules
  clock: Clock
  toCaller: (claims: Readonly<Record<string, unknown>>, expiresAt: Date) => Caller | null
}): (token: string) => Promise<Caller> {
  const { keys, rules, clock, toCaller } = input
  return async (token) => {
    if (!keys) throw unauthenticated()
    const payload = await verifyJwt({ token, keys, rules, now: clock.now() }).catch((cause: unknown) => {
      throw new Fault('SERVICE_UNAVAILABLE', 'The identity server did not give its keys.', { cause })
    })
    const caller = payload && toCaller(payload, new Date(Number(payload.exp) * MS_PER_SECOND))
    if (!caller) throw unauthenticated()
    return caller
  }
}

const unauthenticated = (): RefusalError => new RefusalError(refuse('UNAUTHENTICATED'))
