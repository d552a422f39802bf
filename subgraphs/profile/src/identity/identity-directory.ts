import type { Result } from '@corridor/platform'

/** What of a user lies in the identity server and in the profile alike; null is not there. */
export interface IdentityDetails {
  readonly username: string
  readonly email: string | null
  readonly givenName: string | null
  readonly familyName: string | null
  readonly phone: string | null
  /** ISO 3166-1 alpha-2. */
  readonly country: string | null
  readonly timeZone: string | null
  readonly locale: string | null
}

export interface IdentityUser extends IdentityDetails {
  /** The subject of his tokens. */
  readonly id: string
  readonly lastModified: string
}

export interface NewIdentityUser extends IdentityDetails {
  readonly password: string
  /** Chosen by the caller: by it a user is found whose creation was not answered. */
  readonly externalId: string
}

/**
 * Where users live. Every method throws a retryable `Fault` when it is away; passwords and names are in no message.
 */
export interface IdentityDirectory {
  /** The new user's id. `CONFLICT` for a name that is taken, `BAD_USER_INPUT` for what the server does not take. */
  create(user: NewIdentityUser): Promise<Result<string>>
  /** Brings a user to these details; false when there is no such user. */
  update(id: string, details: IdentityDetails): Promise<boolean>
  /** `BAD_USER_INPUT` for a password that the server's own policy does not take, `NOT_FOUND` without such a user. */
  setPassword(id: string, password: string): Promise<Result<true>>
  /** Whether the user would be let in with this password. */
  hasPassword(username: string, password: string): Promise<boolean>
  /** Removes a user; one who is not there is removed already. */
  remove(id: string): Promise<void>
  find(id: string): Promise<IdentityUser | null>
  findByExternalId(externalId: string): Promise<IdentityUser | null>
  /** Users who were changed at this instant or later (all without one), a page at a time. */
  changedSince(lastModified: string | null): AsyncIterable<readonly IdentityUser[]>
}

/** A user of whom something has changed in the identity server; without `user` he is to be looked up. */
export interface IdentityChange {
  readonly userId: string
  readonly user?: IdentityUser
}

/**
 * Where changes of users come from: asked for by polling (Identity Server 7.1), or told by its webhooks (from 7.2). Both
 * end in the same call, which may be repeated and may come in any order.
 */
export type FollowChanges = (changes: readonly IdentityChange[]) => Promise<void>
