import { accept, type Result, refuse } from '@corridor/platform'
import type { Outcome } from './decision.ts'

export type RuleSetStatus = 'DRAFT' | 'ACTIVE' | 'RETIRED'

/** A version of a rule set. Its model and its examples never change once saved. */
export interface RuleSet {
  readonly name: string
  readonly version: number
  readonly status: RuleSetStatus
  /** Evaluated beside the active version, for its record alone. */
  readonly shadow: boolean
  /** Who asked for its activation, where that takes a second person. */
  readonly proposedBy: string | null
  readonly description: string | null
  readonly model: Readonly<Record<string, unknown>>
  readonly examples: readonly RuleExample[]
  readonly createdAt: Date
  readonly createdBy: string
}

/** What a payment may look like, and what the rule set must say of it. What is left out is that of an ordinary payment. */
export interface RuleExample {
  readonly input: Readonly<Record<string, unknown>>
  readonly outcome: Outcome
}

export type RuleChangeAction = 'SAVED' | 'PROPOSED' | 'ACTIVATED' | 'RETIRED' | 'SHADOWED' | 'UNSHADOWED' | 'IMPORTED'

const NAME = /^[a-z][a-z0-9-]{0,62}$/

export function checkRuleSetName(name: string, field: string): Result<string> {
  if (NAME.test(name)) return accept(name)
  return refuse('BAD_USER_INPUT', `${field} must be lower-case letters, digits and dashes, a letter first.`, field)
}

/**
 * What a call to activate a version does. Where two people are needed the first call proposes, and the second, by somebody
 * else, activates; whoever proposed may not do both. A retired version may be activated again: that is how one goes back.
 */
export function decideActivation(
  { status, proposedBy }: Pick<RuleSet, 'status' | 'proposedBy'>,
  { actor, twoPeople }: { readonly actor: string; readonly twoPeople: boolean },
): Result<'KEEP' | 'PROPOSE' | 'ACTIVATE'> {
  if (status === 'ACTIVE') return accept('KEEP')
  if (!twoPeople) return accept('ACTIVATE')
  if (proposedBy === null) return accept('PROPOSE')
  if (proposedBy === actor) return refuse('FORBIDDEN', 'Somebody else must activate what you proposed.')
  return accept('ACTIVATE')
}
