import { createHash } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { contextOf, inSpan, traceparentOf } from '@corridor/platform'
import {
  type Context,
  isSpanContextValid,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api'
import type { OperationDefinitionNode } from 'graphql'
import type { RouterContext, TraceHeaders } from './context.ts'
import { isGivenUp } from './departure.ts'
import type { Reply } from './http.ts'
import type { Executed } from './operation-executor.ts'
import { givenTrace, newTrace } from './trace.ts'

const SERVICE = 'router'
const tracer = trace.getTracer(SERVICE)
const FIRST_SERVER_ERROR = 500
/** Codes of what failed on our side; all others tell a client what is wrong with what he asked. */
const FAILURES: ReadonlySet<unknown> = new Set(['INTERNAL_SERVER_ERROR', 'SERVICE_UNAVAILABLE'])
const MAX_NAME = 100
const RECORDED = '-01'

/**
 * Begins the span of what a client asks for, in his trace or in a new one. Where it is not recorded, `span` is null, and
 * nothing below it costs anything; a trace it has all the same, because every error names one.
 */
export function openTrace(headers: IncomingHttpHeaders, name: string): TraceHeaders {
  const given = givenTrace(headers)
  const parent = given === null ? ROOT_CONTEXT : contextOf(given.traceparent)
  const span = tracer.startSpan(name, { kind: SpanKind.SERVER }, parent)
  const spanContext = span.spanContext()
  if (!isSpanContextValid(spanContext)) return newTrace()
  const { traceId } = spanContext
  return {
    traceId,
    traceparent: traceparentOf(spanContext),
    tracestate: given?.tracestate ?? null,
    span: span.isRecording() ? span : null,
  }
}

/** Ends the span of what a client asked for with its answer; that of an HTTP request tells its status. */
export async function ending<T extends Reply | Executed>(span: Span, answer: Promise<T>): Promise<T> {
  try {
    const reply = await answer
    if ('status' in reply) {
      span.setAttribute('http.response.status_code', reply.status)
      if (reply.status >= FIRST_SERVER_ERROR) span.setStatus({ code: SpanStatusCode.ERROR })
    }
    return reply
  } catch (error) {
    span.setStatus({ code: SpanStatusCode.ERROR })
    throw error
  } finally {
    span.end()
  }
}

/** An operation below `parent`; of what was asked, its name, its type and its document's hash, and never a variable. */
export function inOperation(
  input: { parent: Span; context: RouterContext; operation: OperationDefinitionNode; text: string },
  work: (context: RouterContext) => Promise<Executed>,
): Promise<Executed> {
  const { parent, context, operation, text } = input
  const attributes = {
    'graphql.operation.type': operation.operation,
    'graphql.operation.name': operation.name?.value.slice(0, MAX_NAME) ?? '',
    'graphql.document.hash': createHash('sha256').update(text).digest('hex'),
  }
  const options = { service: SERVICE, name: `GraphQL ${operation.operation}`, attributes, parent: under(parent) }
  return inSpan(options, async (own) => {
    const executed = await work({ ...context, trace: traceUnder(own, context.trace) })
    if (isGivenUp(context, operation)) return executed
    const code = executed.errors[0]?.extensions?.code
    if (code !== undefined) own.setAttribute('error.type', String(code))
    if (executed.errors.some(({ extensions }) => FAILURES.has(extensions?.code))) {
      own.setStatus({ code: SpanStatusCode.ERROR, message: String(code) })
    }
    return executed
  })
}

/** The making of a plan; one that was made before costs nothing and has no span. */
export function planning<T>(trace: TraceHeaders | undefined, plan: () => T): T {
  const span = trace?.span ?? null
  if (span === null) return plan()
  const own = tracer.startSpan('plan', {}, under(span))
  try {
    return plan()
  } finally {
    own.end()
  }
}

/** A request to a subgraph, below `parent`; the subgraph's own span is part of it. */
export function inFetch<T>(
  { subgraph, parent, context }: { subgraph: string; parent: Span; context: RouterContext },
  send: (context: RouterContext) => Promise<T>,
): Promise<T> {
  const attributes = { 'graphql.subgraph.name': subgraph }
  return inSpan(
    {
      service: SERVICE,
      name: `fetch ${subgraph}`,
      kind: SpanKind.CLIENT,
      attributes,
      parent: under(parent),
      isFailure: () => !context.departure?.left,
    },
    (own) => send({ ...context, trace: traceUnder(own, context.trace) }),
  )
}

/**
 * One event of a subscription on its way to a client: part of the trace of what made it, when that is recorded and known,
 * else a trace of its own. It is linked to the subscription, in whose trace it is not: a stream may last for days.
 */
export function deliveringEvent<T>(
  { subscription, cause }: { subscription: TraceHeaders; cause: unknown },
  work: (trace: TraceHeaders) => Promise<T>,
): Promise<T> {
  const isCaused = typeof cause === 'string' && cause.endsWith(RECORDED)
  if (!isCaused && subscription.span === null) return work(subscription)
  const links = subscription.span === null ? [] : [{ context: subscription.span.spanContext() }]
  const parent = isCaused ? contextOf(cause) : ROOT_CONTEXT
  const options = { service: SERVICE, name: 'subscription event', kind: SpanKind.PRODUCER, links, parent }
  return inSpan(options, (own) => work(traceUnder(own, subscription)))
}

const under = (span: Span): Context => trace.setSpan(ROOT_CONTEXT, span)

/** The trace as it goes on below a span. */
const traceUnder = (span: Span, { tracestate }: TraceHeaders): TraceHeaders => ({
  traceId: span.spanContext().traceId,
  traceparent: traceparentOf(span.spanContext()),
  tracestate,
  span: span.isRecording() ? span : null,
})
