import { accept, type Result, refuse } from '@corridor/platform'

/** A GoRules JSON Decision Model (docs.gorules.io, JSON Decision Model): nodes, and edges from one to the next. */
export interface DecisionModel {
  readonly contentType: 'application/vnd.gorules.decision'
  readonly nodes: readonly ModelNode[]
  readonly edges: readonly ModelEdge[]
}

export interface ModelNode {
  readonly id: string
  readonly name: string
  readonly type: string
  readonly position: { readonly x: number; readonly y: number }
  readonly content?: object
}

export interface ModelEdge {
  readonly id: string
  readonly type: 'edge'
  readonly sourceId: string
  readonly targetId: string
  /** The branch of a switch. */
  readonly sourceHandle?: string
}

const MAX_MODEL_BYTES = 262_144
const FIELD = 'input.model'

/** Nodes that compute an answer from their input, and do nothing else: no code, no network, no other model. */
const PURE_NODES = ['inputNode', 'outputNode', 'decisionTableNode', 'expressionNode', 'switchNode']

/** What would answer differently tomorrow; `$nodes` would reach beside the model, into others that run with it. */
const IMPURE = /\brand\s*\(|\b(d|date|time)\s*\(\s*(\)|\\?["']\s*now)|\$nodes\b/i

/**
 * Takes a model that a decision can be repeated with: one input, one output, pure nodes between, joined by edges of its own.
 * Whether its expressions are right only the engine can say.
 */
export function checkModel(model: Readonly<Record<string, unknown>>): Result<DecisionModel> {
  const no = (message: string) => refuse('BAD_USER_INPUT', `${FIELD}: ${message}`, FIELD)
  const text = JSON.stringify(model)
  if (Buffer.byteLength(text) > MAX_MODEL_BYTES) return no(`it is larger than ${MAX_MODEL_BYTES} bytes.`)
  const { nodes, edges } = model
  if (!Array.isArray(nodes) || !nodes.every(isNode)) return no('nodes must be a list of nodes with id, name and type.')
  if (!Array.isArray(edges) || !edges.every(isEdge))
    return no('edges must be a list of edges with sourceId and targetId.')
  const ids = new Set(nodes.map(({ id }) => id))
  if (ids.size < nodes.length) return no('two nodes have the same id.')
  const stray = edges.find(({ sourceId, targetId }) => !ids.has(sourceId) || !ids.has(targetId))
  if (stray) return no(`the edge ${stray.id} leads from or to no node of the model.`)
  const other = nodes.find(({ type }) => !PURE_NODES.includes(type))
  if (other) return no(`a node of type ${other.type} may not be used; there are ${PURE_NODES.join(', ')}.`)
  for (const type of ['inputNode', 'outputNode']) {
    if (nodes.filter((node) => node.type === type).length !== 1) return no(`it must have exactly one ${type}.`)
  }
  if (IMPURE.test(text)) return no('what depends on chance, on the time, or on $nodes cannot be decided again.')
  return accept({ contentType: 'application/vnd.gorules.decision', nodes, edges })
}

function isNode(value: unknown): value is ModelNode {
  const { id, name, type } = Object(value) as Partial<ModelNode> // Checked field by field.
  return typeof id === 'string' && typeof name === 'string' && typeof type === 'string'
}

function isEdge(value: unknown): value is ModelEdge {
  const { id, sourceId, targetId } = Object(value) as Partial<ModelEdge> // Checked field by field.
  return typeof id === 'string' && typeof sourceId === 'string' && typeof targetId === 'string'
}

/** Under which key a composed model answers for its part of that index. */
export const answerKey = (index: number): string => `answer${index}`

const REQUEST = 'request'
const RESPONSE = 'response'
const NOWHERE = { x: 0, y: 0 }

/**
 * One model that gives the same input to all parts and answers `{answer0: {findings, limits}, answer1: ...}`. Entering the
 * engine costs more than a table does: all rule sets in one call take a third of the time of a call for each.
 */
export function composeModels(parts: readonly DecisionModel[]): DecisionModel {
  const composed = parts.map(partOf)
  const end = (id: string, name: string, type: string): ModelNode => ({ id, name, type, position: NOWHERE })
  return {
    contentType: 'application/vnd.gorules.decision',
    nodes: [
      end(REQUEST, 'Request', 'inputNode'),
      ...composed.flatMap(({ nodes }) => nodes),
      end(RESPONSE, 'Response', 'outputNode'),
    ],
    edges: composed.flatMap(({ edges }) => edges),
  }
}

/** The nodes of a part under names of its own, between the common input and the common output. */
function partOf({ nodes, edges }: DecisionModel, index: number): { nodes: ModelNode[]; edges: ModelEdge[] } {
  const input = nodes.find(({ type }) => type === 'inputNode')?.id
  const own = (id: string): string => (id === input ? REQUEST : `${index}:${id}`)
  const outputs: ModelEdge[] = []
  const renamed = nodes.flatMap((node): ModelNode[] => {
    if (node.type === 'inputNode') return []
    if (node.type !== 'outputNode') return [{ ...node, id: own(node.id) }]
    outputs.push({ id: `${index}:response`, type: 'edge', sourceId: own(node.id), targetId: RESPONSE })
    return [{ ...node, id: own(node.id), type: 'expressionNode', content: answerOf(index) }]
  })
  const inner = edges.map((edge) => ({
    ...edge,
    id: `${index}:${edge.id}`,
    sourceId: own(edge.sourceId),
    targetId: own(edge.targetId),
  }))
  return { nodes: renamed, edges: [...inner, ...outputs] }
}

/** Takes from a model's output what is an answer, and leaves the input that it may have passed through. */
const answerOf = (index: number): object => ({
  passThrough: false,
  inputField: null,
  outputPath: null,
  executionMode: 'single',
  expressions: ['findings', 'limits'].map((field) => ({
    id: field,
    key: `${answerKey(index)}.${field}`,
    value: field,
  })),
})
