import {
  type FieldNode,
  type GraphQLCompositeType,
  type GraphQLEnumType,
  type GraphQLLeafType,
  type GraphQLOutputType,
  type GraphQLScalarType,
  type GraphQLSchema,
  getNullableType,
  isCompositeType,
  isEnumType,
  isInterfaceType,
  isListType,
  isNonNullType,
  isObjectType,
  isScalarType,
  isSpecifiedScalarType,
  type OperationDefinitionNode,
} from 'graphql'
import { type Condition, type Conditional, collectFields, type Fragments, type Selections } from './collect-fields.ts'
import { isInherited, isObject, isPlain, type JsonObject, quoted } from './json.ts'
import type { ResponsePath, SharedObjects } from './places.ts'

/** What may be wrong with an answer without any subgraph having said so. */
export type Incident =
  | { readonly kind: 'removed'; readonly path: ResponsePath }
  | { readonly kind: 'invalid'; readonly path: ResponsePath; readonly message: string }

export interface Written {
  /** The answer's `data`, as JSON. */
  readonly text: string
  readonly incidents: readonly Incident[]
}

/** Writes the answer of one execution from what the subgraphs gave. */
export type ResponseWriter = (
  data: JsonObject,
  input: {
    /** The operation's variables with their defaults. */
    readonly variables: JsonObject
    /** The value of an introspection field. */
    readonly introspect: (field: FieldNode) => unknown
    readonly shared: SharedObjects
    /** Whether no string of the data needs an escape. */
    readonly isPlain: boolean
  },
) => Written

interface Writing {
  readonly variables: JsonObject
  readonly introspect: (field: FieldNode) => unknown
  readonly shared: SharedObjects
  readonly isPlain: boolean
  /** Followed only once something is known to be wrong: on the usual way nobody asks for it. */
  readonly path: (string | number)[] | null
  readonly incidents: Incident[]
  hasIncident: boolean
}

/** Text; `FAILED`: a null whose cause was noted; null: a null that may not stand here and takes its holder along. */
type Write = (value: unknown, writing: Writing) => string | null

/** What an object's text ends with: nothing yet, a value, or a string without the quote that ends it. */
const NOTHING = 0
const VALUE = 1
const TEXT = 2
type Heads = readonly [string, string, string]
const ENDS: Heads = ['{}', '}', '"}']

interface FieldShape {
  readonly name: string
  /** What stands before its value, by what stands before that. */
  readonly heads: Heads
  /** The same with the quote that begins a string. */
  readonly textHeads: Heads
  readonly write: Write
  /** Whether any string is a value of it, to be written as it is. */
  readonly takesText: boolean
  /** An inherited name must be looked for among the object's own. */
  readonly isInherited: boolean
  /** Any of these lists must hold; null: nothing to ask. */
  readonly conditions: readonly (readonly Condition[])[] | null
}

interface Compilation {
  readonly schema: GraphQLSchema
  readonly fragments: Fragments
  readonly removed: ReadonlySet<FieldNode>
}

const NULL = 'null'
const FAILED = ''

/**
 * Compiles the shape of an operation's answer. The writer goes through the data once and writes JSON, with nulls
 * where the schema's types or a removed field demand them; only after something was wrong does it go a second time, to
 * say where. `removed` are fields that were not asked for.
 */
export function compileWriter(input: {
  schema: GraphQLSchema
  operation: OperationDefinitionNode
  fragments: Fragments
  removed: ReadonlySet<FieldNode>
}): ResponseWriter {
  const { schema, operation, fragments, removed } = input
  const root = schema.getRootType(operation.operation)
  if (!root) return () => ({ text: NULL, incidents: [] })
  const selections = [{ node: operation.selectionSet, conditions: [] }]
  const write = compileObject({ schema, fragments, removed }, root, selections, 'the operation')
  return (data, given) => {
    const first: Writing = { ...given, path: null, incidents: [], hasIncident: false }
    const text = write(data, first) || NULL
    if (!first.hasIncident) return { text, incidents: [] }
    const second: Writing = { ...first, path: [] }
    write(data, second)
    return { text, incidents: second.incidents }
  }
}

