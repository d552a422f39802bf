import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Caller, ERROR_MESSAGES, Fault, type Logger, RefusalError } from '@corridor/platform'
import { LRUCache } from 'lru-cache'
import { type ApolloHttp, type Asked, searchOf } from './apollo-http.ts'
import type { RouterContext, TraceHeaders } from './context.ts'
import { Departure, onceOver } from './departure.ts'
import { isObject } from './execution/json.ts'
import { errorReply, type Reply, readBody } from './http.ts'
import { credentialsOf, type Identity } from './identity.ts'
import type { RouterLimits } from './limits.ts'
import type { Checked, OperationExecutor, OperationRequest } from './operation-executor.ts'
import { type RegisteredOperations, sha256, UNREGISTERED, type Unregistered } from './registered-operations.ts'
import { type RequestLimits, tooManyRequests } from './request-limits.ts'
import { responseText } from './response-text.ts'
import { RunningQueries } from './running-queries.ts'
import { ending, openTrace } from './spans.ts'

export interface GraphqlHttpOptions {
  readonly apollo: ApolloHttp
  /** The executor of the supergraph of now. */
  readonly executor: () => OperationExecutor
  readonly identity: Identity
  readonly limits: RouterLimits
  readonly requestLimits: RequestLimits
  /** The only operations that are taken now; null: all are. */
  readonly registered: () => RegisteredOperations | null
  readonly logger: Logger
}

/** Longer keys than any client of ours makes are not handed on. */
const MAX_IDEMPOTENCY_KEY = 255
const JSON_TYPE = /^application\/json\s*(;|$)/i
const GRAPHQL_TYPE = 'application/graphql-response+json'
const KNOWN_ACCEPTS = 100
const OK = 200

/** What a request asks, and its body as it came; or why it is none. */
type Read = { readonly asked: Asked; readonly text: string } | Problem

interface Problem {
  readonly status: number
  readonly code: 'BAD_REQUEST' | Unregistered
  readonly problem: string
}

/** One request with all that is known of it. */
interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly context: RouterContext
  readonly asked: Asked
  readonly text: string
}

/**
 * GraphQL over HTTP. Apollo Server answers every kind of request and the first of every document; a POST of a document
 * that it has taken before, with an `Accept` that it has answered before, goes straight to the executor.
 */
export function createGraphqlHttp(
  options: GraphqlHttpOptions,
): (request: IncomingMessage, response: ServerResponse) => Promise<Reply> {
  const { apollo, executor, limits, logger } = options
  /** By `Accept`: the type that Apollo Server chose. */
  const contentTypes = new LRUCache<string, string>({ max: KNOWN_ACCEPTS })
  const running = new RunningQueries()

  const throughApollo = async ({ request, response, context, asked }: Exchange): Promise<Reply> => {
    const departure = new Departure()
    onceOver(response, () => departure.leave())
    const reply = await apollo.answer(request, asked, { ...context, departure })
    const type = reply.headers?.['content-type']
    if (request.method === 'POST' && reply.status === OK && type !== undefined) {
      contentTypes.set(acceptOf(request), type)
    }
    return reply
  }

  const execute = (exchange: Exchange): Promise<Reply> => {
    const { request, response, context, asked, text } = exchange
    const contentType = contentTypes.get(acceptOf(request))
    const known = contentType === undefined ? null : knownOperation(executor(), asked.body, context)
    if (contentType === undefined || !known) return throughApollo(exchange)
    const run = async (departure?: Departure): Promise<Reply> => {
      const operation = departure ? { ...known.request, context: { ...context, departure } } : known.request
      return {
        status: OK,
        headers: { 'cache-control': 'no-store', 'content-type': contentType },
        // Written once for all who share the answer.
        body: Buffer.from(responseText(await known.executor.run(known.checked, operation), context, logger)),
      }
    }
    if (known.checked.operation.operation.operation !== 'query') return run()
    return running.share({ caller: context.caller, key: `${contentType}\n${text}`, response, run })
  }

  const answer = async (request: IncomingMessage, response: ServerResponse, trace: TraceHeaders): Promise<Reply> => {
    const caller = await callerOf(request, trace, options)
    if ('status' in caller) return inAcceptedType(request, caller)
    const context: RouterContext = {
      caller,
      trace,
      idempotencyKey: idempotencyKeyOf(request),
      deadlineMs: performance.now() + limits.requestTimeoutMs,
      headers: request.headers,
    }
    const read = await readAsked(request, options)
    if ('asked' in read) return execute({ request, response, context, ...read })
    return inAcceptedType(request, errorReply(read.status, read.code, read.problem, trace.traceId))
  }

  return (request, response) => {
    const trace = openTrace(request.headers, request.method === 'POST' ? 'POST /graphql' : 'GET /graphql')
    // By this an operator finds it, also when nothing failed.
    response.setHeader('x-trace-id', trace.traceId)
    const reply = answer(request, response, trace)
    return trace.span === null ? reply : ending(trace.span, reply)
  }
}

