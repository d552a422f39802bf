import { accept, invariant, orThrow, type Result, refuse } from '@corridor/platform'
import { type ZenDecision, ZenDecisionContent, ZenEngine } from '@gorules/zen-engine'
import { outOfBounds } from './domain/amount-bounds.ts'
import { type Finding, OUTCOMES, type Reason } from './domain/decision.ts'
import type { DecisionInput } from './domain/decision-input.ts'
import { answerKey, checkModel, composeModels } from './domain/decision-model.ts'
import type { GrantedLimits } from './domain/limit-use.ts'
import type { RuleSet } from './domain/rule-set.ts'

/** The rule set that every decision needs, since it alone grants limits. */
export const LIMITS_NAME = 'limits'

export type VersionedModel = Pick<RuleSet, 'name' | 'version' | 'model'>

/** What one version of a rule set says of a payment. */
export interface RuleSetAnswer {
  readonly name: string
  readonly version: number
  readonly reasons: readonly Reason[]
  readonly limits: GrantedLimits | null
}

/** Rule sets ready to be asked, all in one call. */
export interface CompiledRules {
  /** In the order of the rule sets. Throws where a model fails, or answers what is no answer. */
  evaluate(input: DecisionInput): Promise<readonly RuleSetAnswer[]>
}

/** GoRules ZEN, asked with models that only compute. */
export class RuleEngine {
  private readonly zen = new ZenEngine()

  /** Throws where a model does not load. */
  compile(sets: readonly VersionedModel[]): CompiledRules {
    const models = sets.map(({ model }) => orThrow(checkModel(model)))
    const decision = this.zen.createDecision(new ZenDecisionContent(composeModels(models)))
    return { evaluate: (input) => evaluate(decision, sets, input) }
  }

  /** As `compile`, for a model that somebody has just written: what is wrong with it is a refusal. */
  tryCompile(set: VersionedModel): Result<CompiledRules> {
    const model = checkModel(set.model)
    if (!model.ok) return model
    try {
      this.zen.createDecision(new ZenDecisionContent(model.value)).validate()
      return accept(this.compile([set]))
    } catch (error) {
      return refuse('BAD_USER_INPUT', `input.model does not load: ${engineMessage(error)}`, 'input.model')
    }
  }

  /** Every node that the engine passes through, by rule set. */
  async trace(sets: readonly VersionedModel[], input: DecisionInput): Promise<Record<string, unknown>> {
    const traced = sets.map(async ({ name, model }) => {
      const { trace } = await this.zen.createDecision(model).evaluate(input, { trace: true })
      return [name, trace] as const
    })
    return Object.fromEntries(await Promise.all(traced))
  }

  close(): void {
    this.zen.dispose()
  }
}

async function evaluate(
  decision: ZenDecision,
  sets: readonly VersionedModel[],
  input: DecisionInput,
): Promise<RuleSetAnswer[]> {
  const { result } = await decision.evaluate(input)
  return sets.map(({ name, version }, index) => {
    const { findings, limits } = answerFrom((result as Record<string, unknown>)[answerKey(index)], name) // By `composeModels`.
    const reasons = findings.map((finding) => ({ ...finding, ruleSetName: name, ruleSetVersion: version }))
    return { name, version, reasons, limits }
  })
}

/** All that is said of a payment: by the platform, which no rule set can silence, then by each rule set. */
export const reasonsOf = (input: DecisionInput, answers: readonly RuleSetAnswer[]): Reason[] => [
  ...outOfBounds(input),
  ...answers.flatMap(({ reasons }) => reasons),
]

/** What the rule set `limits` grants. */
export function grantedBy(answers: readonly RuleSetAnswer[]): GrantedLimits {
  const limits = answers.find(({ name }) => name === LIMITS_NAME)?.limits
  invariant(limits, 'the active rule set "limits" grants limits')
  return limits
}

/** What a model answered, checked: a model is data, and may have been written by anybody with `rules:write`. */
function answerFrom(answer: unknown, name: string): { findings: readonly Finding[]; limits: GrantedLimits | null } {
  const { findings, limits } = Object(answer) as { findings?: unknown; limits?: GrantedLimits | null } // Checked below.
  const found = findings ?? []
  invariant(Array.isArray(found) && found.every(isFinding), `the rule set ${name} answers findings`)
  const numbers = !limits || [limits.transaction, limits.day, limits.month].every((limit) => isAmount(limit))
  invariant(numbers, `the rule set ${name} answers whole cents as limits`)
  return {
    findings: found.map(({ code, message, outcome, points }) => ({ code, message, outcome, points })),
    limits: limits ?? null,
  }
}

const isAmount = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) >= 0

function isFinding(value: unknown): value is Finding {
  const { code, message, outcome, points } = Object(value) as Partial<Finding> // Checked field by field.
  return (
    typeof code === 'string' &&
    typeof message === 'string' &&
    (OUTCOMES as readonly unknown[]).includes(outcome) &&
    Number.isFinite(points)
  )
}

/** What the engine says went wrong, as it says it: an object in JSON, then the addresses of its machine code. */
export interface EngineError {
  /** lexerError, parserError, compilerError: it cannot be read. vmError: it failed. NodeError: a node did. */
  readonly type?: string
  readonly source?: string
}

export function engineError(error: unknown): EngineError {
  const [line = ''] = (error instanceof Error ? error.message : String(error)).split('\n', 1)
  try {
    return Object(JSON.parse(line)) as EngineError // Both fields are looked at only to be shown or compared.
  } catch {
    return { source: line } // Some of its errors are plain words.
  }
}

/** The cause alone: the engine adds all that its nodes were given, which is nobody's to read in a message. */
export const engineMessage = (error: unknown): string => engineError(error).source ?? 'the engine failed'
