import { isDeepStrictEqual } from 'node:util'
import { type Clock, inTransaction, type Pool, type SqlClient } from '@corridor/platform'
import { BLOCKED_ACCOUNTS, type RiskListContent, SANCTIONED_COUNTRIES, WATCHED_COUNTRIES } from '../domain/risk-list.ts'
import { COMPLIANCE } from '../shipped/compliance.ts'
import { FRAUD } from '../shipped/fraud.ts'
import { LIMITS } from '../shipped/limits.ts'
import type { ShippedRuleSet } from '../shipped/model.ts'
import { findRiskList, insertRiskList } from './risk-list-store.ts'
import { findRuleSet, insertRuleSet, lockChanges, recordChange } from './rule-set-store.ts'

const SHIPPED_BY = 'shipped'

export const SHIPPED_RULE_SETS: readonly ShippedRuleSet[] = [LIMITS, COMPLIANCE, FRAUD]

const SHIPPED_LISTS: Readonly<Record<string, RiskListContent>> = {
  [SANCTIONED_COUNTRIES]: { kind: 'COUNTRIES', values: ['IR', 'KP', 'SY'] },
  [WATCHED_COUNTRIES]: { kind: 'COUNTRIES', values: ['CN', 'RU', 'VE'] },
  [BLOCKED_ACCOUNTS]: { kind: 'ACCOUNTS', values: [] },
}

/**
 * Puts the shipped rules and lists into a database that lacks them. Where a name has versions already they stay as they are:
 * a shipped model that is not among them becomes a draft, for somebody to look at and activate.
 */
export async function shipRules({ pool, clock }: { pool: Pool; clock: Clock }): Promise<void> {
  const at = clock.now()
  await inTransaction(pool, async (client) => {
    await lockChanges(client)
    for (const set of SHIPPED_RULE_SETS) await shipRuleSet(client, set, at)
    for (const [name, content] of Object.entries(SHIPPED_LISTS)) {
      if (await findRiskList(client, name)) continue
      const { version } = await insertRiskList(client, { ...content, name, at, by: SHIPPED_BY })
      await recordChange(client, { subject: 'list', name, version, action: 'IMPORTED', actor: SHIPPED_BY, at })
    }
  })
}

async function shipRuleSet(
  client: SqlClient,
  { name, description, model, examples }: ShippedRuleSet,
  at: Date,
): Promise<void> {
  const { rows } = await client.query<{ model: object }>('select model from rule_sets where name = $1', [name])
  if (rows.some((row) => isDeepStrictEqual(row.model, JSON.parse(JSON.stringify(model))))) return
  const by = { subject: 'rule-set', actor: SHIPPED_BY, at } as const
  const status = (await findRuleSet(client, name, null)) ? 'DRAFT' : 'ACTIVE'
  const set = await insertRuleSet(client, {
    name,
    status,
    description,
    model: model as unknown as Readonly<Record<string, unknown>>, // A model is a JSON object.
    examples: examples.map(({ input, outcome }) => ({ input, outcome })),
    createdAt: at,
    createdBy: SHIPPED_BY,
  })
  await recordChange(client, { ...by, ...set, action: 'SAVED' })
  if (status === 'ACTIVE') await recordChange(client, { ...by, ...set, action: 'ACTIVATED' })
}
