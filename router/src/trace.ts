import { randomBytes } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import type { TraceHeaders } from './context.ts'

const TRACEPARENT = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/
const MAX_TRACESTATE = 512
const TRACE_ID_BYTES = 16
const SPAN_ID_BYTES = 8

/** The client's trace (W3C Trace Context), or a new one: every error names its trace, so that it can be found. */
export function traceOf(headers: IncomingHttpHeaders): TraceHeaders {
  const given = typeof headers.traceparent === 'string' ? headers.traceparent : ''
  const traceId = TRACEPARENT.exec(given)?.[1]
  if (traceId === undefined) return newTrace()
  const state = typeof headers.tracestate === 'string' ? headers.tracestate : ''
  const tracestate = state.length > 0 && state.length <= MAX_TRACESTATE ? state : null
  return { traceId, traceparent: given, tracestate }
}

export function newTrace(): TraceHeaders {
  const traceId = randomBytes(TRACE_ID_BYTES).toString('hex')
  return { traceId, traceparent: `00-${traceId}-${randomBytes(SPAN_ID_BYTES).toString('hex')}-01`, tracestate: null }
}
