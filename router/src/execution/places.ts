import { isObject, type JsonObject, own } from './json.ts'

/** Of a plan: names of fields, and `@` for every item of a list. */
export type PlanPath = readonly string[]
export type ResponsePath = readonly (string | number)[]

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
