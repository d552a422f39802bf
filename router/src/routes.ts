import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import {
  type DependencyState,
  ERROR_MESSAGES,
  type Logger,
  type PartState,
  reportOf,
  stateOf,
} from '@corridor/platform'
import type { Dispatcher } from 'undici'
import { CALLBACK_PATH, type CallbackOwners, forwardCallback } from './callbacks.ts'
import { countClient } from './client-metrics.ts'
import { crossOriginHeaders, preflight } from './cross-origin.ts'
import { BodyTooLarge, errorReply, jsonReply, type Reply, send } from './http.ts'
import type { Identity } from './identity.ts'
import { isLedgerFile, streamLedgerFile } from './ledger-files.ts'
import { readinessReply } from './readiness.ts'
import { type RequestLimits, tooManyRequests } from './request-limits.ts'
import { secured } from './security-headers.ts'
import { createSite, type SiteOptions } from './site.ts'
import { answerStatus } from './status.ts'

export interface RoutesOptions {
  readonly graphql: (request: IncomingMessage, response: ServerResponse) => Promise<Reply>
  readonly site: SiteOptions | undefined
  /** Of the subgraphs, by name, now. */
  readonly urls: () => ReadonlyMap<string, string>
  readonly ready: () => Promise<readonly DependencyState[]>
  readonly identity: Identity
  readonly requestLimits: RequestLimits
  readonly allowedOrigins: readonly string[]
  readonly callbackOwners: CallbackOwners
  readonly callbackBytes: number
  readonly filesOwner: string
  readonly processName: string
  readonly processes: Readonly<Record<string, string>>
  readonly dispatcher: Dispatcher
  readonly production: boolean
  readonly logger: Logger
}

export const GRAPHQL_PATH = '/graphql'

/** Answers every HTTP request of the router, each by who knows its path. */
export function createRoutes(options: RoutesOptions): RequestListener {
  const respond = createResponder(options)
  return (request, response) =>
    void (isLedgerFile(request) ? answerFile(request, response, options) : answer(request, response, respond, options))
}

type Respond = (request: IncomingMessage, response: ServerResponse) => Promise<Reply>

function createResponder(options: RoutesOptions): Respond {
  const { graphql, identity, dispatcher, allowedOrigins, processes, ready } = options
  const site = options.site === undefined ? async () => null : createSite(options.site)
  const own = () => reportOf(options.processName)
  const subgraphs = async () => (await ready()).map(asPart)

  const respondGraphql: Respond = async (request, response) => {
    if (request.method === 'OPTIONS') return preflight(request, allowedOrigins)
    countClient(request.headers)
    const reply = await graphql(request, response)
    return { ...reply, headers: { ...reply.headers, ...crossOriginHeaders(request, allowedOrigins) } }
  }
  return async (request, response) => {
    const path = (request.url ?? '/').split('?', 1)[0] ?? '/'
    if (path === GRAPHQL_PATH) return respondGraphql(request, response)
    if (request.method === 'GET' && path === '/health') return jsonReply(200, { status: 'ok', service: 'router' })
    const refused = tooSoon(request, options)
    if (refused !== null) return refused
    const provider = CALLBACK_PATH.exec(path)?.[1]
    if (provider !== undefined && request.method === 'POST') {
      const { callbackOwners: owners, callbackBytes: maxBytes, logger } = options
      return forwardCallback({ request, provider, owners, urls: options.urls(), dispatcher, maxBytes, logger })
    }
    if (request.method !== 'GET') return nothingHere()
    if (path === '/ready') return readinessReply(await ready())
    if (path === '/status') return answerStatus(request, { identity, dispatcher, subgraphs, own, processes })
    const page = await site(request)
    if (page !== null) return page
    return path === '/' ? { status: 302, headers: { location: GRAPHQL_PATH }, body: '' } : nothingHere()
  }
}

const nothingHere = (): Reply => errorReply(404, 'NOT_FOUND', 'There is nothing here.')

function tooSoon(request: IncomingMessage, { requestLimits }: RoutesOptions): Reply | null {
  const waitMs = requestLimits.ofAddress(requestLimits.addressOf(request))
  return waitMs === null ? null : tooManyRequests(waitMs)
}

/** A subgraph as a part of the platform, as far as the router can see. */
const asPart = (reached: DependencyState): PartState => ({
  name: `${reached.name}-service`,
  state: stateOf([reached]),
  dependencies: [{ ...reached, name: 'reached by the router' }],
})

async function answerFile(request: IncomingMessage, response: ServerResponse, options: RoutesOptions): Promise<void> {
  const { urls, filesOwner, dispatcher, production, logger } = options
  const refused = tooSoon(request, options)
  if (refused !== null) return send(response, secured(refused, production))
  await streamLedgerFile({ request, response, ledgerUrl: urls().get(filesOwner), dispatcher, production, logger })
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  respond: Respond,
  { production, logger }: RoutesOptions,
): Promise<void> {
  const reply = (given: Reply): void => send(response, secured(given, production))
  try {
    reply(await respond(request, response))
  } catch (error) {
    if (request.destroyed && !request.complete) return // The client left before its request was whole.
    if (error instanceof BodyTooLarge) {
      const refused = errorReply(413, 'QUERY_TOO_COMPLEX', error.message)
      reply({ ...refused, headers: { ...refused.headers, connection: 'close' } })
      return
    }
    logger.error({ error }, 'a request failed')
    reply(errorReply(500, 'INTERNAL_SERVER_ERROR', ERROR_MESSAGES.INTERNAL_SERVER_ERROR))
  }
}
