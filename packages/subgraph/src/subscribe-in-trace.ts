import { contextOf, inSpan } from '@corridor/platform'
import { SpanKind } from '@opentelemetry/api'
import { createSourceEventStream, type ExecutionArgs, type ExecutionResult, execute } from 'graphql'

type Results = AsyncGenerator<ExecutionResult, void, void>

/**
 * Opens a subscription as GraphQL says, in a span of `service` below the caller's. An event that says in which trace it was
 * made is handed on with that: `traceparent` among the result's extensions, which go to the router and no further.
 */
export function subscribeInTrace(
  args: ExecutionArgs,
  { service, traceparent }: { service: string; traceparent: string | null },
): Promise<Results | ExecutionResult> {
  const parent = contextOf(traceparent)
  return inSpan({ service, name: 'subscribe', kind: SpanKind.SERVER, parent }, async () => {
    const opened = await createSourceEventStream(args)
    return Symbol.asyncIterator in opened ? results(opened[Symbol.asyncIterator](), args) : opened
  })
}

/** A result for each event. Whoever leaves is not waited for: the events' own `return` ends a `next` that waits. */
function results(events: AsyncIterator<unknown>, args: ExecutionArgs): Results {
  const done = { done: true as const, value: undefined }
  const leave = async () => {
    await events.return?.()
    return done
  }
  return {
    async next() {
      const taken = await events.next()
      if (taken.done) return done
      try {
        return { done: false, value: withCause(await execute({ ...args, rootValue: taken.value }), taken.value) }
      } catch (error) {
        await leave()
        throw error
      }
    },
    return: leave,
    async throw(error: unknown) {
      await leave()
      throw error
    },
    [Symbol.asyncIterator]() {
      return this
    },
    [Symbol.asyncDispose]: async () => void (await leave()),
  }
}

function withCause(result: ExecutionResult, event: unknown): ExecutionResult {
  const traceparent: unknown = typeof event === 'object' && event !== null && Reflect.get(event, 'traceparent')
  return typeof traceparent === 'string' ? { ...result, extensions: { traceparent } } : result
}
