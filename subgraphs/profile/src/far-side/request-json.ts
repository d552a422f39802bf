import { Fault } from '@corridor/platform'
import { request } from 'undici'

export interface JsonRequest {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  readonly url: URL
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** What answers, for the message when it does not: "Identity Server". */
  readonly whom: string
}

export interface JsonAnswer {
  readonly status: number
  /** Null where there is none, or it is no JSON. Each caller judges its shape. */
  readonly body: unknown
}

const TIMEOUT_MS = 5_000
const SERVER_ERROR = 500
const TOO_MANY_REQUESTS = 429

/**
 * One request to a service outside. Throws a retryable `Fault` when it is away, slow, overloaded or broken; what else it
 * answers is the caller's to judge. Neither addresses nor bodies are part of the fault: they hold personal data.
 */
export async function requestJson(asked: JsonRequest): Promise<JsonAnswer> {
  const { status, text } = await exchange(asked)
  if (status >= SERVER_ERROR || status === TOO_MANY_REQUESTS) {
    throw new Fault('SERVICE_UNAVAILABLE', `${asked.whom} answered with status ${status}.`)
  }
  return { status, body: parse(text) }
}

async function exchange({ method, url, headers = {}, body, whom }: JsonRequest) {
  try {
    const answer = await request(url, {
      method,
      headers: { accept: 'application/json, application/scim+json', ...headers },
      ...(body === undefined ? {} : { body }),
      headersTimeout: TIMEOUT_MS,
      bodyTimeout: TIMEOUT_MS,
    })
    return { status: answer.statusCode, text: await answer.body.text() }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
    throw new Fault('SERVICE_UNAVAILABLE', `${whom} did not answer (${code}).`)
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // An answer without JSON is judged by its status.
    return null
  }
}

/** A member of what may be an object. */
export const member = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined

export const textMember = (value: unknown, name: string): string | null => {
  const found = member(value, name)
  return typeof found === 'string' ? found : null
}

export const listMember = (value: unknown, name: string): readonly unknown[] => {
  const found = member(value, name)
  return Array.isArray(found) ? found : []
}
