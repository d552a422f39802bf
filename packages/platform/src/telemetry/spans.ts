import {
  type Attributes,
  type Context,
  context,
  INVALID_SPANID,
  INVALID_TRACEID,
  isSpanContextValid,
  type Link,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
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
  /** Whether what the work throws means that it failed; default: it does. */
  readonly isFailure?: () => boolean
}

let parentsDecide = true

/** Whether what is below an unrecorded span is unrecorded as well, as the `parentbased` samplers have it; so by default. */
export const letParentsDecide = (decide: boolean): void => {
  parentsDecide = decide
}

/** Runs `work` in a span; what it throws marks the span as failed by its code, never by its message. */
export async function inSpan<T>(options: SpanOptions, work: (span: Span) => Promise<T>): Promise<T> {
  const { service, name, kind = SpanKind.INTERNAL, attributes = {}, links = [], parent = context.active() } = options
  const { isFailure = () => true } = options
  const above = trace.getSpan(parent)
  // Most traces are not recorded: theirs go on without a span for each step, which nobody would see.
  if (above !== undefined && parentsDecide && isUnrecorded(above.spanContext())) {
    return parent === context.active() ? await work(above) : await context.with(parent, work, undefined, above)
  }
  const tracer = trace.getTracer(service)
  return tracer.startActiveSpan(name, { kind, attributes, links: [...links] }, parent, async (span) => {
    try {
      return await work(span)
    } catch (error) {
      if (isFailure()) {
        span.setStatus({ code: SpanStatusCode.ERROR, message: codeOf(error) })
        span.setAttribute('error.type', codeOf(error))
      }
      throw error
    } finally {
      span.end()
    }
  })
}

const isUnrecorded = ({ traceId, traceFlags }: SpanContext): boolean =>
  (traceFlags & TraceFlags.SAMPLED) === 0 && traceId !== INVALID_TRACEID

/** Whether the active span is recorded: what is costly to describe is described only then. */
export const isTraced = (): boolean => trace.getActiveSpan()?.isRecording() ?? false

/** The active span as a W3C `traceparent`, or null. For rows and messages that carry it on. */
export function currentTraceparent(): string | null {
  const spanContext = trace.getActiveSpan()?.spanContext()
  return spanContext !== undefined && isSpanContextValid(spanContext) ? traceparentOf(spanContext) : null
}

/**
 * What is done now for one item of a group, as a `traceparent`: the active span when it is in the item's trace, else the
 * item's own.
 */
export function traceparentFor(item: string | null): string | null {
  const spanContext = trace.getActiveSpan()?.spanContext()
  return spanContext !== undefined && item?.includes(spanContext.traceId) ? traceparentOf(spanContext) : item
}

/** A span as a W3C `traceparent`. */
export const traceparentOf = ({ traceId, spanId, traceFlags }: SpanContext): string =>
  `00-${traceId}-${spanId}-${traceFlags === TraceFlags.SAMPLED ? '01' : '00'}`

/** W3C Trace Context, version 00: a later version may have more behind the flags, and is read as this one. */
const TRACEPARENT = /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?$/

/** The span that a `traceparent` names; undefined when it names none. */
function spanContextOf(traceparent: string | null | undefined): SpanContext | undefined {
  const [, traceId, spanId, flags] = TRACEPARENT.exec(traceparent ?? '') ?? []
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined
  const traceFlags = Number.parseInt(flags, 16) & TraceFlags.SAMPLED
  const isNone = traceId === INVALID_TRACEID || spanId === INVALID_SPANID
  return isNone ? undefined : { traceId, spanId, traceFlags, isRemote: true }
}

/** The context that a `traceparent` names, to be the parent of what follows from it; of none, a context without a span. */
export function contextOf(traceparent: string | null | undefined): Context {
  const spanContext = spanContextOf(traceparent)
  return spanContext === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, spanContext)
}

/** Of a larger group the spans that are linked to; the SDK keeps no more. */
const MAX_LINKS = 128

/**
 * A span for work on a group: part of the items' trace when they all have one and the same, else a trace of its own with a
 * link to each of theirs that is recorded, and in each of these a span that says when, with a link to the group's. When
 * none of theirs is recorded, neither is this.
 *
 * @param items what each item is part of: a `traceparent`, or the context in which it came
 */
export function inGroupSpan<T>(
  options: Omit<SpanOptions, 'links' | 'parent'>,
  items: readonly (string | Context | null)[],
  work: (span: Span) => Promise<T>,
): Promise<T> {
  const found = new Map<string, SpanContext>()
  for (const item of items) {
    const spanContext = typeof item === 'object' ? item && trace.getSpanContext(item) : spanContextOf(item)
    if (spanContext && isSpanContextValid(spanContext)) found.set(spanContext.traceId, spanContext)
  }
  const all = [...found.values()]
  const recorded = all.filter(({ traceFlags }) => traceFlags === TraceFlags.SAMPLED)
  const [only] = all.length === 1 || recorded.length === 0 ? all : []
  if (only !== undefined) return inSpan({ ...options, parent: trace.setSpanContext(ROOT_CONTEXT, only) }, work)
  const linked = recorded.slice(0, MAX_LINKS)
  const links = linked.map((context) => ({ context }))
  const startTime = Date.now()
  return inSpan({ ...options, links, parent: ROOT_CONTEXT }, async (span) => {
    try {
      return await work(span)
    } finally {
      for (const item of linked) markIn(item, { ...options, startTime, group: span.spanContext() })
    }
  })
}

/** In the trace of an item of a group: when the group's work was done, and a link to where it is told. */
function markIn(
  item: SpanContext,
  mark: Omit<SpanOptions, 'parent'> & { startTime: number; group: SpanContext },
): void {
  const { service, name, kind = SpanKind.INTERNAL, attributes = {}, startTime, group } = mark
  const options = { kind, attributes, startTime, links: [{ context: group }] }
  trace.getTracer(service).startSpan(name, options, trace.setSpanContext(ROOT_CONTEXT, item)).end()
}

function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return 'UNKNOWN'
  const code: unknown = Reflect.get(error, 'code')
  if (typeof code === 'string') return code
  return error instanceof Error ? error.name : 'UNKNOWN'
}