function compileType(compilation: Compilation, type: GraphQLOutputType, selections: Selections, what: string): Write {
  if (isNonNullType(type)) return nonNull(compileType(compilation, type.ofType, selections, what), what)
  if (isListType(type)) return list(compileType(compilation, type.ofType, selections, `an item of ${what}`), what)
  return isCompositeType(type) ? compileObject(compilation, type, selections, what) : leaf(type, what)
}

function nonNull(write: Write, what: string): Write {
  const message = `Cannot return null for non-nullable ${what}.`
  return (value, writing) => {
    const text = write(value, writing)
    if (text === FAILED) return null
    if (text !== NULL) return text
    noteInvalid(writing, message)
    return null
  }
}

function list(write: Write, what: string): Write {
  return (value, writing) => {
    if (value === null || value === undefined) return NULL
    if (!Array.isArray(value)) return invalid(writing, what)
    const { path } = writing
    let text = '['
    let isWhole = true
    for (let index = 0; index < value.length; index += 1) {
      path?.push(index)
      const item = write(value[index], writing)
      path?.pop()
      if (item === null) isWhole = false
      else text += index === 0 ? item || NULL : `,${item || NULL}`
    }
    return isWhole ? `${text}]` : FAILED
  }
}

function leaf(type: GraphQLLeafType, what: string): Write {
  if (isEnumType(type)) return enumLeaf(type, what)
  const isValid = validity(type)
  return (value, writing) => {
    if (value === null || value === undefined) return NULL
    if (!isValid(value)) return invalid(writing, what)
    if (typeof value === 'string') return quoted(value)
    return typeof value === 'object' ? JSON.stringify(value) : String(value)
  }
}

function enumLeaf(type: GraphQLEnumType, what: string): Write {
  const texts = new Map<unknown, string>(type.getValues().map(({ name }) => [name, JSON.stringify(name)]))
  return (value, writing) =>
    value === null || value === undefined ? NULL : (texts.get(value) ?? invalid(writing, what))
}

/** Whether every string is a value of the type. */
const takesText = (type: GraphQLOutputType): boolean =>
  isScalarType(type) && (!isSpecifiedScalarType(type) || type.name === 'String' || type.name === 'ID')

/** Whether a value is of a type as the client knows it; what an own scalar looks like is its subgraph's affair. */
function validity(type: GraphQLScalarType): (value: unknown) => boolean {
  if (!isSpecifiedScalarType(type)) return () => true
  switch (type.name) {
    case 'Boolean':
      return (value) => typeof value === 'boolean'
    case 'Int':
      return (value) => Number.isInteger(value)
    case 'Float':
      return (value) => typeof value === 'number'
    case 'ID':
      return (value) => typeof value === 'string' || Number.isInteger(value)
    default:
      return (value) => typeof value === 'string'
  }
}

function compileObject(
  compilation: Compilation,
  type: GraphQLCompositeType,
  selections: Selections,
  what: string,
): Write {
  const shapes = new Map<string, readonly FieldShape[]>()
  const shapeOf = (name: string): readonly FieldShape[] | null => {
    const known = shapes.get(name)
    if (known) return known
    const found = compilation.schema.getType(name)
    if (!isCompositeType(found)) return null
    const shape = compileShape(compilation, found, selections)
    shapes.set(name, shape)
    return shape
  }
  const writeObject = (value: JsonObject, writing: Writing): string | null => {
    const { __typename: typename } = value
    const shape = shapeOf(typeof typename === 'string' ? typename : type.name)
    return shape ? writeFields(value, shape, writing) : invalid(writing, what)
  }
  return (value, writing) => {
    if (value === null || value === undefined) return NULL
    if (!isObject(value)) return invalid(writing, what)
    const texts = writing.path === null ? writing.shared.get(value) : undefined
    if (!texts) return writeObject(value, writing)
    // `shapes` is this position's own, and so names it.
    const text = texts.get(shapes) ?? writeObject(value, writing)
    if (text) texts.set(shapes, text)
    return text
  }
}

