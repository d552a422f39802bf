import { evaluateExpressionSync, evaluateUnaryExpressionSync } from '@gorules/zen-engine'
import type { DecisionModel, ModelNode } from './domain/decision-model.ts'
import { type EngineError, engineError } from './rule-engine.ts'

/**
 * An expression of a model, with where it stands. A unary one is about its column's field, as `$`. One that is not asked of
 * every input, such as the answer of a row, or whose failure the engine itself reports, need only be readable.
 */
interface Expression {
  readonly at: string
  readonly text: string
  readonly field?: string | undefined
  readonly always: boolean
}

/** What a node was given, by the node's id; as the engine's trace has it. */
export type NodeInputs = Readonly<Record<string, { readonly input?: unknown } | undefined>>

interface TableContent {
  readonly inputs?: readonly { readonly id: string; readonly field?: string }[]
  readonly outputs?: readonly { readonly id: string }[]
  readonly rules?: readonly Readonly<Record<string, string>>[]
}
interface ExpressionContent {
  readonly expressions?: readonly { readonly key: string; readonly value: string }[]
}
interface SwitchContent {
  readonly statements?: readonly { readonly condition?: string }[]
}

/**
 * What is wrong with the expressions of a model, as sentences: what cannot be read, and what failed on one of the inputs that
 * its nodes were given. The engine takes a row of a table that fails for one that does not match, so that a misspelt field
 * would silence its rule.
 */
export function expressionProblems(model: DecisionModel, runs: readonly NodeInputs[]): string[] {
  return model.nodes.flatMap((node) => {
    const given = runs.flatMap((run) => contextOf(node, run[node.id]?.input))
    return expressionsOf(node).flatMap((expression) => {
      const asked = expression.always ? given : []
      const problem =
        unreadable(expression) ?? asked.map((context) => failure(expression, context)?.source).find(Boolean)
      return problem ? [`${node.name}, ${expression.at}, \`${expression.text}\`: ${problem}`] : []
    })
  })
}

/** Nodes that take a part of their input, or one item after the other, see something else than the trace has. */
function contextOf({ content }: ModelNode, input: unknown): object[] {
  const { inputField, executionMode } = Object(content) as { inputField?: string | null; executionMode?: string }
  return typeof input === 'object' && input !== null && !inputField && executionMode !== 'loop' ? [input] : []
}

function expressionsOf({ type, content }: ModelNode): Expression[] {
  if (type === 'decisionTableNode') return cellsOf(Object(content) as TableContent)
  if (type === 'expressionNode') {
    const { expressions = [] } = Object(content) as ExpressionContent
    return expressions.map(({ key, value }) => ({ at: key, text: value, always: false }))
  }
  if (type === 'switchNode') {
    const { statements = [] } = Object(content) as SwitchContent
    return statements.map(({ condition = '' }, index) => ({ at: `branch ${index + 1}`, text: condition, always: true }))
  }
  return []
}

const cellsOf = ({ inputs = [], outputs = [], rules = [] }: TableContent): Expression[] =>
  rules.flatMap((rule, index) => {
    const at = `row ${index + 1}`
    return [
      ...inputs.map(({ id, field }) => ({ at, text: rule[id] ?? '', field: field || undefined, always: true })),
      ...outputs.map(({ id }) => ({ at, text: rule[id] ?? '', always: false })),
    ]
  })

/** Why the engine cannot read it; what only fails on an empty input can be read. */
function unreadable(expression: Expression): string | undefined {
  const error = failure(expression, {})
  return error?.type === 'vmError' ? undefined : error?.source
}

function failure({ text, field }: Expression, context: object): EngineError | undefined {
  if (text.trim() === '') return undefined
  try {
    if (field === undefined) evaluateExpressionSync(text, context)
    else evaluateUnaryExpressionSync(text, { ...context, $: evaluateExpressionSync(field, context) })
    return undefined
  } catch (error) {
    return engineError(error)
  }
}
