import type { QueryPlanFieldNode, QueryPlanInlineFragmentNode, QueryPlanSelectionNode } from '@apollo/query-planner'
import { isObject, type JsonObject, merge, own, put, quoted } from './json.ts'
import type { Rewrite } from './rewrites.ts'
import type { TypeIndex } from './type-index.ts'

/** How a subgraph is told of entities. */
export interface Representation {
  /** The JSON by which it knows an entity; null when the object lacks what it needs, or says no type. */
  textOf(entity: JsonObject): string | null
  /** Whether the text says all of the object: two with one text are then the same. */
  isAllOf(entity: JsonObject): boolean
}

interface OfType {
  readonly textOf: (entity: JsonObject) => string | null
  /** How many fields the text says whole; null: parts of some. */
  readonly fields: number | null
}

/**
 * Compiles the `requires` of a fetch. Per type of object only the fragments that apply are looked at; where it is one,
 * its JSON is written without an object in between.
 */
export function compileRepresentation(
  requires: readonly QueryPlanSelectionNode[],
  types: TypeIndex,
  rewrite: Rewrite | undefined,
): Representation {
  const byType = new Map<string, OfType>()
  const typeOf = ({ __typename: typename }: JsonObject): OfType | null => {
    if (typeof typename !== 'string') return null
    let ofType = byType.get(typename)
    if (!ofType) {
      ofType = representType(requires, typename, types, rewrite)
      if (types.knows(typename)) byType.set(typename, ofType)
    }
    return ofType
  }
  return {
    textOf: (entity) => typeOf(entity)?.textOf(entity) ?? null,
    isAllOf: (entity) => typeOf(entity)?.fields === Object.keys(entity).length,
  }
}

function representType(
  requires: readonly QueryPlanSelectionNode[],
  typename: string,
  types: TypeIndex,
  rewrite: Rewrite | undefined,
): OfType {
  const leaves = rewrite ? null : onlyLeaves(requires, typename, types)
  if (leaves) return { textOf: writeLeaves(leaves, typename), fields: leaves.size }
  const textOf = (entity: JsonObject): string | null => {
    const representation = select(entity, requires, types)
    if (representation === null || typeof own(representation, '__typename') !== 'string') return null
    rewrite?.(representation)
    return JSON.stringify(representation)
  }
  return { textOf, fields: null }
}

/** The fields of the one fragment that applies to the type, when they are leaves and the type among them. */
function onlyLeaves(
  requires: readonly QueryPlanSelectionNode[],
  typename: string,
  types: TypeIndex,
): ReadonlySet<string> | null {
  const applying: QueryPlanInlineFragmentNode[] = []
  for (const selection of requires) {
    if (selection.kind === 'Field') return null
    const { typeCondition } = selection
    if (typeCondition !== undefined && types.isKindOf(typename, typeCondition)) applying.push(selection)
  }
  const [fragment, another] = applying
  if (!fragment || another) return null
  const names = new Set<string>()
  for (const selection of fragment.selections) {
    if (selection.kind !== 'Field' || selection.selections) return null
    names.add(responseName(selection))
  }
  return names.has('__typename') ? names : null
}

const responseName = ({ alias, name }: QueryPlanFieldNode): string => alias ?? name

/** The type is known beforehand; what is left is mostly an id. */
function writeLeaves(leaves: ReadonlySet<string>, typename: string): (entity: JsonObject) => string | null {
  const names = [...leaves].filter((name) => name !== '__typename')
  const start = `{"__typename":${JSON.stringify(typename)}`
  const heads = names.map((name) => `,${JSON.stringify(name)}:`)
  return (entity) => {
    let text = start
    for (let index = 0; index < names.length; index += 1) {
      const value = own(entity, names[index] as string) // Within its bounds.
      if (value === undefined) return null
      text += heads[index] + (typeof value === 'string' ? quoted(value) : JSON.stringify(value))
    }
    return `${text}}`
  }
}

/** What `selections` ask of an object; null as soon as one of their fields is missing. */
function select(
  source: JsonObject,
  selections: readonly QueryPlanSelectionNode[],
  types: TypeIndex,
): JsonObject | null {
  const result: JsonObject = {}
  for (const selection of selections) {
    if (selection.kind === 'Field') {
      const name = responseName(selection)
      const value = own(source, name)
      if (value === undefined) return null
      put(result, name, selection.selections ? selectValue(value, selection.selections, types) : value)
    } else if (applies(selection, source, types)) {
      const part = select(source, selection.selections, types)
      if (part) merge(result, part)
    }
  }
  return result
}

function selectValue(value: unknown, selections: readonly QueryPlanSelectionNode[], types: TypeIndex): unknown {
  if (Array.isArray(value)) return value.map((item) => selectValue(item, selections, types))
  return isObject(value) ? select(value, selections, types) : value
}

function applies({ typeCondition }: QueryPlanInlineFragmentNode, source: JsonObject, types: TypeIndex): boolean {
  const { __typename: typename } = source
  return typeCondition !== undefined && typeof typename === 'string' && types.isKindOf(typename, typeCondition)
}
