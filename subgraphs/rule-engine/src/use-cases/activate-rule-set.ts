import { accept, inTransactionOrRefuse, type Result, refuse, type SqlClient } from '@corridor/platform'
import { decideActivation, type RuleSet } from '../domain/rule-set.ts'
import { BOOK_CHANNEL, findRuleSet, lockChanges, recordChange, updateRuleSet } from './rule-set-store.ts'
import type { RuleChangeDeps } from './save-rule-set.ts'

/**
 * Puts a version into force in the place of the one that is, in one transaction; every instance follows within a second.
 * Where two people are needed the first call only proposes. Proposals of other versions of the name end with it: they
 * were made against rules that are no longer in force.
 */
export async function activateRuleSet(
  { pool, clock, wakeups, twoPeople }: Pick<RuleChangeDeps, 'pool' | 'clock' | 'wakeups' | 'twoPeople'>,
  { name, version }: { name: string; version: number },
  actor: string,
): Promise<Result<RuleSet>> {
  const change = { actor, at: clock.now() }
  const result = await inTransactionOrRefuse(pool, async (client) => {
    await lockChanges(client)
    const set = await findRuleSet(client, name, version)
    if (!set) return refuse('NOT_FOUND', undefined, 'version')
    const step = decideActivation(set, { actor, twoPeople })
    if (!step.ok) return step
    if (step.value === 'KEEP') return accept(set)
    return accept(step.value === 'PROPOSE' ? await propose(client, set, change) : await activate(client, set, change))
  })
  wakeups.wake(BOOK_CHANNEL)
  return result
}

interface By {
  readonly actor: string
  readonly at: Date
}

async function propose(client: SqlClient, set: RuleSet, by: By): Promise<RuleSet> {
  const proposed = { ...set, proposedBy: by.actor }
  await updateRuleSet(client, proposed)
  await recordChange(client, { subject: 'rule-set', ...proposed, ...by, action: 'PROPOSED' })
  return proposed
}

async function activate(client: SqlClient, set: RuleSet, by: By): Promise<RuleSet> {
  const before = await findRuleSet(client, set.name, null)
  if (before) {
    await updateRuleSet(client, { ...before, status: 'RETIRED' })
    await recordChange(client, { subject: 'rule-set', ...before, ...by, action: 'RETIRED' })
  }
  await client.query('update rule_sets set proposed_by = null where name = $1 and proposed_by is not null', [set.name])
  const active: RuleSet = { ...set, status: 'ACTIVE', shadow: false, proposedBy: null }
  await updateRuleSet(client, active)
  await recordChange(client, { subject: 'rule-set', ...active, ...by, action: 'ACTIVATED' })
  return active
}
