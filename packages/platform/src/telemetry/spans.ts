import {
  type Attributes,
  type Context,
  context,
  type Link,
  propagation,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api'

export interface SpanOptions {
  /** The service's name in traces: `ledger-service`. Spans keep it also where several services share a process. */
  readonly service: string
  /** One of a bounded set: names and ids of things belong into attributes, personal data nowhere. */
  readonly name: string
  readonly kind?: SpanKind
  readonly attributes?: Attributes
  /** Traces that this work belongs to as well: those of the items of a group. */
  readonly links?: readonly Link[]
  /** What it is part of; default: the span that is active. */
  readonly parent?: Context
}

/** Runs `work` in a span; what it throws marks the span as failed by its code, never by its message. */
export async function inSpan<T>(options: SpanOptions, work: (span: Span) => Promise<T>): Promise<T> {
  const { service, name, kind = SpanKind.INTERNAL, attributes = {}, links = [], parent = context.active() } = options
  const tracer = trace.getTracer(service)
  return tracer.startActiveSpan(name, { kind, attributes, links: [...links] }, parent, async (span) => {
    try {
      return await work(span)
    } catch (error) {
      span.setStatus({ code: SpanStatusCode.ERROR, message: codeOf(error) })
      span.setAttribute('error.type', codeOf(error))
      throw error
    } finally {
      span.end()
    }
  })
}

/** Whether the active span is recorded: what is costly to describe is described only then. */
export const isTraced = (): boolean => trace.getActiveSpan()?.isRecording() ?? false

/** The active span as a W3C `traceparent`, or null. For rows and messages that carry it on. */
export function currentTraceparent(): string | null {
  const carrier: Record<string, string> = {}
  propagation.inject(context.active(), carrier)
  return carrier.traceparent ?? null
}

/** The context that a `traceparent` names, to be the parent of what follows from it. */
export const contextOf = (traceparent: string | null | undefined): Context =>
  traceparent ? propagation.extract(context.active(), { traceparent }) : context.active()

/** A link to the span that each `traceparent` names; what is none is left out, and each trace comes once. */
export function linksTo(traceparents: Iterable<string | null>): Link[] {
  const found = new Map<string, SpanContext>()
  for (const traceparent of traceparents) {
    const spanContext = traceparent ? trace.getSpanContext(contextOf(traceparent)) : undefined
    if (spanContext) found.set(spanContext.traceId, spanContext)
  }
  return [...found.values()].map((spanContext) => ({ context: spanContext }))
}

/**
 * A span for work on a group: part of the items' trace when they all have one and the same, else a trace of its own with
 * a link to each of theirs.
 */
export function inGroupSpan<T>(
  options: Omit<SpanOptions, 'links' | 'parent'>,
  traceparents: readonly (string | null)[],
  work: (span: Span) => Promise<T>,
): Promise<T> {
  const links = linksTo(traceparents)
  const [only] = links
  if (only === undefined || links.length > 1) return inSpan({ ...options, links, parent: ROOT_CONTEXT }, work)
  return inSpan({ ...options, parent: trace.setSpanContext(ROOT_CONTEXT, only.context) }, work)
}

function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return 'UNKNOWN'
  const code: unknown = Reflect.get(error, 'code')
  if (typeof code === 'string') return code
  return error instanceof Error ? error.name : 'UNKNOWN'
}
