import { isObject, type JsonObject, own, put } from './json.ts'

/** Of a plan: names of fields, and `@` for every item of a list. */
export type PlanPath = readonly string[]
export type ResponsePath = readonly (string | number)[]

/**
 * Objects that stand at several places of one answer, each with what was written of it at some position of the
 * operation: the next place of that position gets the same text.
 */
export type SharedObjects = Map<JsonObject, Map<unknown, string>>

/** The objects at a path, in order; what is null on the way is left out. */
export function objectsAt(data: JsonObject, path: PlanPath): JsonObject[] {
  const found: JsonObject[] = []
  collect(data, path, 0, found)
  return found
}

function collect(value: unknown, path: PlanPath, depth: number, found: JsonObject[]): void {
  if (Array.isArray(value)) {
    const below = path[depth] === '@' ? depth + 1 : depth
    for (const item of value) collect(item, path, below, found)
  } else if (isObject(value)) {
    const step = path[depth]
    if (step === undefined) found.push(value)
    else if (step !== '@') collect(own(value, step), path, depth + 1, found)
  }
}

/** Puts another object in the place of each at a path; one that stays is given back as it is. */
export function replaceAt(data: JsonObject, path: PlanPath, replace: (object: JsonObject) => JsonObject): void {
  replaced(data, path, 0, replace)
}

function replaced(value: unknown, path: PlanPath, depth: number, replace: (object: JsonObject) => JsonObject): unknown {
  if (Array.isArray(value)) {
    const below = path[depth] === '@' ? depth + 1 : depth
    for (let index = 0; index < value.length; index += 1) {
      const item: unknown = value[index]
      const next = replaced(item, path, below, replace)
      if (next !== item) value[index] = next
    }
  } else if (isObject(value)) {
    const step = path[depth]
    if (step === undefined) return replace(value)
    if (step === '@') return value
    const known = own(value, step)
    const next = replaced(known, path, depth + 1, replace)
    if (next !== known) put(value, step, next)
  }
  return value
}

/** Where in the answer each object at a path stands; one that several places share has them all. */
export function placesAt(data: JsonObject, path: PlanPath): ReadonlyMap<JsonObject, readonly ResponsePath[]> {
  const places = new Map<JsonObject, ResponsePath[]>()
  locate(data, path, 0, [], places)
  return places
}

function locate(
  value: unknown,
  path: PlanPath,
  depth: number,
  here: ResponsePath,
  places: Map<JsonObject, ResponsePath[]>,
): void {
  if (Array.isArray(value)) {
    const below = path[depth] === '@' ? depth + 1 : depth
    for (const [index, item] of value.entries()) locate(item, path, below, [...here, index], places)
  } else if (isObject(value)) {
    const step = path[depth]
    if (step === undefined) places.set(value, [...(places.get(value) ?? []), here])
    else if (step !== '@') locate(own(value, step), path, depth + 1, [...here, step], places)
  }
}
