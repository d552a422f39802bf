import { Fault } from '@corridor/platform'
import type { RouterContext } from '../context.ts'
import { EntityBatches } from './entity-batches.ts'
import { isObject, type JsonObject } from './json.ts'

/** Brings a request's body to a subgraph and back its answer's text, on behalf of a caller. */
export interface Transport {
  /** Rejects with a `Fault` when the subgraph did not answer in time. */
  send(subgraph: string, body: string, context: RouterContext): Promise<string>
}

/** A subgraph's answer; parts of it become parts of the client's, so that it belongs to who asked. */
export interface SubgraphResponse {
  readonly data?: unknown
  readonly errors: readonly JsonObject[]
}

/** The requests of one execution. All reject with a `Fault` when there is no answer, or none of GraphQL. */
export interface Requests {
  ask(subgraph: string, body: string): Promise<SubgraphResponse>
  readonly entities: EntityBatches
  /** Whether no answer so far has an escape in its text: then none of its strings needs any in JSON. */
  readonly isPlain: boolean
}

/** Of a query, equal requests are made once; what a mutation asks for later may have changed. */
export function openRequests(transport: Transport, context: RouterContext, isQuery: boolean): Requests {
  const asked = new Map<string, Promise<string>>()
  const send = (subgraph: string, body: string): Promise<string> => {
    if (!isQuery) return transport.send(subgraph, body, context)
    const key = `${subgraph}\n${body}`
    let answer = asked.get(key)
    if (!answer) {
      answer = transport.send(subgraph, body, context)
      asked.set(key, answer)
    }
    return answer
  }
  const ask = async (subgraph: string, body: string): Promise<SubgraphResponse> => {
    const text = await send(subgraph, body)
    requests.isPlain &&= !text.includes('\\')
    return parsed(text)
  }
  const requests = { ask, entities: new EntityBatches(ask), isPlain: true }
  return requests
}

function parsed(text: string): SubgraphResponse {
  const response = parseJson(text)
  if (!isObject(response) || !('data' in response || 'errors' in response)) {
    throw new Fault('SERVICE_UNAVAILABLE', 'A subgraph answered with something that is no GraphQL response.')
  }
  const { data, errors } = response
  return { data, errors: Array.isArray(errors) ? errors.filter(isObject) : [] }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new Fault('SERVICE_UNAVAILABLE', 'A subgraph answered with something that is no JSON.', { cause })
  }
}