/** Who asks, if he and his address may ask now. */
async function callerOf(
  request: IncomingMessage,
  { traceId }: TraceHeaders,
  { identity, requestLimits, logger }: GraphqlHttpOptions,
): Promise<Caller | Reply> {
  const addressWaitMs = requestLimits.ofAddress(requestLimits.addressOf(request))
  if (addressWaitMs !== null) return tooManyRequests(addressWaitMs, traceId)
  const found = await identity.authenticate(credentialsOf(request.headers)).catch((error: unknown) => error)
  if (found instanceof Error) return refusalReply(found, traceId, logger)
  const caller = found as Caller // Whatever is not an error is what was awaited.
  const callerWaitMs = requestLimits.ofCaller(caller)
  return callerWaitMs === null ? caller : tooManyRequests(callerWaitMs, traceId)
}

async function readAsked(request: IncomingMessage, { limits, registered }: GraphqlHttpOptions): Promise<Read> {
  if (request.method !== 'POST') {
    const search = searchOf(request)
    const admitted = registered()?.admitSearch(search) ?? { asked: search }
    return 'refused' in admitted ? unregistered(admitted.refused) : { asked: { search: admitted.asked }, text: '' }
  }
  if (!JSON_TYPE.test(request.headers['content-type'] ?? ''))
    return badRequest('The body must be application/json.', 415)
  const text = (await readBody(request, limits.bodyBytes)).toString('utf8')
  const body = parsed(text)
  if (body === undefined) return badRequest('The body is no JSON.')
  const problem = problemOfPersisted(body)
  if (problem !== null) return badRequest(problem)
  const admitted = registered()?.admit(body) ?? { asked: body }
  return 'refused' in admitted ? unregistered(admitted.refused) : { asked: { body: admitted.asked, search: '' }, text }
}

const badRequest = (problem: string, status = 400): Problem => ({ status, code: 'BAD_REQUEST', problem })

const unregistered = (code: Unregistered): Problem => ({ status: 400, code, problem: UNREGISTERED[code] })

interface Known {
  readonly executor: OperationExecutor
  readonly checked: Checked
  readonly request: OperationRequest
}

/** The operation of a body, if it can run as it is; whatever is wrong with it is for Apollo Server to say. */
function knownOperation(executor: OperationExecutor, body: unknown, context: RouterContext): Known | null {
  if (!isObject(body)) return null
  const { query, operationName = null, variables = null, extensions = null } = body
  if (typeof query !== 'string' || extensions !== null) return null
  if (operationName !== null && typeof operationName !== 'string') return null
  if (variables !== null && !isObject(variables)) return null
  const document = executor.documents.find(query)
  if (!document) return null
  const request: OperationRequest = {
    text: query,
    operationName: operationName ?? undefined,
    variables: variables ?? {},
    context,
  }
  const checked = executor.check(document, request)
  if ('errors' in checked || checked.operation.operation.operation === 'subscription') return null
  return { executor, checked, request }
}

const acceptOf = ({ headers }: IncomingMessage): string => headers.accept ?? ''

/**
 * A refusal as GraphQL's own media type for whoever takes it: as plain JSON clients do not read the errors in an answer
 * whose status is not 2xx (GraphQL over HTTP, "Processing the response").
 */
function inAcceptedType(request: IncomingMessage, reply: Reply): Reply {
  if (!acceptOf(request).includes(GRAPHQL_TYPE)) return reply
  return { ...reply, headers: { ...reply.headers, 'content-type': `${GRAPHQL_TYPE}; charset=utf-8` } }
}

/** 401 for credentials that do not hold, 503 when they could not be judged. */
function refusalReply(error: Error, traceId: string, logger: Logger): Reply {
  if (error instanceof RefusalError) {
    const refused = errorReply(401, error.code, error.message, traceId)
    return { ...refused, headers: { ...refused.headers, 'www-authenticate': 'Bearer error="invalid_token"' } }
  }
  if (!(error instanceof Fault)) throw error
  logger.warn({ error }, 'a token could not be judged')
  return errorReply(503, error.code, ERROR_MESSAGES[error.code], traceId)
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // Told to the client as what it is; there is nothing to log.
    return undefined
  }
}

/** What is wrong with the persisted query of a body, or null. Apollo Server would call it a failure of ours. */
function problemOfPersisted(body: unknown): string | null {
  if (!isObject(body) || !isObject(body.extensions)) return null
  const { persistedQuery = null } = body.extensions
  if (persistedQuery === null) return null
  if (!isObject(persistedQuery) || persistedQuery.version !== 1) return 'Persisted queries are of version 1.'
  const { sha256Hash: hash } = persistedQuery
  if (typeof hash !== 'string') return 'A persisted query is named by its hash.'
  if (typeof body.query !== 'string') return null
  return sha256(body.query) === hash ? null : 'The document is not the one of its hash.'
}

function idempotencyKeyOf({ headers }: IncomingMessage): string | null {
  const key = headers['x-idempotency']
  return typeof key === 'string' && key.length > 0 && key.length <= MAX_IDEMPOTENCY_KEY ? key : null
}
