import type { QueryPlanFieldNode, QueryPlanInlineFragmentNode, QueryPlanSelectionNode } from '@apollo/query-planner'
import { isObject, type JsonObject, merge, own, put, quoted } from './json.ts'
import type { Rewrite } from './rewrites.ts'
import type { TypeIndex } from './type-index.ts'

/** Objects that are one entity to a subgraph, in the order in which they were met. */
export interface Same {
  /** The JSON by which the subgraph knows it. */
  readonly text: string
  readonly objects: JsonObject[]
  /** Whether the text said all of the first when it was met. */
  readonly isWhole: boolean
}

/** Sorts objects by what a subgraph is told of them. */
export interface Sorting {
  /** Of which this is one more, or the first; null when it lacks what the subgraph needs, or says no type. */
  sameAs(object: JsonObject): Same | null
  /** Whether what the subgraph is told says all of the object: two of the same are then equal. */
  isWhole(object: JsonObject): boolean
  readonly found: readonly Same[]
}

interface OfType {
  readonly textOf: (object: JsonObject) => string | null
  /** A field that alone tells objects of this type from each other. */
  readonly id: string | null
  /** How many fields the text says whole; null: parts of some. */
  readonly fields: number | null
}

/**
 * Compiles the `requires` of a fetch. Per type of object only the fragments that apply are looked at; where it is one,
 * its JSON is written without an object in between, and where that has but an id, once per id.
 */
export function compileSorting(
  requires: readonly QueryPlanSelectionNode[],
  types: TypeIndex,
  rewrite: Rewrite | undefined,
): () => Sorting {
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
  return () => sorting(typeOf)
}

function sorting(typeOf: (object: JsonObject) => OfType | null): Sorting {
  const found: Same[] = []
  const byType = new Map<OfType, Map<unknown, Same>>()
  const ofSameType = (ofType: OfType): Map<unknown, Same> => {
    let sames = byType.get(ofType)
    if (!sames) {
      sames = new Map()
      byType.set(ofType, sames)
    }
    return sames
  }
  return {
    found,
    sameAs(object) {
      const ofType = typeOf(object)
      if (!ofType) return null
      const { id, textOf, fields } = ofType
      const key = id === null ? textOf(object) : own(object, id)
      const sames = ofSameType(ofType)
      const known = sames.get(key)
      if (known) return known
      const text = textOf(object)
      if (text === null) return null
      const same = { text, objects: [], isWhole: hasFields(object, fields) }
      found.push(same)
      sames.set(key, same)
      return same
    },
    isWhole: (object) => hasFields(object, typeOf(object)?.fields ?? null),
  }
}

const hasFields = (object: JsonObject, count: number | null): boolean =>
  count !== null && Object.keys(object).length === count

function representType(
  requires: readonly QueryPlanSelectionNode[],
  typename: string,
  types: TypeIndex,
  rewrite: Rewrite | undefined,
): OfType {
  const leaves = rewrite ? null : onlyLeaves(requires, typename, types)
  if (leaves) {
    const names = [...leaves].filter((name) => name !== '__typename')
    const [id = null, another] = names
    return { textOf: writeLeaves(names, typename), id: another === undefined ? id : null, fields: leaves.size }
  }
  const textOf = (entity: JsonObject): string | null => {
    const representation = select(entity, requires, types)
    if (representation === null || typeof own(representation, '__typename') !== 'string') return null
    rewrite?.(representation)
    return JSON.stringify(representation)
  }
  return { textOf, id: null, fields: null }
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
function writeLeaves(names: readonly string[], typename: string): (entity: JsonObject) => string | null {
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
