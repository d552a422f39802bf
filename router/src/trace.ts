import { randomFillSync } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import type { TraceHeaders } from './context.ts'

const TRACEPARENT = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/
const MAX_TRACESTATE = 512
const TRACE_ID_BYTES = 16
const SPAN_ID_BYTES = 8

/** The client's trace (W3C Trace Context), where he names one. */
export function givenTrace(headers: IncomingHttpHeaders): Pick<TraceHeaders, 'traceparent' | 'tracestate'> | null {
  const given = typeof headers.traceparent === 'string' ? headers.traceparent : ''
  if (!TRACEPARENT.test(given)) return null
  const state = typeof headers.tracestate === 'string' ? headers.tracestate : ''
  return { traceparent: given, tracestate: state.length > 0 && state.length <= MAX_TRACESTATE ? state : null }
}

/** The client's trace or a new one, to be named by errors. */
export function traceOf(headers: IncomingHttpHeaders): TraceHeaders {
  const given = givenTrace(headers)
  return given === null ? newTrace() : { ...given, traceId: given.traceparent.split('-')[1] ?? '', span: null }
}

/** Random bytes for many ids: to fetch them one id at a time takes longer than all else of a trace. */
const random = { bytes: Buffer.alloc(4_096), used: 4_096 }

function randomId(length: number): string {
  if (random.used + length > random.bytes.length) {
    randomFillSync(random.bytes)
    random.used = 0
  }
  random.used += length
  return random.bytes.toString('hex', random.used - length, random.used)
}

/** A trace that nobody records, to be named by errors. */
export function newTrace(): TraceHeaders {
  const traceId = randomId(TRACE_ID_BYTES)
  const traceparent = `00-${traceId}-${randomId(SPAN_ID_BYTES)}-00`
  return { traceId, traceparent, tracestate: null, span: null }
}
