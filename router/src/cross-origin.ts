import type { IncomingMessage } from 'node:http'
import type { Reply } from './http.ts'

const PREFLIGHT_SECONDS = '600'
const EXPOSED_HEADERS = 'retry-after, x-trace-id'
const ALLOWED_HEADERS = 'authorization, content-type, traceparent, tracestate, x-idempotency, apollo-require-preflight'

/** Whether a browser's page may call: one of ours, or one served from this very address. Other programs send no origin. */
export function isAllowedOrigin({ headers }: IncomingMessage, allowed: readonly string[]): boolean {
  const { origin, host } = headers
  if (origin === undefined || allowed.includes(origin)) return true
  return URL.canParse(origin) && new URL(origin).host === host
}

/** What lets a page of an allowed origin read the answer; credentials go in a header, so cookies are never allowed. */
export function crossOriginHeaders(request: IncomingMessage, allowed: readonly string[]): Record<string, string> {
  const { origin } = request.headers
  if (origin === undefined || !isAllowedOrigin(request, allowed)) return { vary: 'origin' }
  return { vary: 'origin', 'access-control-allow-origin': origin, 'access-control-expose-headers': EXPOSED_HEADERS }
}

export function preflight(request: IncomingMessage, allowed: readonly string[]): Reply {
  return {
    status: 204,
    headers: {
      ...crossOriginHeaders(request, allowed),
      'access-control-allow-methods': 'GET, POST',
      'access-control-allow-headers': ALLOWED_HEADERS,
      'access-control-max-age': PREFLIGHT_SECONDS,
    },
    body: '',
  }
}
