import type { Outcome } from '../domain/decision.ts'
import type { DecisionModel, ModelNode } from '../domain/decision-model.ts'
import type { RuleExample } from '../domain/rule-set.ts'

/** What a shipped rule set must say of a payment: exactly these codes, adding up to this score. */
export interface ShippedExample extends RuleExample {
  readonly codes: readonly string[]
  readonly score: number
}

export interface ShippedRuleSet {
  readonly name: string
  readonly description: string
  readonly model: DecisionModel
  readonly examples: readonly ShippedExample[]
}

export interface Row {
  /** An expression of the ZEN language over the decision's input. */
  readonly when: string
  readonly code: string
  /** Words for people. */
  readonly message: string
  readonly outcome?: Outcome
  readonly points?: number
}

const text = (value: string): string => JSON.stringify(value)

/** A table whose every row that matches is a finding. */
export const findingsTable = (id: string, name: string, rows: readonly Row[]): ModelNode => ({
  id,
  name,
  type: 'decisionTableNode',
  position: { x: 600, y: 200 },
  content: {
    hitPolicy: 'collect',
    passThrough: true,
    inputField: null,
    outputPath: 'findings',
    executionMode: 'single',
    inputs: [{ id: 'when', name: 'When' }],
    outputs: [
      { id: 'code', name: 'Code', field: 'code' },
      { id: 'message', name: 'Message', field: 'message' },
      { id: 'outcome', name: 'Outcome', field: 'outcome' },
      { id: 'points', name: 'Points', field: 'points' },
    ],
    rules: rows.map(({ when, code, message, outcome = 'APPROVE', points = 0 }, index) => ({
      _id: `${id}-${index + 1}`,
      when,
      code: text(code),
      message: text(message),
      outcome: text(outcome),
      points: String(points),
    })),
  },
})

/** A table whose first row that matches gives the fields of `path`. */
export const lookupTable = (input: {
  id: string
  name: string
  path: string
  field: string
  rows: readonly { readonly match: string | null; readonly gives: Readonly<Record<string, number>> }[]
}): ModelNode => {
  const fields = Object.keys(input.rows[0]?.gives ?? {})
  return {
    id: input.id,
    name: input.name,
    type: 'decisionTableNode',
    position: { x: 300, y: 200 },
    content: {
      hitPolicy: 'first',
      passThrough: true,
      inputField: null,
      outputPath: input.path,
      executionMode: 'single',
      inputs: [{ id: 'match', name: input.field, field: input.field }],
      outputs: fields.map((field) => ({ id: field, name: field, field })),
      rules: input.rows.map(({ match, gives }, index) => ({
        _id: `${input.id}-${index + 1}`,
        match: match === null ? '' : text(match),
        ...Object.fromEntries(fields.map((field) => [field, String(gives[field])])),
      })),
    },
  }
}

/** The nodes one after the other, from the request to the response. */
export function chain(...nodes: readonly ModelNode[]): DecisionModel {
  const all: readonly ModelNode[] = [
    { id: 'request', name: 'Request', type: 'inputNode', position: { x: 0, y: 200 } },
    ...nodes,
    { id: 'response', name: 'Response', type: 'outputNode', position: { x: 900, y: 200 } },
  ]
  const edges = all.slice(1).map((node, index) => ({
    id: `edge-${index + 1}`,
    type: 'edge' as const,
    sourceId: all[index]?.id ?? '',
    targetId: node.id,
  }))
  return { contentType: 'application/vnd.gorules.decision', nodes: all, edges }
}
