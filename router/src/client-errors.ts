import { ERROR_MESSAGES, isErrorCode, type Logger } from '@corridor/platform'
import { GraphQLError, type GraphQLFormattedError } from 'graphql'
import { UNREGISTERED } from './registered-operations.ts'
import { withoutValues } from './without-values.ts'

/** Codes of Apollo's, for requests that never became an operation. */
const APOLLO_CODES = new Set([
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'BAD_REQUEST',
  'OPERATION_RESOLUTION_FAILURE',
  'PERSISTED_QUERY_NOT_FOUND',
  'PERSISTED_QUERY_NOT_SUPPORTED',
  ...Object.keys(UNREGISTERED),
])

/** How graphql-js says that a document has more tokens than it may. */
const TOO_MANY_TOKENS = /^Syntax Error: Document contains more (than|that) \d+ tokens/

/**
 * What an error says to a client: message, place, `code`, and `field` where an input is at fault. What has no code of
 * ours says that something went wrong and no more; its own words go to the log. Stacks, addresses and the names of
 * services never leave.
 */
export function toClientError(error: GraphQLFormattedError, logger: Logger): GraphQLFormattedError {
  const extensions = error.extensions ?? {}
  const { code, field } = extensions
  const place = placeOf(error)
  if (TOO_MANY_TOKENS.test(error.message)) {
    return { message: ERROR_MESSAGES.QUERY_TOO_COMPLEX, ...place, extensions: { code: 'QUERY_TOO_COMPLEX' } }
  }
  const fromSubgraph = 'serviceName' in extensions
  const known = isErrorCode(code) ? code !== 'INTERNAL_SERVER_ERROR' : isApolloCode(code) && !fromSubgraph
  if (known) {
    const message = withoutValues(error.message)
    return { message, ...place, extensions: typeof field === 'string' ? { code, field } : { code } }
  }
  logger.error({ code: String(code), subgraph: String(extensions.serviceName ?? ''), error }, 'an operation failed')
  return {
    message: ERROR_MESSAGES.INTERNAL_SERVER_ERROR,
    ...place,
    extensions: { code: 'INTERNAL_SERVER_ERROR' },
  }
}

export const toFormatted = (error: GraphQLError | GraphQLFormattedError): GraphQLFormattedError =>
  error instanceof GraphQLError ? error.toJSON() : error

export const withTrace = (error: GraphQLFormattedError, traceId: string): GraphQLFormattedError => ({
  ...error,
  extensions: { ...error.extensions, traceId },
})

const isApolloCode = (code: unknown): boolean => typeof code === 'string' && APOLLO_CODES.has(code)

function placeOf({ path, locations }: GraphQLFormattedError): Partial<GraphQLFormattedError> {
  return {
    ...(path !== undefined && path.length > 0 && !path.includes('@') ? { path } : {}),
    ...(locations ? { locations } : {}),
  }
}
