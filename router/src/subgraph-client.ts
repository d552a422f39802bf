import type { GraphQLDataSource, GraphQLDataSourceProcessOptions } from '@apollo/gateway'
import { ERROR_MESSAGES, type Logger, type Signer } from '@corridor/platform'
import { Agent, Pool } from 'undici'
import type { RouterContext } from './context.ts'
import type { RouterLimits } from './limits.ts'

type Response = Awaited<ReturnType<GraphQLDataSource['process']>>

export interface SubgraphClient extends GraphQLDataSource {
  readonly name: string
  readonly url: string
  close(): Promise<void>
}

export interface SubgraphClientOptions {
  /** The subgraph's name, which is the audience of its tokens. */
  readonly name: string
  readonly url: string
  readonly signer: Signer
  readonly limits: RouterLimits
  readonly logger: Logger
}

const UNAUTHORIZED = 401

/**
 * One subgraph over kept-alive connections. It gets the operation, a token made for it on behalf of the caller, the
 * trace and the idempotency key: nothing else of the client's request goes further.
 */
export function createSubgraphClient(options: SubgraphClientOptions): SubgraphClient {
  const { name, url, signer, limits, logger } = options
  const { origin, pathname } = new URL(url)
  const pool = new Pool(origin, {
    connections: limits.subgraphConnections,
    headersTimeout: limits.subgraphTimeoutMs,
    bodyTimeout: limits.subgraphTimeoutMs,
    maxResponseSize: limits.subgraphResponseBytes,
  })

  const send = async (body: string, context: RouterContext): Promise<Response> => {
    const token = await signer.sign(name, context.caller)
    const { statusCode, body: answer } = await pool.request({
      method: 'POST',
      path: pathname,
      headers: { ...headersFor(context), authorization: `Bearer ${token}` },
      body,
      signal: context.signal,
    })
    const parsed: unknown = await answer.json()
    if (statusCode === UNAUTHORIZED) throw new Error('the internal token was refused')
    if (!isResponse(parsed)) throw new Error(`answered ${statusCode} with something that is no GraphQL response`)
    return parsed
  }

  return {
    name,
    url,
    async process({ request, context, pathInIncomingRequest }: ProcessOptions) {
      const { query, operationName, variables } = request
      try {
        // The gateway hands on the context of the operation, which is ours.
        return await send(JSON.stringify({ query, operationName, variables }), context as RouterContext)
      } catch (error) {
        logger.warn({ error, subgraph: name }, 'a subgraph did not answer')
        return unavailable(pathInIncomingRequest)
      }
    },
    close: () => pool.close(),
  }
}

type ProcessOptions = GraphQLDataSourceProcessOptions & {
  readonly pathInIncomingRequest?: readonly (string | number)[]
}

function headersFor({ trace, idempotencyKey }: RouterContext): Record<string, string> {
  return {
    'content-type': 'application/json',
    accept: 'application/json',
    traceparent: trace.traceparent,
    ...(trace.tracestate === null ? {} : { tracestate: trace.tracestate }),
    ...(idempotencyKey === null ? {} : { 'x-idempotency': idempotencyKey }),
  }
}

/** Located where the subgraph's part begins, if that is one place; `@` stands for every item of a list. */
function unavailable(path: readonly (string | number)[] | undefined): Response {
  const located = path !== undefined && path.length > 0 && !path.includes('@')
  const error = { message: ERROR_MESSAGES.SERVICE_UNAVAILABLE, extensions: { code: 'SERVICE_UNAVAILABLE' } }
  return { data: null, errors: [located ? { ...error, path: [] } : error] }
}

const isResponse = (value: unknown): value is Response =>
  typeof value === 'object' && value !== null && ('data' in value || 'errors' in value)

/** Connections for what is no GraphQL: readiness and callbacks. */
export const createAgent = (limits: RouterLimits): Agent =>
  new Agent({ headersTimeout: limits.subgraphTimeoutMs, bodyTimeout: limits.subgraphTimeoutMs })
