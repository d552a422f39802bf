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
  /** By representation: its place in the request. */
  readonly places: Map<string, number>
  readonly answer: Promise<Answer>
}

interface Answer {
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
    const places = representations.map((representation) => placeIn(batch, representation))
    return partOf(await batch.answer, places)
  }

  #begin(key: string, subgraph: string, head: string): Batch {
    const places = new Map<string, number>()
    const answer = new Promise<Answer>((resolve, reject) => {
      // What runs in parallel asks before this: the plan's branches go on one after the other, without waiting.
      queueMicrotask(() => {
        this.#open.delete(key)
        const body = `${head}${[...places.keys()].join()}]}}`
        this.ask(subgraph, body)
          .then((response) => resolve(answerOf(response, places.size)), reject)
          .catch(reject)
      })
    })
    const batch: Batch = { places, answer }
    this.#open.set(key, batch)
    return batch
  }
}

function placeIn({ places }: Batch, representation: string): number {
  const known = places.get(representation)
  if (known !== undefined) return known
  places.set(representation, places.size)
  return places.size - 1
}

function answerOf({ data, errors }: SubgraphResponse, count: number): Answer {
  const entities = isObject(data) ? own(data, '_entities') : null
  if (entities === null || entities === undefined) return { entities: [], errors, taken: new Set() }
  if (Array.isArray(entities) && entities.length === count) return { entities, errors, taken: new Set() }
  throw new Fault('SERVICE_UNAVAILABLE', 'A subgraph answered with other entities than it was asked for.')
}

function partOf({ entities, errors, taken }: Answer, places: readonly number[]): EntitiesResponse {
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
  const place: unknown = Array.isArray(error.path) ? error.path[1] : null
  if (typeof place !== 'number') return [{ error, index: null }]
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
