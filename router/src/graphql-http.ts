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

type Body = { readonly text: string; readonly value: unknown } | { readonly status: number; readonly problem: string }

/**
 * GraphQL over HTTP. Apollo Server answers every kind of request and the first of every document; a POST of a document
 * that it has taken before, with an `Accept` that it has answered before, goes straight to the executor.
 */
export function createGraphqlHttp(
  options: GraphqlHttpOptions,
): (request: IncomingMessage, response: ServerResponse) => Promise<Reply> {
  const { apollo, executor, identity, limits, requestLimits, registered, logger } = options
  /** By `Accept`: the type that Apollo Server chose. */
  const contentTypes = new LRUCache<string, string>({ max: KNOWN_ACCEPTS })
  const running = new RunningQueries()

  const throughApollo = async (request: IncomingMessage, asked: Asked, given: RouterContext): Promise<Reply> => {
    const reply = await apollo.answer(request, asked, given)
    const type = reply.headers?.['content-type']
    if (request.method === 'POST' && reply.status === OK && type !== undefined) {
      contentTypes.set(acceptOf(request), type)
    }
    return reply
  }

  const answer = async (request: IncomingMessage, response: ServerResponse, trace: TraceHeaders): Promise<Reply> => {
    const addressWaitMs = requestLimits.ofAddress(requestLimits.addressOf(request))
    if (addressWaitMs !== null) return inAcceptedType(request, tooManyRequests(addressWaitMs, trace.traceId))
    const found = await identity.authenticate(credentialsOf(request.headers)).catch((error: unknown) => error)
    if (found instanceof Error) return inAcceptedType(request, refusalReply(found, trace.traceId, logger))
    const caller = found as Caller // Whatever is not an error is what was awaited.
    const callerWaitMs = requestLimits.ofCaller(caller)
    if (callerWaitMs !== null) return inAcceptedType(request, tooManyRequests(callerWaitMs, trace.traceId))
    const context: RouterContext = {
      caller,
      trace,
      idempotencyKey: idempotencyKeyOf(request),
      deadlineMs: performance.now() + limits.requestTimeoutMs,
    }
    const leaving = (): RouterContext => {
      const departure = new Departure()
      onceOver(response, () => departure.leave())
      return { ...context, departure }
    }
    const unregistered = (code: Unregistered): Reply =>
      inAcceptedType(request, errorReply(400, code, UNREGISTERED[code], trace.traceId))
    if (request.method !== 'POST') {
      const search = registered()?.admitSearch(searchOf(request)) ?? { asked: searchOf(request) }
      return 'refused' in search
        ? unregistered(search.refused)
        : throughApollo(request, { search: search.asked }, leaving())
    }
    const body = await jsonBody(request, limits)
    const refused = (status: number, problem: string): Reply =>
      inAcceptedType(request, errorReply(status, 'BAD_REQUEST', problem, trace.traceId))
    if ('problem' in body) return refused(body.status, body.problem)
    const problem = problemOfPersisted(body.value)
    if (problem !== null) return refused(400, problem)
    const admitted = registered()?.admit(body.value) ?? { asked: body.value }
    if ('refused' in admitted) return unregistered(admitted.refused)
    const { asked } = admitted
    const contentType = contentTypes.get(acceptOf(request))
    const known = contentType === undefined ? null : knownOperation(executor(), asked, context)
    if (contentType === undefined || !known) return throughApollo(request, { body: asked, search: '' }, leaving())
    const run = async (departure?: Departure): Promise<Reply> => {
      const operation = departure ? { ...known.request, context: { ...context, departure } } : known.request
      return {
        status: OK,
        headers: { 'cache-control': 'no-store', 'content-type': contentType },
        body: responseText(await known.executor.run(known.checked, operation), context, logger),
      }
    }
    if (known.checked.operation.operation.operation !== 'query') return run()
    return running.share({ caller, key: `${contentType}\n${body.text}`, response, run })
  }

  return (request, response) => {
    const trace = openTrace(request.headers, request.method === 'POST' ? 'POST /graphql' : 'GET /graphql')
    const reply = answer(request, response, trace)
    return trace.span === null ? reply : ending(trace.span, reply)
  }
}

interface RunningQuery {
  readonly departure: Departure
  readonly reply: Promise<Reply>
  waiting: number
}

/**
 * Queries that run now. Another with the same text for the same caller, that is with the same token and so the same
 * scopes, gets the same answer: of what it would see, the first sees nothing else. When all who wait have left, it is
 * given up.
 */
class RunningQueries {
  readonly #running = new WeakMap<Caller, Map<string, RunningQuery>>()

  share(input: {
    caller: Caller
    key: string
    response: ServerResponse
    run: (departure: Departure) => Promise<Reply>
  }): Promise<Reply> {
    const { caller, key, response, run } = input
    let ofCaller = this.#running.get(caller)
    if (!ofCaller) {
      ofCaller = new Map()
      this.#running.set(caller, ofCaller)
    }
    const running = ofCaller
    const query = running.get(key) ?? this.#start(running, key, run)
    query.waiting += 1
    onceOver(response, () => {
      query.waiting -= 1
      if (query.waiting > 0) return
      query.departure.leave()
      if (running.get(key) === query) running.delete(key)
    })
    return query.reply
  }

  #start(running: Map<string, RunningQuery>, key: string, run: (departure: Departure) => Promise<Reply>): RunningQuery {
    const departure = new Departure()
    const reply = run(departure).finally(() => {
      if (running.get(key) === query) running.delete(key)
    })
    const query: RunningQuery = { departure, reply, waiting: 0 }
    running.set(key, query)
    return query
  }
}

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

async function jsonBody(request: IncomingMessage, limits: RouterLimits): Promise<Body> {
  if (!JSON_TYPE.test(request.headers['content-type'] ?? '')) {
    return { status: 415, problem: 'The body must be application/json.' }
  }
  const text = (await readBody(request, limits.bodyBytes)).toString('utf8')
  try {
    return { text, value: JSON.parse(text) }
  } catch {
    // Told to the client as what it is; there is nothing to log.
    return { status: 400, problem: 'The body is no JSON.' }
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
