import { accept, inTransaction, type Result, refuse, type SqlClient } from '@corridor/platform'
import { type Comparison, OutcomeComparison } from '../domain/comparison.ts'
import { combine, type Outcome, type Reason } from '../domain/decision.ts'
import type { DecisionInput } from '../domain/decision-input.ts'
import { type CompiledRules, engineMessage } from '../rule-engine.ts'
import { findRuleSet } from './rule-set-store.ts'
import type { RuleChangeDeps } from './save-rule-set.ts'

export interface BacktestRequest {
  readonly name: string
  readonly version: number
  /** From this instant on, up to but without the other. */
  readonly from: Date
  readonly to: Date
}

/** More payments than this are not decided again in one call. */
const MAX_BACKTEST = 50_000
const PAGE = 1_000

interface Past {
  readonly outcome: Outcome
  readonly reasons: readonly Reason[]
  readonly inputs: DecisionInput
}

/**
 * What a version would have decided on the payments of a period, in the place of the version of its name that did; all else
 * as it was, what customers had used included. Reads one snapshot and changes nothing.
 */
export async function backtestRuleSet(
  { pool, engine }: Pick<RuleChangeDeps, 'pool' | 'engine'>,
  { name, version, from, to }: BacktestRequest,
): Promise<Result<Comparison>> {
  if (from >= to) return refuse('BAD_USER_INPUT', 'from must be before to.', 'from')
  const set = await findRuleSet(pool, name, version)
  if (!set) return refuse('NOT_FOUND', undefined, 'version')
  const rules = engine.compile([set])
  return await inTransaction(
    pool,
    async (client) => {
      if ((await countPast(client, from, to)) > MAX_BACKTEST) {
        return refuse('BATCH_TOO_LARGE', `There are more than ${MAX_BACKTEST} payments: choose a shorter period.`, 'to')
      }
      const comparison = new OutcomeComparison()
      for await (const page of pastDecisions(client, from, to)) {
        const afterwards = await decideAgain(page, { name, rules })
        if (!afterwards.ok) return afterwards
        for (const [index, { outcome: before, inputs }] of page.entries()) {
          const after = afterwards.value[index] ?? before
          comparison.add({ before, after, count: 1, usdMinor: BigInt(inputs.amountUsdMinor) })
        }
      }
      return accept(comparison.result())
    },
    { isolation: 'repeatable read', readOnly: true },
  )
}

async function countPast(client: SqlClient, from: Date, to: Date): Promise<number> {
  const { rows } = await client.query<{ count: number }>(
    `select count(*)::integer as count
     from (select 1 from decisions where not prepared and decided_at >= $1 and decided_at < $2 limit $3) d`,
    [from, to, MAX_BACKTEST + 1],
  )
  return rows[0]?.count ?? 0
}

async function* pastDecisions(client: SqlClient, from: Date, to: Date): AsyncGenerator<readonly Past[]> {
  await client.query(
    `declare past no scroll cursor for
     select outcome, reasons, inputs from decisions where not prepared and decided_at >= $1 and decided_at < $2`,
    [from, to],
  )
  for (;;) {
    const { rows } = await client.query<Past>(`fetch ${PAGE} from past`)
    if (rows.length === 0) return
    yield rows
  }
}

/** The outcomes with this version's reasons in the place of those of its name. */
async function decideAgain(
  page: readonly Past[],
  { name, rules }: { name: string; rules: CompiledRules },
): Promise<Result<readonly Outcome[]>> {
  try {
    const outcomes = page.map(async ({ reasons, inputs }) => {
      const others = reasons.filter(({ ruleSetName }) => ruleSetName !== name)
      const own = (await rules.evaluate(inputs)).flatMap((answer) => answer.reasons)
      return combine([...others, ...own]).outcome
    })
    return accept(await Promise.all(outcomes))
  } catch (error) {
    return refuse('CONFLICT', `This version fails on a payment of the period: ${engineMessage(error)}`, 'version')
  }
}

/** What a shadow decided since it began, against what was decided. Payments on which it failed are left out. */
export async function shadowComparison(
  client: SqlClient,
  { name, version }: { name: string; version: number },
): Promise<Comparison> {
  const { rows } = await client.query<{ before: Outcome; after: Outcome; count: number; usdMinor: bigint }>(
    `select d.outcome as before, s.outcome as after, count(*)::integer as count,
            sum((d.inputs->>'amountUsdMinor')::bigint)::bigint as "usdMinor"
     from shadow_decisions s join decisions d on d.id = s.decision_id
     where s.rule_set_name = $1 and s.rule_set_version = $2 and s.outcome is not null group by 1, 2`,
    [name, version],
  )
  const comparison = new OutcomeComparison()
  for (const row of rows) comparison.add(row)
  return comparison.result()
}
