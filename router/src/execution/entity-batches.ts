import { Fault } from '@corridor/platform'
import { isObject, type JsonObject, own, put } from './json.ts'
import type { SubgraphResponse } from './transport.ts'

/** What a subgraph says of the entities that one fetch asked for, in the order of its representations. */
export interface EntitiesResponse {
  /** Null where the subgraph knows nothing. They belong to who asked. */
  readonly entities: readonly (JsonObject | null)[]
  /** With the place of the entity that each is about, or null when it is about none. */
  readonly errors: readonly { readonly error: JsonObject; readonly index: number | null }[]
}

interface Batch {
  /** What each who asks wants to know of. */
  readonly wanted: (readonly string[])[]
  readonly answer: Promise<Answer>
}

interface Answer {
  /** By representation: its place in the request. Null when but one asked, who has them in the order of his. */
  readonly places: ReadonlyMap<string, number> | null
  readonly entities: readonly unknown[]
  readonly errors: readonly JsonObject[]
  /** Entities that were handed out: another who asks for them gets copies. */
  readonly taken: Set<number>
}

type Ask = (subgraph: string, body: string) => Promise<SubgraphResponse>

/** Fetches of entities that ask the same of a subgraph at the same moment become one request. */
export class EntityBatches {
  readonly #open = new Map<string, Batch>()

  constructor(private readonly ask: Ask) {}

  /** `head` is the request's body up to its representations. */
  async fetch(subgraph: string, head: string, representations: readonly string[]): Promise<EntitiesResponse> {
    const key = `${subgraph}\n${head}`
    const batch = this.#open.get(key) ?? this.#begin(key, subgraph, head)
    batch.wanted.push(representations)
    const answer = await batch.answer
    return answer.places === null ? wholeOf(answer) : partOf(answer, answer.places, representations)
  }

  #begin(key: string, subgraph: string, head: string): Batch {
    const wanted: (readonly string[])[] = []
    const send = async (): Promise<Answer> => {
      // What runs in parallel asks before this: the plan's branches go on one after the other, without waiting.
      await null
      this.#open.delete(key)
      const places = wanted.length === 1 ? null : placesOf(wanted)
      const representations = places ? [...places.keys()] : (wanted[0] ?? [])
      const response = await this.ask(subgraph, `${head}${representations.join()}]}}`)
      return { ...entitiesOf(response, representations.length), places, taken: new Set() }
    }
    const batch: Batch = { wanted, answer: send() }
    this.#open.set(key, batch)
    return batch
  }
}

function placesOf(wanted: Batch['wanted']): ReadonlyMap<string, number> {
  const places = new Map<string, number>()
  for (const representations of wanted) {
    for (const representation of representations) {
      if (!places.has(representation)) places.set(representation, places.size)
    }
  }
  return places
}

function entitiesOf({ data, errors }: SubgraphResponse, count: number): Pick<Answer, 'entities' | 'errors'> {
  const entities = isObject(data) ? own(data, '_entities') : null
  if (entities === null || entities === undefined) return { entities: [], errors }
  if (Array.isArray(entities) && entities.length === count) return { entities, errors }
  throw new Fault('SERVICE_UNAVAILABLE', 'A subgraph answered with other entities than it was asked for.')
}

function wholeOf({ entities, errors }: Answer): EntitiesResponse {
  return {
    entities: entities.map((entity) => (isObject(entity) ? entity : null)),
    errors: errors.map((error) => ({ error, index: placeOf(error) })),
  }
}

/** Which of the entities an error is about, if any. */
function placeOf({ path }: JsonObject): number | null {
  const place: unknown = Array.isArray(path) ? path[1] : null
  return typeof place === 'number' ? place : null
}

function partOf(
  { entities, errors, taken }: Answer,
  placeIn: ReadonlyMap<string, number>,
  representations: readonly string[],
): EntitiesResponse {
  const places = representations.map((representation) => placeIn.get(representation) ?? -1) // Each was given one.
  const part = places.map((place) => {
    const entity = entities[place]
    if (!isObject(entity)) return null
    if (taken.has(place)) return cloned(entity)
    taken.add(place)
    return entity
  })
  return { entities: part, errors: errors.length === 0 ? [] : errors.flatMap((error) => located(error, places)) }
}

/** An error about an entity belongs to who asked for that one; any other belongs to all. */
function located(error: JsonObject, places: readonly number[]): EntitiesResponse['errors'] {
  const place = placeOf(error)
  if (place === null) return [{ error, index: null }]
  const index = places.indexOf(place)
  return index < 0 ? [] : [{ error, index }]
}

function cloned(object: JsonObject): JsonObject {
  const copy: JsonObject = {}
  for (const name of Object.keys(object)) put(copy, name, clonedValue(object[name]))
  return copy
}

function clonedValue(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(clonedValue)
  return isObject(value) ? cloned(value) : value
}
