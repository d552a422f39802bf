import { Fault } from '@corridor/platform'
import type { RouterContext } from '../context.ts'
import type { SubgraphResponse } from './compile-plan.ts'
import { isObject } from './json.ts'

/** Brings a request's body to a subgraph and back its answer's text, on behalf of a caller. */
export interface Transport {
  /** Rejects with a `Fault` when the subgraph did not answer in time, or not with 200 or GraphQL's own statuses. */
  send(subgraph: string, body: string, context: RouterContext): Promise<string>
}

/**
 * The requests of one execution. Of a query, equal ones are made once; what a mutation asks for later may have changed.
 * Each answer is parsed for itself, since the parts of it become parts of the client's.
 */
export function openRequest(transport: Transport, context: RouterContext, isQuery: boolean) {
  if (!isQuery) return async (subgraph: string, body: string) => parsed(await transport.send(subgraph, body, context))
  const asked = new Map<string, Promise<string>>()
  return async (subgraph: string, body: string): Promise<SubgraphResponse> => {
    const key = `${subgraph}\n${body}`
    let answer = asked.get(key)
    if (!answer) {
      answer = transport.send(subgraph, body, context)
      asked.set(key, answer)
    }
    return parsed(await answer)
  }
}

function parsed(text: string): SubgraphResponse {
  const response = parseJson(text)
  if (isObject(response) && ('data' in response || 'errors' in response)) return response
  throw new Fault('SERVICE_UNAVAILABLE', 'A subgraph answered with something that is no GraphQL response.')
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new Fault('SERVICE_UNAVAILABLE', 'A subgraph answered with something that is no JSON.', { cause })
  }
}
