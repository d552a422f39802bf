import { type Client, createClient } from 'graphql-ws'
import { readResuming, type Sink } from './resume.ts'

/** `idle`: nobody listens. `lost`: it was there, and is being tried again. */
export type ConnectionState = 'idle' | 'connecting' | 'live' | 'lost'

export interface LiveRequest {
  readonly query: string
  readonly variables: Readonly<Record<string, unknown>>
}

export interface LiveResult {
  readonly data?: Record<string, unknown> | null
  readonly errors?: readonly object[]
}

export interface LiveConnectionOptions {
  readonly url: string
  /** A token that is valid now, or null when there is none to be had. */
  readonly token: () => Promise<string | null>
}

const FIRST_PAUSE_MS = 500
const LONGEST_PAUSE_MS = 5_000
const KEEP_ALIVE_MS = 10_000
/** A socket that answers no ping for this long is lost, whatever the browser still thinks of it. */
const PONG_TIMEOUT_MS = 5_000

/**
 * One socket for all subscriptions. When it is lost each goes on by itself, behind the last event that it has seen, and
 * whoever asks is told how the connection is.
 */
export class LiveConnection {
  readonly #client: Client
  readonly #listeners = new Set<() => void>()
  #state: ConnectionState = 'idle'
  #pausing: Promise<void> | undefined

  constructor({ url, token }: LiveConnectionOptions) {
    let pongTimer: ReturnType<typeof setTimeout> | undefined
    let socket: WebSocket | undefined
    this.#client = createClient({
      url,
      // Its own retries would ask again from where the first request began: readResuming knows better.
      retryAttempts: 0,
      keepAlive: KEEP_ALIVE_MS,
      connectionParams: async () => {
        const value = await token()
        return value === null ? {} : { authorization: `Bearer ${value}` }
      },
      on: {
        connecting: () => this.#state === 'lost' || this.#change('connecting'),
        opened: (opened) => {
          socket = opened as WebSocket // The browser's own class, which createClient uses here.
        },
        connected: () => this.#change('live'),
        ping: (received) => {
          if (received) return
          pongTimer = setTimeout(() => socket?.close(4408, 'no answer to a ping'), PONG_TIMEOUT_MS)
        },
        pong: (received) => received && clearTimeout(pongTimer),
        closed: (event) => {
          clearTimeout(pongTimer)
          this.#change(stateAfter(event instanceof CloseEvent ? event.code : undefined))
        },
      },
    })
  }

  get state(): ConnectionState {
    return this.#state
  }

  /** Told of every change of `state`; returns what ends it. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Reads a subscription whose events may have a `cursor`, which its variable `after` resumes. */
  read({ query, variables }: LiveRequest, sink: Sink<LiveResult>): () => void {
    return readResuming<LiveResult>(
      {
        open: (after, inner) =>
          this.#client.subscribe(
            { query, variables: after === undefined ? variables : { ...variables, after } },
            { next: (result) => inner.next(result as LiveResult), error: inner.error, complete: inner.complete },
          ),
        cursorOf,
        isLost: (error) => !Array.isArray(error),
        pause: (failures) => this.#pause(failures),
      },
      sink,
    )
  }

  /** One pause for all who wait, so that they come back over one new socket. */
  #pause(failures: number): Promise<void> {
    this.#pausing ??= new Promise<void>((resolve) => {
      const bound = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (failures - 1))
      const done = (): void => {
        clearTimeout(timer)
        removeEventListener('online', done)
        this.#pausing = undefined
        resolve()
      }
      // Spread, so that not every page comes back in one moment; at once when the network says that it is back.
      const timer = setTimeout(done, bound / 2 + (bound / 2) * Math.random())
      addEventListener('online', done)
    })
    return this.#pausing
  }

  #change(state: ConnectionState): void {
    if (state === this.#state) return
    this.#state = state
    for (const listener of this.#listeners) listener()
  }
}

const LEFT = 1000
const TOKEN_EXPIRED = 4403

/** How things stand once the socket is closed. That a token ran out is no loss: it is renewed, and nobody need know. */
function stateAfter(code: number | undefined): ConnectionState {
  if (code === LEFT) return 'idle'
  return code === TOKEN_EXPIRED ? 'connecting' : 'lost'
}

/** The cursor of the one root field of a subscription's event, where it has one. */
export function cursorOf({ data }: LiveResult): string | undefined {
  for (const event of Object.values(data ?? {})) {
    if (typeof event === 'object' && event !== null && 'cursor' in event && typeof event.cursor === 'string') {
      return event.cursor
    }
  }
  return undefined
}
