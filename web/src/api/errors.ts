import type { CombinedError } from 'urql'

/** What went wrong, and what can be done about it, in words for whoever sits before the screen. */
export interface Problem {
  readonly code: string
  readonly says: string
  readonly next: string
  /** Names the request in the platform's traces. */
  readonly traceId: string | null
  /** The input at fault, where there is one. */
  readonly field: string | null
  /** What exactly is wrong with it. */
  readonly detail: string | null
}

/** Every code of docs/errors.md, which a test holds this list to. */
export const ERROR_SENTENCES: Readonly<Record<string, readonly [says: string, next: string]>> = {
  UNAUTHENTICATED: ['You are not signed in, or your session has ended.', 'Sign in again. What you typed is kept.'],
  UNAUTHORIZED_FIELD_OR_TYPE: ['Your role does not include this.', 'Ask an administrator for the role you need.'],
  FORBIDDEN: ['You cannot decide this one yourself.', 'Ask a colleague to do it.'],
  NOT_FOUND: ['There is nothing here, or it is not yours to see.', 'Check the address, or go back to the list.'],
  BAD_USER_INPUT: ['Something in the form is not right.', 'Correct it and send again.'],
  AMOUNT_NOT_POSITIVE: ['The amount is zero.', 'Enter an amount greater than zero.'],
  AMOUNT_TOO_SMALL: ['The amount is too small: nothing would arrive.', 'Enter a larger amount.'],
  CURRENCY_MISMATCH: ['The currencies do not fit together.', 'Choose a wallet in the currency of the amount.'],
  ACCOUNTS_NOT_DISTINCT: ['This would go from a wallet to itself.', 'Choose another wallet to send to.'],
  BATCH_TOO_LARGE: ['That is too much at once.', 'Send it in smaller parts.'],
  IDEMPOTENCY_MISMATCH: [
    'This form was already sent with other contents.',
    'Look in your payments what became of it, then start a new one.',
  ],
  CONFLICT: ['That is not possible as things stand now.', 'Load the page again to see what has changed.'],
  TOO_MANY_REQUESTS: ['That was too much in a short time.', 'Wait a moment, then try again.'],
  QUERY_TOO_COMPLEX: ['That was more than one request may ask for.', 'Show fewer rows at once.'],
  SIGNATURE_INVALID: ['A message was not signed as agreed.', 'Check the secret it was signed with.'],
  ACCOUNT_NOT_FOUND: ['This wallet does not exist.', 'Check the wallet you chose.'],
  ACCOUNT_FROZEN: ['This wallet is frozen: nothing goes in or out.', 'Contact support to have it unfrozen.'],
  ACCOUNT_CLOSED: ['This wallet was closed.', 'Use another wallet.'],
  INSUFFICIENT_FUNDS: [
    'There is not enough available in the wallet for the amount and its fee.',
    'Deposit money, wait for what is on hold, or send less.',
  ],
  HOLD_RESOLVED: ['This hold was already settled.', 'Load the page again to see what became of it.'],
  HOLD_EXPIRED: ['This hold has run out; its money is free again.', 'Start again.'],
  HOLD_EXCEEDED: ['That is more than is on hold.', 'Enter at most the amount on hold.'],
  RATE_UNAVAILABLE: [
    'There is no exchange rate for this pair right now.',
    'Try again later, or choose another currency.',
  ],
  RATE_STALE: ['The newest exchange rate is too old to move money with.', 'Wait for a fresh rate; it comes by itself.'],
  QUOTE_EXPIRED: ['The offered rate has run out.', 'Get a new offer. Nothing was sent.'],
  QUOTE_USED: ['This offer was already used.', 'Look in your payments before you send again.'],
  LIMIT_EXCEEDED: [
    'This goes over one of your limits.',
    'See what is left under Profile. Send less, wait, or complete the next level of verification.',
  ],
  RULES_DECLINED: [
    'The payment was declined by our checks.',
    'The reasons stand with the payment. Sending it again will not help.',
  ],
  REVIEW_EXPIRED: ['Nobody could review the payment in time. No money was moved.', 'Send a new payment.'],
  BENEFICIARY_REMOVED: [
    'The recipient was removed before the payment was made.',
    'Add the recipient again, then send a new payment.',
  ],
  SCHEDULE_IN_PAST: ['The time you chose is over.', 'Choose a later time, or send now.'],
  INVALID_TRANSITION: [
    'The payment is no longer in a state where that is possible.',
    'Load the page again to see its state.',
  ],
  REFUND_EXCEEDS_PAYMENT: [
    'That is more than can still be refunded.',
    'Enter a smaller amount, or leave it empty to refund the rest.',
  ],
  REFUND_WINDOW_CLOSED: ['The time for refunding this payment is over.', 'Send a new payment in the other direction.'],
  PROVIDER_FAILED: [
    'The bank or card provider could not carry this out. What was on hold is free again.',
    'Check the details, then send a new payment.',
  ],
  SERVICE_UNAVAILABLE: [
    'A part of the platform is not reachable right now.',
    'Try again in a moment. Nothing is done twice.',
  ],
  INTERNAL_SERVER_ERROR: ['Something went wrong on our side.', 'Try again once. If it stays, contact support.'],
  GRAPHQL_PARSE_FAILED: [
    'This page asked in a way the platform does not understand.',
    'Load the page again to get the newest version.',
  ],
  GRAPHQL_VALIDATION_FAILED: [
    'This page is older than the platform.',
    'Load the page again to get the newest version.',
  ],
  OPERATION_RESOLUTION_FAILURE: [
    'This page asked in a way the platform does not understand.',
    'Load the page again to get the newest version.',
  ],
  BAD_REQUEST: ['The request did not arrive as it should.', 'Load the page again, then try once more.'],
  PERSISTED_QUERY_NOT_IN_LIST: [
    'This page asked for something the platform does not allow.',
    'Load the page again to get the newest version.',
  ],
  QUERY_NOT_IN_SAFELIST: [
    'This page asked for something the platform does not allow.',
    'Load the page again to get the newest version.',
  ],
  PERSISTED_QUERY_NOT_FOUND: ['The platform has forgotten this request.', 'Try again.'],
}

