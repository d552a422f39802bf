import { type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import type pg from 'pg'
import { isTraced } from './spans.ts'

type Query = (...args: unknown[]) => unknown

/** A span for every statement of the pool that is sent while a span is recorded. Values are never part of it. */
export function traceQueries(pool: pg.Pool, service: string): pg.Pool {
  // A client's `query` does the sending, and the pool's own `query` calls it with a callback, in the caller's context.
  pool.on('connect', (client) => {
    client.query = traced(client.query.bind(client) as Query, service) as typeof client.query // Takes and gives the same.
  })
  pool.query = traced(pool.query.bind(pool) as Query, service) as typeof pool.query // As above.
  return pool
}

function traced(query: Query, service: string): Query {
  return (...args) => {
    const span = isTraced() ? startSpan(args[0], service) : undefined
    const result = query(...args)
    // With a callback, or for a cursor, nobody says here when it ends: the call with a promise around it has the span.
    if (span !== undefined && result instanceof Promise) result.then(() => span.end(), failing(span))
    return result
  }
}

const startSpan = (statement: unknown, service: string): Span => {
  const summary = summaryOf(statement)
  const attributes = { 'db.system.name': 'postgresql', 'db.query.summary': summary }
  return trace.getTracer(service).startSpan(summary, { kind: SpanKind.CLIENT, attributes })
}

const failing =
  (span: Span) =>
  (error: { code?: string }): void => {
    span.setStatus({ code: SpanStatusCode.ERROR, message: error.code ?? 'UNKNOWN' })
    span.end()
  }

/** `select accounts`: what is done to what, without a value. */
function summaryOf(statement: unknown): string {
  const text = typeof statement === 'string' ? statement : textOf(statement)
  const [, verb = 'sql'] = /^\s*(\w+)/.exec(text) ?? []
  const [, table] = /\b(?:from|into|update|join)\s+"?([a-z_]+)/.exec(text) ?? []
  return table === undefined ? verb : `${verb} ${table}`
}

function textOf(statement: unknown): string {
  const text: unknown = typeof statement === 'object' && statement !== null ? Reflect.get(statement, 'text') : ''
  return typeof text === 'string' ? text : ''
}
