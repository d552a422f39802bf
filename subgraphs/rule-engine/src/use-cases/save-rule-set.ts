import { accept, type Clock, inTransaction, type Pool, type Result, refuse, type Wakeups } from '@corridor/platform'
import type { AmountBounds } from '../domain/amount-bounds.ts'
import { combine } from '../domain/decision.ts'
import { type DecisionInput, ORDINARY_PAYMENT } from '../domain/decision-input.ts'
import type { DecisionModel } from '../domain/decision-model.ts'
import { checkRuleSetName, type RuleExample, type RuleSet } from '../domain/rule-set.ts'
import { type CompiledRules, engineMessage, LIMITS_NAME, type RuleEngine, type VersionedModel } from '../rule-engine.ts'
import { expressionProblems, type NodeInputs } from '../rule-expressions.ts'
import { insertRuleSet, lockChanges, recordChange } from './rule-set-store.ts'

export interface SaveRuleSetRequest {
  readonly name: string
  readonly description: string | null
  readonly model: Readonly<Record<string, unknown>>
  readonly examples: readonly RuleExample[]
}

/** What every change of the rules needs. */
export interface RuleChangeDeps {
  readonly pool: Pool
  readonly engine: RuleEngine
  readonly clock: Clock
  readonly wakeups: Wakeups
  readonly bounds: AmountBounds
  /** Activation takes two people, as in production. */
  readonly twoPeople: boolean
}

const MAX_EXAMPLES = 200
const MAX_DESCRIPTION = 500
const LEVELS = ['NONE', 'BASIC', 'ENHANCED'] as const

/** Saves a new draft version, once its model has loaded and given what each of its examples says. */
export async function saveRuleSet(
  deps: RuleChangeDeps,
  request: SaveRuleSetRequest,
  actor: string,
): Promise<Result<RuleSet>> {
  const checked = await checkRuleSet(deps, request)
  if (!checked.ok) return checked
  const at = deps.clock.now()
  return await inTransaction(deps.pool, async (client) => {
    await lockChanges(client)
    const saved = await insertRuleSet(client, { ...request, status: 'DRAFT', createdAt: at, createdBy: actor })
    await recordChange(client, { subject: 'rule-set', ...saved, action: 'SAVED', actor, at })
    return accept(saved)
  })
}

/** Whether a rule set may be saved: its words, its model, its expressions, its examples, and what it grants if it is `limits`. */
export async function checkRuleSet(
  { engine, bounds }: Pick<RuleChangeDeps, 'engine' | 'bounds'>,
  { name, description, model, examples }: SaveRuleSetRequest,
): Promise<Result<null>> {
  const named = checkRuleSetName(name, 'input.name')
  if (!named.ok) return named
  if ((description?.length ?? 0) > MAX_DESCRIPTION) {
    return refuse('BAD_USER_INPUT', `input.description: at most ${MAX_DESCRIPTION} characters.`, 'input.description')
  }
  if (examples.length < 1 || examples.length > MAX_EXAMPLES) {
    return refuse('BAD_USER_INPUT', `input.examples: from 1 to ${MAX_EXAMPLES}.`, 'input.examples')
  }
  const set = { name, version: 0, model }
  const rules = engine.tryCompile(set)
  if (!rules.ok) return rules
  const inputs = examples.map(({ input }) => completed(input, bounds))
  const expressions = await checkExpressions(engine, set, inputs)
  if (!expressions.ok) return expressions
  for (const [index, input] of inputs.entries()) {
    const result = await checkExample(rules.value, { index, input, expected: examples[index]?.outcome })
    if (!result.ok) return result
  }
  return name === LIMITS_NAME ? await checkLimits(rules.value, bounds) : accept(null)
}

/** What an example leaves out is that of an ordinary payment. */
export function completed(example: Readonly<Record<string, unknown>>, bounds: AmountBounds): DecisionInput {
  return merge({ ...ORDINARY_PAYMENT, bounds }, example) as DecisionInput // Every field of it is there; its rules judge the rest.
}

function merge(base: object, over: object): object {
  const known: Readonly<Record<string, unknown>> = { ...base }
  const merged = Object.entries(over).map(([name, value]) => [
    name,
    isPlain(value) && isPlain(known[name]) ? merge(known[name], value) : value,
  ])
  return { ...base, ...Object.fromEntries(merged) }
}

const isPlain = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

async function checkExpressions(
  engine: RuleEngine,
  set: VersionedModel,
  inputs: readonly DecisionInput[],
): Promise<Result<null>> {
  const readable = noProblem(set, [])
  if (!readable.ok) return readable
  const runs: NodeInputs[] = []
  for (const input of inputs) {
    const traced = await attempt(() => engine.trace([set], input), 'input.model')
    if (!traced.ok) return traced
    runs.push((traced.value[set.name] ?? {}) as NodeInputs) // The engine's trace has every node by its id.
  }
  return noProblem(set, runs)
}

function noProblem({ model }: VersionedModel, runs: readonly NodeInputs[]): Result<null> {
  const [problem] = expressionProblems(model as unknown as DecisionModel, runs) // `tryCompile` has checked it.
  return problem === undefined ? accept(null) : refuse('BAD_USER_INPUT', `input.model: ${problem}`, 'input.model')
}

async function checkExample(
  rules: CompiledRules,
  { index, input, expected }: { index: number; input: DecisionInput; expected: RuleExample['outcome'] | undefined },
): Promise<Result<null>> {
  const field = `input.examples.${index}`
  const answers = await attempt(() => rules.evaluate(input), field)
  if (!answers.ok) return answers
  const { outcome, riskScore, reasons } = combine(answers.value.flatMap((answer) => answer.reasons))
  if (outcome === expected) return accept(null)
  const because = reasons.map(({ code }) => code).join(', ') || 'no reason'
  const message = `${field} gives ${outcome} (score ${riskScore}, ${because}), not ${expected}.`
  return refuse('BAD_USER_INPUT', message, field)
}

/** What `limits` grants must be limits at every level, within the bounds of the platform: no payment is decided without them. */
async function checkLimits(rules: CompiledRules, bounds: AmountBounds): Promise<Result<null>> {
  for (const kycLevel of LEVELS) {
    const input = completed({ customer: { kycLevel } }, bounds)
    const answers = await attempt(() => rules.evaluate(input), 'input.model')
    if (!answers.ok) return answers
    const limits = answers.value[0]?.limits
    const { minUsdMinor: min, maxUsdMinor: max } = bounds
    if (!limits || limits.transaction < min || limits.transaction > max) {
      const message = `input.model: at level ${kycLevel} it must grant a limit per payment from ${min} to ${max} US cents.`
      return refuse('BAD_USER_INPUT', message, 'input.model')
    }
  }
  return accept(null)
}

/** A model that fails, or answers what is no answer, is its author's fault: here that is a refusal. */
async function attempt<T>(run: () => Promise<T>, field: string): Promise<Result<T>> {
  try {
    return accept(await run())
  } catch (error) {
    return refuse('BAD_USER_INPUT', `${field}: ${engineMessage(error)}`, field)
  }
}
