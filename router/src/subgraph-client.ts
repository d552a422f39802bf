import { Fault, type Logger, type Signer, type Tls } from '@corridor/platform'
import { Agent, type Dispatcher, Pool } from 'undici'
import type { RouterContext } from './context.ts'
import type { Departure } from './departure.ts'
import type { Transport } from './execution/transport.ts'
import type { RouterLimits } from './limits.ts'
import { inFetch } from './spans.ts'

export interface SubgraphClients extends Transport {
  close(): Promise<void>
}

export interface SubgraphClientsOptions {
  /** By the subgraph's name, which is the audience of its tokens; read anew for each request. */
  readonly urls: () => ReadonlyMap<string, string>
  readonly signer: Signer
  readonly limits: RouterLimits
  readonly logger: Logger
  /** What the router shows to subgraphs, and the authority that it trusts. */
  readonly tls?: Tls | undefined
}

const UNAUTHORIZED = 401

/**
 * Every subgraph over kept-alive connections. It gets the operation, a token made for it on behalf of the caller, the
 * trace and the idempotency key: nothing else of the client's request goes further. Nothing is sent twice.
 */
export function createSubgraphClients({ urls, signer, limits, logger, tls }: SubgraphClientsOptions): SubgraphClients {
  const pools = new Map<string, { pool: Pool; path: string }>()
  const poolOf = (subgraph: string) => {
    const url = urls().get(subgraph)
    if (url === undefined) throw new Fault('SERVICE_UNAVAILABLE', `Subgraph ${subgraph} has no address.`)
    let found = pools.get(url)
    if (!found) {
      const { origin, pathname } = new URL(url)
      const pool = new Pool(origin, {
        connections: limits.subgraphConnections,
        maxResponseSize: limits.subgraphResponseBytes,
        ...connectBy(tls),
      })
      found = { pool, path: pathname }
      pools.set(url, found)
    }
    return found
  }

  const send = async (subgraph: string, body: string, context: RouterContext): Promise<string> => {
    const { departure } = context
    const timeoutMs = Math.max(0, Math.min(limits.subgraphTimeoutMs, context.deadlineMs - performance.now()))
    try {
      if (departure?.left) throw new Error('the client left')
      const { pool, path } = poolOf(subgraph)
      const token = await signer.sign(subgraph, context.caller)
      return await post({
        pool,
        path,
        headers: headersFor(context, token),
        body,
        timeoutMs,
        departure,
        spent: context.spent,
      })
    } catch (error) {
      if (!departure?.left) logger.warn({ error, subgraph }, 'a subgraph did not answer')
      throw new Fault('SERVICE_UNAVAILABLE', `Subgraph ${subgraph} did not answer.`, { cause: error })
    }
  }

  return {
    send(subgraph, body, context) {
      const parent = context.trace.span
      if (parent === null) return send(subgraph, body, context)
      return inFetch({ subgraph, parent, context }, (inside) => send(subgraph, body, inside))
    },
    close: async () => {
      await Promise.all([...pools.values()].map(({ pool }) => pool.close()))
    },
  }
}

function headersFor({ trace, idempotencyKey }: RouterContext, token: string): string[] {
  const headers = [
    'content-type',
    'application/json',
    'accept',
    'application/json',
    'authorization',
    `Bearer ${token}`,
    'traceparent',
    trace.traceparent,
  ]
  if (trace.tracestate !== null) headers.push('tracestate', trace.tracestate)
  if (idempotencyKey !== null) headers.push('x-idempotency', idempotencyKey)
  return headers
}

/** The answer's text, unless the client leaves before. Its time counts from here, waiting for a connection included. */
function post(input: {
  pool: Pool
  path: string
  headers: string[]
  body: string
  timeoutMs: number
  departure: Departure | undefined
  spent: RouterContext['spent']
}): Promise<string> {
  const { pool, path, headers, body, timeoutMs, departure, spent } = input
  return new Promise((resolve, reject) => {
    let running: Dispatcher.DispatchController | null = null
    let problem: Error | null = null
    const chunks: Buffer[] = []
    const fail = (error: Error): void => {
      problem ??= error
      reject(problem)
      running?.abort(problem)
    }
    const timer = setTimeout(() => fail(new Error(`no answer within ${Math.round(timeoutMs)} ms`)), timeoutMs)
    departure?.add(fail)
    const over = (): void => {
      clearTimeout(timer)
      departure?.delete(fail)
    }
    pool.dispatch(
      { method: 'POST', path, headers, body, headersTimeout: 0, bodyTimeout: 0 },
      {
        onRequestStart(controller) {
          running = controller
          if (problem) controller.abort(problem)
        },
        onResponseStart(_controller, status, answerHeaders) {
          if (spent !== undefined) spent.databaseMs += databaseMsOf(answerHeaders['server-timing'])
          if (status === UNAUTHORIZED) fail(new Error('the internal token was refused'))
        },
        onResponseData(_controller, chunk) {
          chunks.push(chunk)
        },
        onResponseEnd() {
          over()
          const [only] = chunks
          resolve(chunks.length === 1 && only ? only.toString() : Buffer.concat(chunks).toString())
        },
        onResponseError(_controller, error) {
          over()
          reject(problem ?? error)
        },
      },
    )
  })
}

/** Connections for what is no GraphQL: readiness and callbacks. */
export const createAgent = ({ subgraphTimeoutMs }: RouterLimits, tls: Tls | undefined): Agent =>
  new Agent({ headersTimeout: subgraphTimeoutMs, bodyTimeout: subgraphTimeoutMs, ...connectBy(tls) })

const connectBy = (tls: Tls | undefined) => (tls === undefined ? {} : { connect: { ...tls } })

const DATABASE_TIMING = /\bdb;dur=(\d+(?:\.\d+)?)/

function databaseMsOf(timing: string | string[] | undefined): number {
  return typeof timing === 'string' ? Number(DATABASE_TIMING.exec(timing)?.[1] ?? 0) : 0
}
