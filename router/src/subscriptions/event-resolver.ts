import { ERROR_MESSAGES, type Logger } from '@corridor/platform'
import type { GraphQLFormattedError } from 'graphql'
import { toFormatted } from '../client-errors.ts'
import type { RouterContext, TraceHeaders } from '../context.ts'
import type { JsonObject } from '../execution/json.ts'
import { compileRewrites } from '../execution/rewrites.ts'
import type { RouterLimits } from '../limits.ts'
import type { Checked, OperationExecutor, Prepared, Variables } from '../operation-executor.ts'
import { isSubscription } from '../operation-executor.ts'
import { responseText } from '../response-text.ts'
import { deliveringEvent } from '../spans.ts'
import type { UpstreamEvent } from './upstream.ts'

/** Makes of the owning subgraph's part of an event the response that a client gets, as JSON. */
export type ResolveEvent = (event: UpstreamEvent) => Promise<string>

/** Resolves the rest of each event across the other subgraphs, on behalf of the context's caller. */
export function eventResolver(input: {
  executor: OperationExecutor
  checked: Checked
  prepared: Prepared
  variables: Variables
  context: RouterContext
  limits: RouterLimits
  logger: Logger
}): ResolveEvent {
  const { executor, checked, prepared, variables, limits, logger } = input
  const { node } = prepared.plan
  const rewrites = isSubscription(node) ? node.primary.outputRewrites : undefined
  const rewrite = compileRewrites(rewrites, executor.supergraph.types)
  const resolve = async ({ result }: UpstreamEvent, trace: TraceHeaders): Promise<string> => {
    // A stream outlives the time of one operation: every event has its own.
    const context = { ...input.context, trace, deadlineMs: performance.now() + limits.requestTimeoutMs }
    const errors: readonly GraphQLFormattedError[] = (result.errors ?? []).map(toFormatted)
    // What is fetched is put into the data, and others may read the same event.
    const data = (result.data ? JSON.parse(JSON.stringify(result.data)) : {}) as JsonObject // A result's data is an object.
    rewrite?.(data)
    const executed = await executor.runPrepared({ prepared, checked, variables, context, data, errors })
    const text = responseText(executed, context, logger)
    return Buffer.byteLength(text) <= limits.eventBytes - FRAME_BYTES ? text : tooLarge(context)
  }
  const subscription = input.context.trace
  return (event) =>
    deliveringEvent({ subscription, cause: event.result.extensions?.traceparent }, (trace) => resolve(event, trace))
}

/** What a frame adds to the response that it carries: type, and an id of the client's choice. */
const FRAME_BYTES = 512

function tooLarge({ trace: { traceId } }: RouterContext): string {
  const message = `${ERROR_MESSAGES.QUERY_TOO_COMPLEX} An event is larger than a message may be.`
  return JSON.stringify({ errors: [{ message, extensions: { code: 'QUERY_TOO_COMPLEX', traceId } }], data: null })
}
