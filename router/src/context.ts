import type { Caller } from '@corridor/platform'

/** What the router knows of one operation, and hands on to the subgraphs as token and headers. */
export interface RouterContext {
  readonly caller: Caller
  readonly trace: TraceHeaders
  /** The client's `x-idempotency`, passed on as it came. */
  readonly idempotencyKey: string | null
  /** Ends the requests to the subgraphs: the operation's time is over. */
  readonly signal: AbortSignal
}

/** W3C trace context. */
export interface TraceHeaders {
  readonly traceId: string
  readonly traceparent: string
  readonly tracestate: string | null
}
