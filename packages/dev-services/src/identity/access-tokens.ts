import type { Clock } from '@corridor/platform'
import type { AccessToken } from './oidc.ts'
import type { User, UserStore } from './user-store.ts'

/** Scopes that open claims of the ID token, and no field of the platform. Every user has them. */
export const OPENID_SCOPES = ['openid', 'profile', 'email'] as const

const MS_PER_SECOND = 1000

/** The scopes a user may have at most, by his roles. */
export function scopesOf(user: User, roles: Readonly<Record<string, readonly string[]>>): ReadonlySet<string> {
  return new Set(user.roles.flatMap((role) => roles[role] ?? []))
}

/** What is granted of what was asked for: what the user's roles have, in the order asked for. */
export function grantScopes({
  user,
  roles,
  requested,
}: {
  user: User
  roles: Readonly<Record<string, readonly string[]>>
  requested: Iterable<string>
}): string[] {
  const allowed = new Set([...scopesOf(user, roles), ...OPENID_SCOPES])
  return [...new Set(requested)].filter((scope) => allowed.has(scope))
}

/**
 * Gives a token the claims that Identity Server gives (`aut`, `azp`, `client_id`, `aud` with client and audience), and
 * of a user those from which his profile is made.
 */
export function identityServerClaims({
  users,
  audience,
  clock,
}: {
  users: UserStore
  audience: string
  clock: Clock
}): (token: AccessToken, jwt: { payload: Record<string, unknown> }) => void {
  return (token, jwt) => {
    const issuedAt = Math.floor(clock.now().getTime() / MS_PER_SECOND)
    const user = token.accountId === undefined ? undefined : users.byId(token.accountId)
    Object.assign(jwt.payload, {
      aud: [token.clientId, audience],
      azp: token.clientId,
      aut: token.accountId === undefined ? 'APPLICATION' : 'APPLICATION_USER',
      iat: issuedAt,
      nbf: issuedAt,
      exp: issuedAt + token.expiration,
      ...(user ? { username: user.username, ...personalClaims(user) } : {}),
    })
  }
}

export function personalClaims(user: User) {
  return withoutUndefined({
    given_name: user.givenName,
    family_name: user.familyName,
    email: user.email,
    country: user.country,
    zoneinfo: user.timeZone,
    locale: user.locale,
  })
}

function withoutUndefined(claims: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(Object.entries(claims).filter((entry): entry is [string, string] => entry[1] !== undefined))
}
