import { accept, inTransactionOrRefuse, type Result, refuse, type SqlClient } from '@corridor/platform'
import type { RuleSet } from '../domain/rule-set.ts'
import { BOOK_CHANNEL, findRuleSet, lockChanges, recordChange, updateRuleSet } from './rule-set-store.ts'
import type { RuleChangeDeps } from './save-rule-set.ts'

/**
 * Has a version evaluated beside the active one from now on, in the place of an earlier shadow; without a version, ends the
 * shadow. Answers the version that was set, or the one that was ended.
 */
export async function shadowRuleSet(
  { pool, clock, wakeups }: Pick<RuleChangeDeps, 'pool' | 'clock' | 'wakeups'>,
  { name, version }: { name: string; version: number | null },
  actor: string,
): Promise<Result<RuleSet>> {
  const by = { actor, at: clock.now() }
  const result = await inTransactionOrRefuse(pool, async (client) => {
    await lockChanges(client)
    const before = await currentShadow(client, name)
    if (version === null) {
      return before ? accept(await end(client, before, by)) : refuse('NOT_FOUND', 'There is no shadow to end.', 'name')
    }
    const set = await findRuleSet(client, name, version)
    if (!set) return refuse('NOT_FOUND', undefined, 'version')
    if (set.status === 'ACTIVE') return refuse('CONFLICT', 'The active version cannot be its own shadow.', 'version')
    if (set.shadow) return accept(set)
    if (before) await end(client, before, by)
    const shadow = { ...set, shadow: true }
    await updateRuleSet(client, shadow)
    await recordChange(client, { subject: 'rule-set', ...shadow, ...by, action: 'SHADOWED' })
    return accept(shadow)
  })
  wakeups.wake(BOOK_CHANNEL)
  return result
}

async function currentShadow(client: SqlClient, name: string): Promise<RuleSet | null> {
  const { rows } = await client.query<{ version: number }>('select version from rule_sets where name = $1 and shadow', [
    name,
  ])
  return rows[0] ? await findRuleSet(client, name, rows[0].version) : null
}

async function end(client: SqlClient, set: RuleSet, by: { actor: string; at: Date }): Promise<RuleSet> {
  const ended = { ...set, shadow: false }
  await updateRuleSet(client, ended)
  await recordChange(client, { subject: 'rule-set', ...ended, ...by, action: 'UNSHADOWED' })
  return ended
}
