import { Fault } from '@corridor/platform'

/** No list of rates is larger; what is, is not one. */
const MAX_BODY_BYTES = 2 * 1024 * 1024
const MAX_MESSAGE_LENGTH = 200

/**
 * What a provider answers to a GET. Throws `Fault`: TOO_MANY_REQUESTS for a spent quota, SERVICE_UNAVAILABLE when it is
 * away, too slow or failing, PROVIDER_FAILED (not retryable) when it refuses us. `reasonOf` finds the reason in a body.
 */
export async function readBody(
  name: string,
  url: URL,
  {
    headers,
    signal,
    reasonOf,
  }: { headers?: Record<string, string>; signal: AbortSignal; reasonOf?: (body: string) => string },
): Promise<string> {
  let response: Response
  let body: string
  try {
    response = await fetch(url, { signal, redirect: 'error', ...(headers ? { headers } : {}) })
    body = await textOf(name, response)
  } catch (cause) {
    if (cause instanceof Fault) throw cause
    throw new Fault('SERVICE_UNAVAILABLE', `${name} does not answer.`, { cause })
  }
  if (response.ok) return body
  const reason = (reasonOf?.(body) ?? '').slice(0, MAX_MESSAGE_LENGTH)
  const message = `${name} answered ${response.status}${reason ? `: ${reason}` : '.'}`
  if (response.status === 429) throw new Fault('TOO_MANY_REQUESTS', message)
  if (response.status >= 500 || response.status === 408) throw new Fault('SERVICE_UNAVAILABLE', message)
  throw new Fault('PROVIDER_FAILED', message, { retryable: false })
}

async function textOf(name: string, response: Response): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  let bytes = 0
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength
    if (bytes > MAX_BODY_BYTES) throw nonsense(name, 'more than a list of rates has')
    text += decoder.decode(chunk, { stream: true })
  }
  return text + decoder.decode()
}

/** What a provider sent cannot be read as rates. The next answer may be. */
export const nonsense = (name: string, what: string, cause?: unknown): Fault =>
  new Fault('SERVICE_UNAVAILABLE', `${name} sent what cannot be read: ${what}.`, { cause })
