import { Fault, isErrorCode, isRetryableSqlError, type Logger, RefusalError } from '@corridor/platform'
import { GraphQLError, type GraphQLFormattedError } from 'graphql'

/**
 * What an error may say outside: refusals say their code and field, faults their code, and a bug says nothing but that
 * it is one. The bug's own words go to the log.
 */
export function toClientError(formatted: GraphQLFormattedError, error: unknown, logger: Logger): GraphQLFormattedError {
  const cause = error instanceof GraphQLError ? (error.originalError ?? error) : error
  if (cause instanceof RefusalError) {
    const { code, field } = cause.refusal
    return located(formatted, cause.message, field === undefined ? { code } : { code, field })
  }
  if (cause instanceof Fault) {
    logger.warn({ error: cause }, 'fault')
    return located(formatted, cause.message, { code: cause.code })
  }
  if (isRetryableSqlError(cause)) {
    logger.warn({ error: cause }, 'database fault')
    return located(formatted, 'The database is not available now. Try again.', { code: 'SERVICE_UNAVAILABLE' })
  }
  if (cause instanceof GraphQLError && isKnownCode(cause.extensions.code ?? formatted.extensions?.code))
    return formatted
  logger.error({ error: cause }, 'bug')
  return located(formatted, 'Something went wrong on our side.', { code: 'INTERNAL_SERVER_ERROR' })
}

const APOLLO_CODES = new Set([
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'BAD_REQUEST',
  'OPERATION_RESOLUTION_FAILURE',
])

const isKnownCode = (code: unknown): boolean =>
  (isErrorCode(code) && code !== 'INTERNAL_SERVER_ERROR') || (typeof code === 'string' && APOLLO_CODES.has(code))

function located(
  { path, locations }: GraphQLFormattedError,
  message: string,
  extensions: Record<string, unknown>,
): GraphQLFormattedError {
  return { message, extensions, ...(path ? { path } : {}), ...(locations ? { locations } : {}) }
}
