import { type Caller, hasScope } from '@corridor/platform'
import { type SubgraphContext, subjectOf } from '@corridor/subgraph'
import type { IdentifiedUser } from '../use-cases/new-profile.ts'

/** Who the caller's token says that he is; refused for whoever is no user. */
export const userOf = (caller: Caller): IdentifiedUser => ({
  subject: subjectOf(caller),
  username: caller.username,
  claims: caller.claims,
})

/** Whether what is this person's may be seen by the caller: it is his own, or he administers profiles. */
export const maySee = (caller: Caller, ownerId: string): boolean =>
  (caller.kind === 'user' && caller.subject === ownerId) || hasScope(caller, 'profile:admin')

/** Who acts, for the audit log: a user, an application, or a service on nobody's behalf. */
export const actorOf = ({ caller, issuer }: SubgraphContext): string => caller.subject ?? caller.clientId ?? issuer
