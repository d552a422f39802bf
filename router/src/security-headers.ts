import type { Reply } from './http.ts'

const ALWAYS = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin-allow-popups',
}
const HTML = /^text\/html\b/i
/** An answer that is no page loads nothing, whatever a browser makes of it. */
const NO_PAGE = "default-src 'none'; frame-ancestors 'none'"
/** The Sandbox brings its own policy for what it loads. */
const PAGE = "frame-ancestors 'none'"
const ONE_YEAR = 'max-age=31536000; includeSubDomains'

/** The answer with what a browser must be told about it; headers of its own stay. */
export function secured({ headers = {}, ...reply }: Reply, production: boolean): Reply {
  const isPage = HTML.test(headers['content-type'] ?? '')
  return {
    ...reply,
    headers: {
      ...ALWAYS,
      'content-security-policy': isPage ? PAGE : NO_PAGE,
      ...(production ? { 'strict-transport-security': ONE_YEAR } : {}),
      ...headers,
    },
  }
}
