import { invariant } from './errors.ts'

/** What a user's token says of the person; used only to make his profile at first sight. */
export interface IdentityClaims {
  readonly email?: string
  readonly givenName?: string
  readonly familyName?: string
  readonly country?: string
  readonly timeZone?: string
  readonly locale?: string
}

/**
 * Who asks. `subject` is the user's id (the token's subject, which is also his profile's id), null but for users.
 * `expiresAt` is the end of the caller's own token: streams end then.
 */
export interface Caller {
  readonly kind: 'user' | 'application' | 'service' | 'anonymous'
  readonly subject: string | null
  readonly clientId: string | null
  readonly username: string | null
  readonly scopes: ReadonlySet<string>
  readonly expiresAt: Date | null
  readonly claims: IdentityClaims | null
}

export const ANONYMOUS: Caller = {
  kind: 'anonymous',
  subject: null,
  clientId: null,
  username: null,
  scopes: new Set(),
  expiresAt: null,
  claims: null,
}

export const hasScope = (caller: Caller, scope: string): boolean => caller.scopes.has(scope)

/** Whose idempotency keys these are: a user's own, or an application's. */
export function idempotencyScope(caller: Caller): string {
  if (caller.subject !== null) return `user:${caller.subject}`
  invariant(caller.clientId !== null, 'idempotency keys need a caller')
  return `client:${caller.clientId}`
}
