import { ERROR_MESSAGES, type Logger, type Tls } from '@corridor/platform'
import { type ExecutionResult, GraphQLError } from 'graphql'
import { type Client, createClient } from 'graphql-ws'
import WebSocket from 'ws'
import type { Variables } from '../operation-executor.ts'
import { behind, type EventMark, markOf, type UpstreamOperation } from './upstream-operation.ts'

/** One event of the owning subgraph, as it came. */
export interface UpstreamEvent {
  readonly result: ExecutionResult
  readonly mark: EventMark
  /** About how much memory it takes. */
  readonly bytes: number
}

export interface UpstreamSink {
  onEvent(event: UpstreamEvent): void
  /** The stream is over; with `error`, because it failed for good. */
  onEnd(error: GraphQLError | null): void
}

export interface UpstreamOptions {
  readonly operation: UpstreamOperation
  /** http://localhost:8001/graphql */
  readonly url: string
  /** In which trace the subgraph opens it. */
  readonly traceparent: string
  /** A new internal token, for each connection. */
  readonly token: () => Promise<string>
  /** Reads the cursor of now from the subgraph's field of that name. */
  readonly readStart: (field: string) => Promise<string>
  readonly maxEventBytes: number
  readonly logger: Logger
  readonly tls?: Tls | undefined
}

const FIRST_WAIT_MS = 100
const MAX_WAIT_MS = 5_000
/** While it was never open, a client waits for an answer; afterwards a restart of the subgraph is sat out. */
const ATTEMPTS_TO_OPEN = 5
const ATTEMPTS_TO_REOPEN = 60
const HANDSHAKE_TIMEOUT_MS = 5_000
const KEEP_ALIVE_MS = 10_000
const PONG_TIMEOUT_MS = 5_000
/** A connection that lived this long was no failed attempt. */
const STEADY_MS = 10_000

/**
 * The owning subgraph's part of a subscription. Lost connections are made again with backoff; what has a cursor resumes
 * behind the last event (or behind the cursor read before opening), so that none is missed and none comes twice.
 */
export function openUpstream(options: UpstreamOptions, sink: UpstreamSink): { close(): void } {
  const { operation, logger } = options
  const { resume } = operation.live
  let closed = false
  let opened = false
  let failures = 0
  let cursor: string | null = null
  let client: Client | null = null
  let timer: NodeJS.Timeout | undefined

  const end = (error: GraphQLError | null): void => {
    if (closed) return
    close()
    sink.onEnd(error)
  }
  const close = (): void => {
    closed = true
    clearTimeout(timer)
    disconnect()
  }
  const disconnect = (): void => {
    const old = client
    client = null
    if (old)
      Promise.resolve(old.dispose()).catch((error: unknown) => logger.warn({ error }, 'an upstream did not close'))
  }
  const retry = (cause: unknown): void => {
    if (closed) return
    disconnect()
    failures += 1
    if (failures >= (opened ? ATTEMPTS_TO_REOPEN : ATTEMPTS_TO_OPEN)) {
      logger.warn({ subgraph: operation.subgraph, ...closeOf(cause) }, 'a subscription was given up')
      const extensions = { code: 'SERVICE_UNAVAILABLE' }
      end(new GraphQLError(ERROR_MESSAGES.SERVICE_UNAVAILABLE, { path: [operation.responseName], extensions }))
      return
    }
    const waitMs = Math.min(FIRST_WAIT_MS * 2 ** (failures - 1), MAX_WAIT_MS)
    timer = setTimeout(() => void connect(), waitMs * (0.5 + Math.random() / 2))
  }
  const onNext = (result: ExecutionResult): void => {
    if (closed) return
    failures = 0
    const mark = markOf(operation, result.data ?? null)
    cursor = mark.cursor ?? cursor
    sink.onEvent({ result, mark, bytes: JSON.stringify(result).length })
  }
  const connect = async (): Promise<void> => {
    try {
      if (resume?.start && cursor === null && !operation.startsAfter) {
        cursor = await options.readStart(resume.start)
      }
      if (closed) return
      if (opened && cursor !== null && operation.resumeQuery !== null) {
        subscribe({ query: operation.resumeQuery, variables: behind(operation, cursor) })
      } else subscribe({ query: operation.query, variables: operation.variables })
    } catch (error) {
      retry(error)
    }
  }
  const subscribe = ({ query, variables }: { query: string; variables: Variables }): void => {
    let openedAtMs = 0
    const own = connectionTo(options, () => {
      opened = true
      openedAtMs = performance.now()
    })
    client = own
    const { operationName } = operation
    own.subscribe<Record<string, unknown>>(
      { query, variables: { ...variables }, ...(operationName === undefined ? {} : { operationName }) },
      {
        next: (result) => client === own && onNext(result as ExecutionResult), // The protocol's result, with plain errors.
        complete: () => client === own && end(null),
        error: (error) => {
          if (client !== own) return
          if (Array.isArray(error)) return end(refused(error))
          if (openedAtMs > 0 && performance.now() - openedAtMs > STEADY_MS) failures = 0
          retry(error)
        },
      },
    )
  }
  void connect()
  return { close }
}

function connectionTo({ url, traceparent, token, maxEventBytes, tls }: UpstreamOptions, onOpen: () => void): Client {
  let pongTimeout: NodeJS.Timeout | undefined
  const client = createClient({
    url: url.replace(/^http/, 'ws'),
    webSocketImpl: class extends WebSocket {
      constructor(address: string, protocols: string | string[]) {
        super(address, protocols, {
          maxPayload: maxEventBytes,
          perMessageDeflate: false,
          handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
          ...tls,
        })
      }
    },
    connectionParams: async () => ({ authorization: `Bearer ${await token()}`, traceparent }),
    connectionAckWaitTimeout: HANDSHAKE_TIMEOUT_MS,
    keepAlive: KEEP_ALIVE_MS,
    retryAttempts: 0,
    on: {
      connected: onOpen,
      ping: (received) => {
        if (!received) pongTimeout = setTimeout(() => client.terminate(), PONG_TIMEOUT_MS)
      },
      pong: (received) => {
        if (received) clearTimeout(pongTimeout)
      },
      closed: () => clearTimeout(pongTimeout),
    },
  })
  return client
}

/** What the subgraph said no with, as an error of the subscription's field. */
function refused(errors: readonly unknown[]): GraphQLError {
  const [first] = errors as readonly Partial<GraphQLError>[] // The protocol's `error` message carries errors.
  return new GraphQLError(first?.message ?? ERROR_MESSAGES.INTERNAL_SERVER_ERROR, {
    ...(first?.path ? { path: first.path } : {}),
    extensions: { ...first?.extensions },
  })
}

function closeOf(cause: unknown): Record<string, unknown> {
  if (cause instanceof Error) return { error: cause }
  return typeof cause === 'object' && cause !== null && 'code' in cause ? { closeCode: cause.code } : {}
}
