/** A decision table of a GoRules JSON Decision Model, as rows of text. */
export interface ModelTable {
  readonly id: string
  readonly name: string
  /** All rows that match, or the first alone. */
  readonly takes: 'every row that matches' | 'the first row that matches'
  readonly columns: readonly { readonly id: string; readonly name: string; readonly isInput: boolean }[]
  readonly rows: readonly { readonly id: string; readonly cells: Readonly<Record<string, string>> }[]
}

/** The expressions of a model, each with the field that it computes. */
export interface ModelExpressions {
  readonly id: string
  readonly name: string
  readonly expressions: readonly { readonly key: string; readonly value: string }[]
}

type Json = Readonly<Record<string, unknown>>

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)
const objects = (value: unknown): readonly Json[] => (Array.isArray(value) ? value.filter(isObject) : [])
const text = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value ?? ''))

const nodesOf = (model: Json, type: string): readonly { node: Json; content: Json }[] =>
  objects(model.nodes)
    .filter((node) => node.type === type)
    .map((node) => ({ node, content: isObject(node.content) ? node.content : {} }))

export function tablesOf(model: Json): readonly ModelTable[] {
  return nodesOf(model, 'decisionTableNode').map(({ node, content }) => ({
    id: text(node.id),
    name: text(node.name),
    takes: content.hitPolicy === 'first' ? 'the first row that matches' : 'every row that matches',
    columns: [
      ...objects(content.inputs).map(({ id, name }) => ({ id: text(id), name: text(name), isInput: true })),
      ...objects(content.outputs).map(({ id, name }) => ({ id: text(id), name: text(name), isInput: false })),
    ],
    rows: objects(content.rules).map(({ _id, ...cells }, index) => ({
      id: typeof _id === 'string' ? _id : String(index),
      cells: Object.fromEntries(Object.entries(cells).map(([column, cell]) => [column, readable(text(cell))])),
    })),
  }))
}

export function expressionsOf(model: Json): readonly ModelExpressions[] {
  return nodesOf(model, 'expressionNode').map(({ node, content }) => ({
    id: text(node.id),
    name: text(node.name),
    expressions: objects(content.expressions).map(({ key, value }) => ({ key: text(key), value: text(value) })),
  }))
}

/** A text in quotation marks as the text itself; an empty condition as what it means. */
function readable(cell: string): string {
  if (cell.trim() === '') return 'any'
  return /^"[^"\\]*"$/.test(cell) ? cell.slice(1, -1) : cell
}
