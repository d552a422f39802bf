import { type Caller, RefusalError, refuse } from '@corridor/platform'

/** What a resolver knows of the request: the caller on whose behalf, and the router or service that calls. */
export interface SubgraphContext {
  readonly caller: Caller
  readonly issuer: string
}

/** The user's id. Fields of customers demand a user: an application's own token opens none of them. */
export function subjectOf(caller: Caller): string {
  if (caller.kind === 'user' && caller.subject !== null) return caller.subject
  throw new RefusalError(refuse('UNAUTHORIZED_FIELD_OR_TYPE', 'This field needs the token of a user.'))
}
