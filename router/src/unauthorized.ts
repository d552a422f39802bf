import { type Caller, ERROR_MESSAGES, type ErrorCode } from '@corridor/platform'
import { GraphQLError, type GraphQLFormattedError } from 'graphql'

/** That a field was taken out of an answer, which stands as null at `path`. */
export const unauthorizedAt = (path: readonly (string | number)[]): GraphQLFormattedError => ({
  message: ERROR_MESSAGES.UNAUTHORIZED_FIELD_OR_TYPE,
  path,
  extensions: { code: 'UNAUTHORIZED_FIELD_OR_TYPE' satisfies ErrorCode },
})

/** That an operation is refused whole, for its root field at `path`. */
export function unauthorized(caller: Caller, path: readonly string[]): GraphQLError {
  const code: ErrorCode = caller.kind === 'anonymous' ? 'UNAUTHENTICATED' : 'UNAUTHORIZED_FIELD_OR_TYPE'
  return new GraphQLError(ERROR_MESSAGES[code], { path, extensions: { code } })
}
