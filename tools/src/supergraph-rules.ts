import { type ApiField, OPERATIONS, type SupergraphModel, typesReachedFrom } from './supergraph-model.ts'

/** Root fields that anybody may call without a token: a field without a directive is public. */
export function publicRootFields({ fields }: SupergraphModel): string[] {
  return OPERATIONS.flatMap((operation) => fields.get(operation) ?? [])
    .filter(({ guarded }) => !guarded)
    .map(({ coordinate }) => coordinate)
}

/**
 * Nested fields that have the name of a root field of the operation by which they are reached, and not its scope. API
 * Manager looks scopes up by a field's name alone, wherever the field stands.
 */
export function namesakesWithoutScope(model: SupergraphModel): string[] {
  const violations = OPERATIONS.flatMap((operation) => {
    const roots = new Map((model.fields.get(operation) ?? []).map((field) => [field.name, field]))
    return [...typesReachedFrom(operation, model)]
      .flatMap((type) => model.fields.get(type) ?? [])
      .flatMap((field) => {
        const root = roots.get(field.name)
        if (!root || carries(field, root)) return []
        return [`${field.coordinate} does not carry the scope of ${root.coordinate}: ${describe(root)}`]
      })
  })
  return [...new Set(violations)].sort()
}

/** Whoever may have the field may have the root field too: each of its lists contains one of the root's. */
function carries(field: ApiField, root: ApiField): boolean {
  if (root.scopes === undefined) return true
  const alternatives = root.scopes
  return (
    field.scopes?.every((list) => alternatives.some((needed) => needed.every((one) => list.includes(one)))) ?? false
  )
}

const describe = ({ scopes }: ApiField): string => (scopes ?? []).map((list) => list.join(' and ')).join(', or ')

/** Fields of what a subscription sends that have the name of a root field of Subscription. */
export function eventFieldsNamedLikeSubscriptions(model: SupergraphModel): string[] {
  const names = new Set((model.fields.get('Subscription') ?? []).map(({ name }) => name))
  return [...typesReachedFrom('Subscription', model)]
    .flatMap((type) => model.fields.get(type) ?? [])
    .filter(({ name }) => names.has(name))
    .map(({ coordinate }) => coordinate)
}

/**
 * Fields that are not nullable though another subgraph than the entity's own supplies them, or though they lead to an entity
 * of another subgraph: with that subgraph away, one missing value would empty all that stands around it.
 */
export function requiredAcrossSubgraphs(model: SupergraphModel, homes: Readonly<Record<string, string>>): string[] {
  return [...model.fields.values()]
    .flat()
    .filter(({ nullable, name, graphs, parent, returns }) => {
      if (nullable || name === 'id') return false
      const away = (type: string): boolean => homes[type] !== undefined && !graphs.includes(homes[type])
      return away(parent) || (away(returns) && !isRoot(parent))
    })
    .map(({ coordinate }) => coordinate)
}

/**
 * Nested fields that are not nullable though they ask for a scope that some way to them does not: refused, they would take
 * what stands around them along.
 */
export function requiredThoughGuarded(model: SupergraphModel): string[] {
  const granted = scopesOnEveryWay(model)
  return [...model.fields.values()]
    .flat()
    .filter(({ nullable, parent, scopes }) => {
      const held = granted.get(parent)
      if (nullable || isRoot(parent) || scopes === undefined || held === undefined) return false
      return !scopes.some((list) => list.every((scope) => held.has(scope)))
    })
    .map(({ coordinate }) => coordinate)
}

/**
 * Of each type: the scopes that whoever comes to it has, by whichever way. Starts from all scopes and takes away, way by way,
 * until nothing changes, so that types which lead to each other are answered too.
 */
function scopesOnEveryWay({ fields, possibleTypes }: SupergraphModel): ReadonlyMap<string, ReadonlySet<string>> {
  const granted = new Map<string, ReadonlySet<string>>(OPERATIONS.map((operation) => [operation, new Set()]))
  const waiting: string[] = [...OPERATIONS]
  for (let type = waiting.pop(); type !== undefined; type = waiting.pop()) {
    const held = granted.get(type) ?? new Set()
    for (const { returns, scopes } of fields.get(type) ?? []) {
      for (const next of [returns, ...(possibleTypes.get(returns) ?? [])]) {
        const here = union(held, sharedBy(scopes ?? []))
        const before = granted.get(next)
        const after = before ? intersection(before, here) : here
        if (before && after.size === before.size) continue
        granted.set(next, after)
        waiting.push(next)
      }
    }
  }
  return granted
}

/** What is in every list. */
const sharedBy = (lists: readonly (readonly string[])[]): ReadonlySet<string> =>
  new Set((lists[0] ?? []).filter((scope) => lists.every((list) => list.includes(scope))))

const union = <T>(a: ReadonlySet<T>, b: ReadonlySet<T>): ReadonlySet<T> => new Set([...a, ...b])

const intersection = <T>(a: ReadonlySet<T>, b: ReadonlySet<T>): ReadonlySet<T> =>
  new Set([...a].filter((item) => b.has(item)))

const isRoot = (type: string): boolean => OPERATIONS.some((operation) => operation === type)