/** The code of a request that got no answer: the browser is offline, or the platform away. */
export const NETWORK = 'NETWORK'
const NETWORK_SENTENCE = [
  'The platform could not be reached.',
  'Check your connection, then try again. Nothing is done twice.',
] as const
const UNKNOWN_SENTENCE = ['Something went wrong.', 'Try again. If it stays, contact support.'] as const

/** The sentence and the next step for a code, also one that this release does not know. */
export function problemOf(
  code: string,
  { traceId = null, field = null, detail = null }: Partial<Problem> = {},
): Problem {
  const [says, next] = code === NETWORK ? NETWORK_SENTENCE : (ERROR_SENTENCES[code] ?? UNKNOWN_SENTENCE)
  return { code, says, next, traceId, field, detail }
}

/** The first thing wrong with an operation. */
export function problemIn(error: CombinedError): Problem {
  return error.graphQLErrors.length === 0 ? problemOf(NETWORK) : problemInErrors(error.graphQLErrors)
}

interface GraphQLFailure {
  readonly message: string
  readonly extensions?: Readonly<Record<string, unknown>>
}

/** The first of the errors that a GraphQL result has; whatever is none of those came from the network. */
export function problemInErrors(errors: unknown): Problem {
  const [first] = Array.isArray(errors) ? (errors as GraphQLFailure[]) : [] // By GraphQL's own specification.
  if (first === undefined) return problemOf(NETWORK)
  const { code, traceId, field } = first.extensions ?? {}
  return problemOf(typeof code === 'string' ? code : 'INTERNAL_SERVER_ERROR', {
    traceId: typeof traceId === 'string' ? traceId : null,
    field: typeof field === 'string' ? field.replace(/^input\./, '') : null,
    detail: code === 'BAD_USER_INPUT' ? first.message : null,
  })
}
