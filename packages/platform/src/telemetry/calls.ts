import { type Attributes, type Span, SpanKind, trace } from '@opentelemetry/api'
import { inSpan } from './spans.ts'

/** What is called, by its system and what it is asked to do: never with a key or a value. */
export interface Call {
  /** `redis get`: one of a bounded set. */
  readonly name: string
  readonly attributes: Attributes
  /** Default: a call to another system. */
  readonly kind?: SpanKind
}

/** A call to Redis, Kafka or the like: part of the active span and of its service. When that is not recorded it costs nothing. */
export function inCall<T>({ name, attributes, kind = SpanKind.CLIENT }: Call, work: () => Promise<T>): Promise<T> {
  const active = trace.getActiveSpan()
  if (!active?.isRecording()) return work()
  return inSpan({ service: serviceOf(active), name, kind, attributes }, work)
}

/** Spans of the SDK know whose they are, which the API does not ask. */
function serviceOf(span: Span): string {
  const scope: unknown = Reflect.get(span, 'instrumentationScope')
  const name: unknown = typeof scope === 'object' && scope !== null ? Reflect.get(scope, 'name') : undefined
  return typeof name === 'string' ? name : ''
}
