import { createClient, type Client as Sockets } from 'graphql-ws'
import { WebSocket } from 'ws'

/** What a program sees of an operation: data as far as there is any, and the codes of errors. */
export interface Seen {
  readonly data: unknown
  readonly codes: readonly string[]
}

/** What every client library can do, so that one suite tries them all. */
export interface RealClient {
  query(text: string, variables?: Variables): Promise<Seen>
  mutate(text: string, variables?: Variables): Promise<Seen>
  /** Resumes behind the last cursor seen when the library reconnects. @returns what ends it. */
  subscribe(text: string, variables: Variables, onEvent: (seen: Seen) => void): () => void
  /** Breaks off the connection, as a network does. */
  drop(): void
  close(): Promise<void>
}

export type Variables = Record<string, unknown>
/** `token` null: nobody. */
export type MakeClient = (url: string, token: string | null) => RealClient

/** A graphql-ws client that reconnects at once, and whose connection can be broken. */
export function breakableSockets(url: string, token: string | null): { client: Sockets; drop(): void } {
  const open = new Set<WebSocket>()
  class Breakable extends WebSocket {
    constructor(address: string, protocols: string) {
      super(address, protocols)
      open.add(this)
      this.once('close', () => open.delete(this))
    }
  }
  const client = createClient({
    url: url.replace(/^http/, 'ws'),
    webSocketImpl: Breakable,
    retryWait: () => Promise.resolve(),
    ...(token === null ? {} : { connectionParams: { authorization: `Bearer ${token}` } }),
  })
  return {
    client,
    drop() {
      for (const socket of open) socket.terminate()
    },
  }
}

/**
 * Lets the library's own reconnection resume behind the last event: graphql-ws sends a subscription's variables again as
 * they are then.
 */
export function resumeBehind(variables: Variables, data: unknown): void {
  for (const event of Object.values((data ?? {}) as Record<string, unknown>)) {
    if (typeof event === 'object' && event !== null && 'cursor' in event) variables.after = event.cursor
  }
}

export const codesOf = (errors: readonly { readonly extensions?: Readonly<Record<string, unknown>> | undefined }[]) =>
  errors.map(({ extensions }) => String(extensions?.code ?? 'NONE'))
