import type { Caller } from '@corridor/platform'
import { subjectOf } from '@corridor/subgraph'
import type { IdentifiedUser } from '../use-cases/profile-use-cases.ts'

/** Who the caller's token says that he is; refused for whoever is no user. */
export const userOf = (caller: Caller): IdentifiedUser => ({
  subject: subjectOf(caller),
  username: caller.username,
  claims: caller.claims,
})
