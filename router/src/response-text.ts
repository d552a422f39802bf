import type { Logger } from '@corridor/platform'
import { toClientError, withTrace } from './client-errors.ts'
import type { RouterContext } from './context.ts'
import type { Executed } from './operation-executor.ts'

/** The response of an operation as JSON, with its errors as clients see them. */
export function responseText(executed: Executed, { trace }: RouterContext, logger: Logger): string {
  const { data, errors, valueCompletion } = executed
  if (errors.length === 0 && valueCompletion === undefined) return `{"data":${data ?? 'null'}}`
  const parts: string[] = []
  if (errors.length > 0) {
    const told = errors.map((error) => withTrace(toClientError(error, logger), trace.traceId))
    parts.push(`"errors":${JSON.stringify(told)}`)
  }
  if (data !== undefined) parts.push(`"data":${data}`)
  if (valueCompletion !== undefined) parts.push(`"extensions":${JSON.stringify({ valueCompletion })}`)
  return `{${parts.join()}}`
}
