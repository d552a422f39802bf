/**
 * The older subprotocol `graphql-ws` (of subscriptions-transport-ws), as frames of graphql-transport-ws: gateways pass
 * on whichever of both a client chose, and both mean the same.
 */
export const OLDER_PROTOCOL = 'graphql-ws'

export const isOlder = ({ protocol }: { readonly protocol: string }): boolean => protocol === OLDER_PROTOCOL

/** Sent regularly: clients of this protocol have no pong. */
export const OLDER_KEEP_ALIVE = '{"type":"ka"}'

/** The type of a frame with an event, as JSON. */
export const OLDER_EVENT_TYPE = '"data"'

/** Sent before the connection of a client is refused: these do not look at close codes. */
export const connectionError = (message: string): string =>
  JSON.stringify({ type: 'connection_error', payload: { message } })

const INCOMING: Readonly<Record<string, string>> = { start: 'subscribe', stop: 'complete' }
const OUTGOING: Readonly<Record<string, string>> = { next: 'data' }
const INIT = 'connection_init'
const TERMINATE = 'connection_terminate'

type Take = (frame: string) => Promise<void>

/**
 * Takes a client's frames in the newer words. Clients of the older protocol do not wait for the acknowledgement: what
 * they send before it is taken after it. What is no frame goes on as it is, to be refused.
 */
export function takeOlder(take: Take, goodbye: () => void): Take {
  let acknowledged: Promise<void> = Promise.resolve()
  return async (frame) => {
    const message = parsed(frame)
    if (message?.type === TERMINATE) return goodbye()
    if (message?.type === INIT) {
      acknowledged = take(frame)
      return acknowledged
    }
    await acknowledged
    if (!message) return take(frame)
    const type = Object.hasOwn(INCOMING, message.type) ? INCOMING[message.type] : message.type
    return take(JSON.stringify({ ...message, type }))
  }
}

/** The router's frame in the older words: an error is one, not a list. */
export function toOlder(frame: string): string {
  const message = parsed(frame)
  if (!message) return frame
  const { type, payload } = message
  if (type === 'error' && Array.isArray(payload)) return JSON.stringify({ ...message, payload: payload[0] as unknown })
  return JSON.stringify({ ...message, type: Object.hasOwn(OUTGOING, type) ? OUTGOING[type] : type })
}

function parsed(frame: string): (Readonly<Record<string, unknown>> & { readonly type: string }) | null {
  try {
    const message: unknown = JSON.parse(frame)
    if (typeof message !== 'object' || message === null || !('type' in message)) return null
    const { type } = message
    return typeof type === 'string' ? { ...message, type } : null
  } catch {
    // The protocol closes with its own code for it.
    return null
  }
}
