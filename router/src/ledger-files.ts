import type { IncomingMessage, ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'
import type { Logger } from '@corridor/platform'
import type { Dispatcher } from 'undici'
import { errorReply, send } from './http.ts'
import { secured } from './security-headers.ts'

/** What the ledger serves to anybody: downloads, whose address is their permission, and the public keys of its seals. */
const FILE_PATH = /^\/(downloads\/[\w-]{43}|\.well-known\/jwks\.json)$/
const PASSED_ON = ['content-type', 'content-length', 'content-disposition', 'content-security-policy', 'cache-control']
/** A client that takes nothing for this long is left. */
const IDLE_TIMEOUT_MS = 60_000

export const isLedgerFile = ({ method, url = '' }: IncomingMessage): boolean => method === 'GET' && FILE_PATH.test(url)

/**
 * Streams a file of the ledger's to a client: no faster than he takes it, and no further than he stays. A stream that
 * breaks at the ledger is cut, so that nobody takes the part for the whole.
 */
export async function streamLedgerFile(input: {
  request: IncomingMessage
  response: ServerResponse
  ledgerUrl: string | undefined
  dispatcher: Dispatcher
  production: boolean
  logger: Logger
}): Promise<void> {
  const { request, response, ledgerUrl, dispatcher, production, logger } = input
  if (ledgerUrl === undefined) return send(response, secured(errorReply(404, 'NOT_FOUND', NOTHING), production))
  try {
    const answer = await dispatcher.request({
      origin: new URL(ledgerUrl).origin,
      path: request.url ?? '/',
      method: 'GET',
    })
    const headers = Object.fromEntries(
      PASSED_ON.flatMap((name) => (typeof answer.headers[name] === 'string' ? [[name, answer.headers[name]]] : [])),
    )
    response.writeHead(answer.statusCode, secured({ status: answer.statusCode, headers, body: '' }, production).headers)
    response.setTimeout(IDLE_TIMEOUT_MS, () => void response.destroy())
    await pipeline(answer.body, response)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ERR_STREAM_PREMATURE_CLOSE') return // He left.
    logger.warn({ error }, 'a file of the ledger could not be handed on') // Without its path: that is its permission.
    if (!response.headersSent) send(response, secured(errorReply(503, 'SERVICE_UNAVAILABLE', 'Try again.'), production))
  }
}

const NOTHING = 'There is nothing here.'
