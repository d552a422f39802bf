/**
 * The platform's error codes and the three kinds of failure: a refusal is expected and returned as a value, a fault is
 * the world failing and is thrown, a bug is a broken invariant and is never caught to go on.
 */

/** Every code a client may meet in `extensions.code`, with the message used where the place has none of its own. */
export const ERROR_MESSAGES = {
  UNAUTHENTICATED: 'A valid access token is needed.',
  UNAUTHORIZED_FIELD_OR_TYPE: 'Unauthorized field or type',
  FORBIDDEN: 'This may not be done by you.',
  NOT_FOUND: 'There is no such thing, or it is not yours.',
  BAD_USER_INPUT: 'The input is not valid.',
  CONFLICT: 'The present state does not allow this.',
  IDEMPOTENCY_MISMATCH: 'This idempotency key was used with another input.',
  AMOUNT_NOT_POSITIVE: 'The amount must be greater than zero.',
  AMOUNT_TOO_SMALL: 'The amount is too small: converted, it would be zero.',
  CURRENCY_MISMATCH: 'The currencies do not match.',
  ACCOUNTS_NOT_DISTINCT: 'Source and target are the same.',
  ACCOUNT_NOT_FOUND: 'The account does not exist.',
  ACCOUNT_FROZEN: 'The account is frozen.',
  ACCOUNT_CLOSED: 'The account is closed.',
  INSUFFICIENT_FUNDS: 'The available balance is too low.',
  BATCH_TOO_LARGE: 'The batch has more items than allowed.',
  HOLD_RESOLVED: 'The hold was already posted or voided.',
  HOLD_EXPIRED: 'The hold has expired.',
  HOLD_EXCEEDED: 'More would be posted than was held.',
  RATE_UNAVAILABLE: 'There is no exchange rate for this pair.',
  RATE_STALE: 'The exchange rate is too old to move money on.',
  QUOTE_EXPIRED: 'The quote has expired.',
  QUOTE_USED: 'The quote was already used.',
  LIMIT_EXCEEDED: 'A limit would be exceeded.',
  RULES_DECLINED: 'The payment was declined.',
  REVIEW_EXPIRED: 'Nobody decided the review in time.',
  BENEFICIARY_REMOVED: 'The beneficiary was removed.',
  REFUND_EXCEEDS_PAYMENT: 'More would be refunded than is left of the payment.',
  REFUND_WINDOW_CLOSED: 'The time for refunding this payment has passed.',
  SCHEDULE_IN_PAST: 'The scheduled time has passed.',
  SIGNATURE_INVALID: 'The signature is not valid.',
  PROVIDER_FAILED: 'The payment provider reported a failure.',
  INVALID_TRANSITION: 'The payment cannot go from its state to that one.',
  TOO_MANY_REQUESTS: 'Too many requests.',
  QUERY_TOO_COMPLEX: 'The operation asks for too much at once.',
  SERVICE_UNAVAILABLE: 'A part of the platform is not available now. Try again.',
  INTERNAL_SERVER_ERROR: 'Something went wrong on our side.',
} as const satisfies Record<string, string>

export type ErrorCode = keyof typeof ERROR_MESSAGES

export const isErrorCode = (code: unknown): code is ErrorCode =>
  typeof code === 'string' && Object.hasOwn(ERROR_MESSAGES, code)

/** An expected no, with its stable code. `field` names the input that is at fault, where one is. */
export interface Refusal {
  readonly ok: false
  readonly code: ErrorCode
  readonly message: string
  readonly field?: string
}

export interface Accepted<T> {
  readonly ok: true
  readonly value: T
}

export type Result<T> = Accepted<T> | Refusal

export const accept = <T>(value: T): Accepted<T> => ({ ok: true, value })

/** Refuses with `code`; the message defaults to the code's own, and is prefixed by nothing. */
export function refuse(code: ErrorCode, message: string = ERROR_MESSAGES[code], field?: string): Refusal {
  return field === undefined ? { ok: false, code, message } : { ok: false, code, message, field }
}

/** Carries a refusal through code that can only throw, such as a resolver; the server answers with its code. */
export class RefusalError extends Error {
  override readonly name = 'RefusalError'
  constructor(readonly refusal: Refusal) {
    super(refusal.message)
  }

  get code(): ErrorCode {
    return this.refusal.code
  }
}

/** The value of an accepted result; throws `RefusalError` otherwise. */
export function orThrow<T>(result: Result<T>): T {
  if (!result.ok) throw new RefusalError(result)
  return result.value
}

/** The world failing: a service away, a connection lost. `retryable` says whether the same call may succeed later. */
export class Fault extends Error {
  override readonly name = 'Fault'
  readonly retryable: boolean
  constructor(
    readonly code: ErrorCode,
    message: string,
    options: { retryable?: boolean; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.retryable = options.retryable ?? true
  }
}

/** A bug: something that must hold does not. */
export class InvariantError extends Error {
  override readonly name = 'InvariantError'
}

export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new InvariantError(message)
}
