import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import type { Logger } from '@corridor/platform'
import type { Dispatcher } from 'undici'
import { errorReply, type Reply, readBody } from './http.ts'
import { ending, openTrace } from './spans.ts'

/** Which subgraph takes the callbacks of each provider. */
export type CallbackOwners = Readonly<Record<string, string>>

export const CALLBACK_PATH = /^\/callbacks\/([a-z0-9][a-z0-9-]{0,31})$/

/** Of one connection only (RFC 9110, section 7.6.1), of another's traces, or made anew for the next. */
const HOP_BY_HOP = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'traceparent',
  'tracestate',
  'transfer-encoding',
  'upgrade',
])
/** A provider proves himself by his signature; identity inside the platform is never taken from outside. */
const IDENTITY = new Set(['authorization', 'cookie', 'x-jwt-assertion'])

/**
 * Hands a provider's callback to the subgraph that owns it, byte for byte, with the headers that carry its signature.
 * The owner checks it and answers after it has committed; its status is the provider's answer.
 */
export function forwardCallback(input: Callback): Promise<Reply> {
  // A provider's own trace is none of ours.
  const { traceparent, span } = openTrace({}, 'POST /callbacks/{provider}')
  const reply = forward(input, traceparent)
  return span === null ? reply : ending(span, reply)
}

interface Callback {
  request: IncomingMessage
  provider: string
  owners: CallbackOwners
  urls: ReadonlyMap<string, string>
  dispatcher: Dispatcher
  maxBytes: number
  logger: Logger
}

async function forward(input: Callback, traceparent: string): Promise<Reply> {
  const { request, provider, owners, urls, dispatcher, maxBytes, logger } = input
  const url = Object.hasOwn(owners, provider) ? urls.get(owners[provider] ?? '') : undefined
  if (url === undefined) return errorReply(404, 'NOT_FOUND', 'There is nothing here.')
  const body = await readBody(request, maxBytes)
  try {
    const answer = await dispatcher.request({
      origin: new URL(url).origin,
      path: `/callbacks/${provider}`,
      method: 'POST',
      headers: { ...forwarded(request.headers), traceparent },
      body,
    })
    const text = Buffer.from(await answer.body.arrayBuffer())
    const type = answer.headers['content-type']
    const headers = typeof type === 'string' ? { 'content-type': type } : {}
    return { status: answer.statusCode, headers, body: text }
  } catch (error) {
    logger.warn({ error, provider }, 'a callback could not be handed on')
    return errorReply(503, 'SERVICE_UNAVAILABLE', 'Try again.')
  }
}

function forwarded(headers: IncomingHttpHeaders): Record<string, string> {
  const kept: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || HOP_BY_HOP.has(name) || IDENTITY.has(name)) continue
    kept[name] = Array.isArray(value) ? value.join(', ') : value
  }
  return kept
}