function writeFields(value: JsonObject, shape: readonly FieldShape[], writing: Writing): string | null {
  const { path } = writing
  let text = ''
  let before: typeof NOTHING | typeof VALUE | typeof TEXT = NOTHING
  for (let index = 0; index < shape.length; index += 1) {
    const field = shape[index] as FieldShape // Within its bounds.
    if (field.conditions !== null && !holds(field.conditions, writing.variables)) continue
    const { name } = field
    const known = field.isInherited && !Object.hasOwn(value, name) ? undefined : value[name]
    if (field.takesText && typeof known === 'string' && (writing.isPlain || isPlain(known))) {
      // Most of an answer: three quotes and commas less to put together for each.
      text += field.textHeads[before] + known
      before = TEXT
      continue
    }
    path?.push(name)
    const written = field.write(known, writing)
    path?.pop()
    if (written === null) return FAILED
    text += field.heads[before] + (written || NULL)
    before = VALUE
  }
  return text + ENDS[before]
}

const holds = (conditions: readonly (readonly Condition[])[], variables: JsonObject): boolean =>
  conditions.some((all) =>
    all.every(({ of, wanted }) => (typeof of === 'boolean' ? of : variables[of] === true) === wanted),
  )

function compileShape(
  compilation: Compilation,
  type: GraphQLCompositeType,
  selections: Selections,
): readonly FieldShape[] {
  const { schema, fragments } = compilation
  return [...collectFields({ schema, fragments, type, selections })].map(([name, found]) => ({
    name,
    heads: headsOf(`${JSON.stringify(name)}:`),
    textHeads: headsOf(`${JSON.stringify(name)}:"`),
    ...compileField(compilation, type, found),
    isInherited: isInherited(name),
    conditions: found.some(({ conditions }) => conditions.length === 0)
      ? null
      : found.map(({ conditions }) => conditions),
  }))
}

const headsOf = (head: string): Heads => [`{${head}`, `,${head}`, `",${head}`]

function compileField(
  compilation: Compilation,
  parent: GraphQLCompositeType,
  found: readonly Conditional<FieldNode>[],
): Pick<FieldShape, 'write' | 'takesText'> {
  const never = (write: Write) => ({ write, takesText: false })
  const [first] = found
  const name = first?.node.name.value ?? ''
  if (name === '__typename') return never(typename(parent))
  if (first && name.startsWith('__')) return never((_, { introspect }) => JSON.stringify(introspect(first.node)))
  const field = isObjectType(parent) || isInterfaceType(parent) ? parent.getFields()[name] : undefined
  if (!field) return never(() => NULL)
  const kept = found.filter(({ node }) => !compilation.removed.has(node))
  if (kept.length === 0) return never(removedField(isNonNullType(field.type)))
  const selections = kept.flatMap(({ node: { selectionSet }, conditions }) =>
    selectionSet ? [{ node: selectionSet, conditions }] : [],
  )
  const write = compileType(compilation, field.type, selections, `field ${parent.name}.${name}`)
  return { write, takesText: takesText(getNullableType(field.type)) }
}

/** An object whose own type is not known to the client has no name to give, and is not shown. */
function typename(type: GraphQLCompositeType): Write {
  const text = isObjectType(type) ? JSON.stringify(type.name) : null
  return () => text
}

function removedField(isNonNull: boolean): Write {
  return (_, writing) => {
    writing.hasIncident = true
    if (writing.path) writing.incidents.push({ kind: 'removed', path: [...writing.path] })
    return isNonNull ? null : FAILED
  }
}

function invalid(writing: Writing, what: string): string {
  noteInvalid(writing, `Invalid value found for ${what}.`)
  return FAILED
}

function noteInvalid(writing: Writing, message: string): void {
  writing.hasIncident = true
  if (writing.path) writing.incidents.push({ kind: 'invalid', path: [...writing.path], message })
}
