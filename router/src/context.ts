import type { IncomingHttpHeaders } from 'node:http'
import type { Caller } from '@corridor/platform'
import type { Span } from '@opentelemetry/api'
import type { Departure } from './departure.ts'

/** What the router knows of one operation, and hands on to the subgraphs as token and headers. */
export interface RouterContext {
  readonly caller: Caller
  readonly trace: TraceHeaders
  /** The client's `x-idempotency`, passed on as it came. */
  readonly idempotencyKey: string | null
  /** When the operation's time is over, by `performance.now()`: subgraphs are not waited for longer. */
  readonly deadlineMs: number
  /** What its subgraphs say that their statements took, added up. */
  readonly spent?: { databaseMs: number }
  /** Of a query whose client may leave; without it what was begun is done. */
  readonly departure?: Departure | undefined
  /** Of the client's request, for what is told of it in the log: nothing of them goes further. */
  readonly headers?: IncomingHttpHeaders
}

/** W3C trace context. */
export interface TraceHeaders {
  readonly traceId: string
  readonly traceparent: string
  readonly tracestate: string | null
  /** What is done stands below it; null: it is not recorded. */
  readonly span: Span | null
}
