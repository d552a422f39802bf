import type { QueryPlanFieldNode, QueryPlanInlineFragmentNode, QueryPlanSelectionNode } from '@apollo/query-planner'
import { isObject, type JsonObject, merge, own, put } from './json.ts'
import type { Rewrite } from './rewrites.ts'
import type { TypeIndex } from './type-index.ts'

/** The JSON by which a subgraph knows an entity; null when the object lacks what it needs, or says no type. */
export type Represent = (entity: JsonObject) => string | null

/**
 * Compiles the `requires` of a fetch. Per type of object only the fragments that apply are looked at; where it is one,
 * its JSON is written without an object in between.
 */
export function compileRepresentation(
  requires: readonly QueryPlanSelectionNode[],
  types: TypeIndex,
  rewrite: Rewrite | undefined,
): Represent {
  const byType = new Map<string, Represent>()
  return (entity) => {
    const { __typename: typename } = entity
    if (typeof typename !== 'string') return null
    let represent = byType.get(typename)
    if (!represent) {
      represent = representType(requires, typename, types, rewrite)
      if (types.knows(typename)) byType.set(typename, represent)
    }
    return represent(entity)
  }
}

function representType(
  requires: readonly QueryPlanSelectionNode[],
  typename: string,
  types: TypeIndex,
  rewrite: Rewrite | undefined,
): Represent {
  const leaves = rewrite ? null : onlyLeaves(requires, typename, types)
  if (leaves) return writeLeaves(leaves)
  return (entity) => {
    const representation = select(entity, requires, types)
    if (representation === null || typeof own(representation, '__typename') !== 'string') return null
    rewrite?.(representation)
    return JSON.stringify(representation)
  }
}

/** The fields of the one fragment that applies to the type, when they are leaves and the type among them. */
function onlyLeaves(
  requires: readonly QueryPlanSelectionNode[],
  typename: string,
  types: TypeIndex,
): readonly QueryPlanFieldNode[] | null {
  const applying: QueryPlanInlineFragmentNode[] = []
  for (const selection of requires) {
    if (selection.kind === 'Field') return null
    const { typeCondition } = selection
    if (typeCondition !== undefined && types.isKindOf(typename, typeCondition)) applying.push(selection)
  }
  const [fragment, another] = applying
  if (!fragment || another) return null
  const leaves = fragment.selections.filter((selection) => selection.kind === 'Field' && !selection.selections)
  const fields = leaves as readonly QueryPlanFieldNode[] // Just filtered by their kind.
  const isAll = fields.length === fragment.selections.length
  return isAll && fields.some((field) => responseName(field) === '__typename') ? fields : null
}

const responseName = ({ alias, name }: QueryPlanFieldNode): string => alias ?? name

function writeLeaves(fields: readonly QueryPlanFieldNode[]): Represent {
  const names = fields.map(responseName)
  const heads = names.map((name, index) => `${index === 0 ? '{' : ','}${JSON.stringify(name)}:`)
  return (entity) => {
    let text = ''
    for (let index = 0; index < names.length; index += 1) {
      const value = own(entity, names[index] as string) // Within its bounds.
      if (value === undefined) return null
      text += heads[index] + JSON.stringify(value)
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
