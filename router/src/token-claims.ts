import type { Caller, IdentityClaims } from '@corridor/platform'

type Claims = Readonly<Record<string, unknown>>

/** API Manager qualifies a user's name by the domain of his store; ours is the only one. */
const USER_DOMAIN = /@carbon\.super$/
const WSO2 = 'http://wso2.org/claims/'

/** The caller of an Identity Server access token; null for a user's token that names no user. */
export function callerOfAccessToken(claims: Claims, expiresAt: Date): Caller | null {
  return callerOf({ claims, subject: text(claims.sub), isUser: claims.aut === 'APPLICATION_USER', expiresAt })
}

/**
 * The caller of API Manager's assertion: the access token's claims with `sub` left out, the user in a claim of WSO2's.
 * Null when it was made for another API.
 */
export function callerOfAssertion(claims: Claims, expiresAt: Date, apiContext: string): Caller | null {
  const context = text(claims[`${WSO2}apicontext`])
  if (context !== apiContext && !context?.startsWith(`${apiContext}/`)) return null
  const isUser =
    claims.aut === undefined ? claims[`${WSO2}usertype`] === 'APPLICATION_USER' : claims.aut === 'APPLICATION_USER'
  return callerOf({ claims, subject: text(claims[`${WSO2}enduser`]), isUser, expiresAt })
}

function callerOf(input: { claims: Claims; subject: string | null; isUser: boolean; expiresAt: Date }): Caller | null {
  const { claims, subject, isUser, expiresAt } = input
  const clientId = text(claims.client_id) ?? text(claims.azp)
  if (isUser ? subject === null : clientId === null) return null
  return {
    kind: isUser ? 'user' : 'application',
    subject: isUser && subject !== null ? subject.replace(USER_DOMAIN, '') : null,
    clientId,
    username: isUser ? (text(claims.username)?.replace(USER_DOMAIN, '') ?? null) : null,
    scopes: new Set(scopesOf(claims.scope)),
    expiresAt,
    claims: isUser ? personOf(claims) : null,
  }
}

function scopesOf(scope: unknown): readonly string[] {
  if (typeof scope === 'string') return scope.split(' ').filter(Boolean)
  return Array.isArray(scope) ? scope.filter((item) => typeof item === 'string') : []
}

function personOf(claims: Claims): IdentityClaims {
  const address = typeof claims.address === 'object' && claims.address !== null ? (claims.address as Claims) : {} // Read by type below.
  const found = {
    email: text(claims.email),
    givenName: text(claims.given_name),
    familyName: text(claims.family_name),
    country: text(claims.country) ?? text(address.country),
    timeZone: text(claims.zoneinfo),
    locale: text(claims.locale),
  }
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== null))
}

const text = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null)
