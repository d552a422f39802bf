import { setImmediate } from 'node:timers/promises'
import {
  type Clock,
  closeHttp,
  type DependencyState,
  inProcessRateLimiter,
  invariant,
  type Logger,
  listenHttp,
  type RateLimiter,
  type Signer,
  type Tls,
} from '@corridor/platform'
import { createApolloHttp } from './apollo-http.ts'
import type { CallbackOwners } from './callbacks.ts'
import { boundByAddress } from './connections.ts'
import { createGraphqlHttp } from './graphql-http.ts'
import { type AuthMode, createIdentity, type IdentityOptions } from './identity.ts'
import { DEFAULT_LIMITS, type RouterLimits } from './limits.ts'
import { checkSubgraphs } from './readiness.ts'
import { type RegisteredOperations, readManifest } from './registered-operations.ts'
import { createRequestLimits } from './request-limits.ts'
import { MeasuredExecutor, MeasuredSubscriptions, measured } from './router-metrics.ts'
import { createRoutes, GRAPHQL_PATH } from './routes.ts'
import type { SiteOptions } from './site.ts'
import { createAgent, createSubgraphClients } from './subgraph-client.ts'
import { serveSubscriptions } from './subscriptions/serve-subscriptions.ts'
import { readSupergraph, readSupergraphInSteps, type SupergraphModel } from './supergraph.ts'

export interface RouterDeps {
  /** The composed schema, as `npm run compose` writes it. */
  readonly supergraphSdl: string
  /** Addresses that differ from the composed ones, by subgraph: http://localhost:8001/graphql */
  readonly subgraphUrls?: Readonly<Record<string, string>>
  /** Signs the tokens that subgraphs take, as issuer `router`. */
  readonly signer: Signer
  readonly identity: IdentityOptions
  readonly authModes: readonly AuthMode[]
  readonly clock: Clock
  readonly logger: Logger
  readonly limits?: Partial<RouterLimits>
  /** Counts requests; the owner closes it. Default: of this process alone. */
  readonly rateLimiter?: RateLimiter | undefined
  /** Proxies in front of the router that each add to `X-Forwarded-For`. Default: none, and the header is not read. */
  readonly trustedProxies?: number
  /** A manifest of the only operations that are taken, see `readManifest`. Default: every valid one is. */
  readonly registeredOperations?: string | undefined
  /** Origins of browsers that may call, on HTTP and WebSocket, beside the router's own. */
  readonly allowedOrigins: readonly string[]
  readonly callbackOwners: CallbackOwners
  /** Which subgraph serves downloads and the keys of its seals. Default: the ledger. */
  readonly filesOwner?: string
  /** No embedded Sandbox. */
  readonly production?: boolean
  readonly introspection?: boolean
  /** What the process is called in `GET /status`, where more than the router may be in it. Default: `router`. */
  readonly processName?: string
  /** Where other processes tell of themselves, by name, for `GET /status`: http://127.0.0.1:9464 */
  readonly processes?: Readonly<Record<string, string>> | undefined
  /** Operations that take longer are logged with the shape of their plan. Default: a second. */
  readonly slowOperationMs?: number
  /** The web app, served at `/`; without it `/` leads to the GraphQL endpoint. */
  readonly site?: SiteOptions | undefined
  /** Serves HTTPS, and shows the same certificate to subgraphs; undefined: plain HTTP, for loopback. */
  readonly tls?: Tls | undefined
}

export interface RunningRouter {
  /** http://localhost:4000/graphql */
  readonly url: string
  readonly port: number
  /**
   * Takes another supergraph, for requests and subscriptions that come from then on. What was asked most of late is
   * planned first. Rejects, and stays as it is, when the text is none.
   */
  replaceSupergraph(sdl: string): Promise<void>
  /** Takes another manifest of registered operations. Throws, and stays as it is, when the text is none. */
  replaceRegisteredOperations(manifest: string): void
  close(): Promise<void>
}

export interface Router {
  listen(port: number, host?: string): Promise<RunningRouter>
  /** Every subgraph's readiness, asked now. */
  ready(): Promise<readonly DependencyState[]>
}

const LOOPBACK = '127.0.0.1'
const SLOW_OPERATION_MS = 1_000
/** Requests that have not ended by then are cut off when the router closes. */
const DRAIN_TIMEOUT_MS = 5_000

/** The one door of the platform: authentication, scopes, limits, plans, subscriptions. It knows no rule of the business. */
export function createRouter(deps: RouterDeps): Router {
  const { clock, logger, signer, production = false } = deps
  const limits: RouterLimits = { ...DEFAULT_LIMITS, ...deps.limits }
  const introspection = deps.introspection ?? !production
  const { trustedProxies = 0 } = deps
  const requestLimits = createRequestLimits({
    limiter: deps.rateLimiter ?? inProcessRateLimiter(),
    limits,
    trustedProxies,
  })
  const identity = createIdentity({ identity: deps.identity, authModes: deps.authModes, clock, logger })
  const dispatcher = createAgent(limits, deps.tls)
  const supergraph = readSupergraph(deps.supergraphSdl)
  const current = { urls: urlsOf(supergraph, deps) }
  let registered: RegisteredOperations | null =
    deps.registeredOperations === undefined ? null : readManifest(deps.registeredOperations)
  const ready = () => checkSubgraphs(current.urls, dispatcher)

  const start = async (port: number, host: string): Promise<RunningRouter> => {
    const clients = measured(createSubgraphClients({ urls: () => current.urls, signer, limits, logger, tls: deps.tls }))
    const executorOf = (supergraph: SupergraphModel) => {
      const made = new MeasuredExecutor(supergraph, clients, limits, { introspection })
      return made.tellSlow({ slowMs: deps.slowOperationMs ?? SLOW_OPERATION_MS, logger })
    }
    let executor = executorOf(supergraph)
    const apollo = await createApolloHttp({
      supergraphSdl: deps.supergraphSdl,
      executor: () => executor,
      limits,
      logger,
      production,
      introspection,
    })
    const subscriptions = new MeasuredSubscriptions({
      urls: () => current.urls,
      transport: clients,
      signer,
      limits,
      logger,
      tls: deps.tls,
    })
    const graphql = createGraphqlHttp({
      apollo,
      executor: () => executor,
      identity,
      limits,
      requestLimits,
      registered: () => registered,
      logger,
    })
    const routes = createRoutes({
      graphql,
      site: deps.site,
      urls: () => current.urls,
      ready,
      identity,
      requestLimits,
      allowedOrigins: deps.allowedOrigins,
      callbackOwners: deps.callbackOwners,
      callbackBytes: limits.callbackBytes,
      filesOwner: deps.filesOwner ?? 'ledger',
      processName: deps.processName ?? 'router',
      processes: deps.processes ?? {},
      dispatcher,
      production,
      logger,
    })
    const { cert, key } = deps.tls ?? {}
    const listening = await listenHttp(routes, { port, host, limits, tls: deps.tls && { cert, key } })
    if (trustedProxies === 0) boundByAddress(listening.server, limits.connectionsPerAddress)
    const sockets = serveSubscriptions({
      server: listening.server,
      path: GRAPHQL_PATH,
      executor: () => executor,
      subscriptions,
      identity,
      allowedOrigins: deps.allowedOrigins,
      limits,
      requestLimits,
      registered: () => registered,
      clock,
      logger,
    })
    return {
      port: listening.port,
      url: `${deps.tls === undefined ? 'http' : 'https'}://localhost:${listening.port}${GRAPHQL_PATH}`,
      async replaceSupergraph(sdl) {
        const next = executorOf(await readSupergraphInSteps(sdl))
        const urls = urlsOf(next.supergraph, deps)
        await next.prepareLike(executor)
        await setImmediate()
        apollo.replace(next.supergraph.schema, sdl)
        executor = next
        current.urls = urls
      },
      replaceRegisteredOperations(manifest) {
        registered = readManifest(manifest)
      },
      async close() {
        await sockets.close()
        await closeHttp(listening.server, DRAIN_TIMEOUT_MS)
        await apollo.close()
        await Promise.all([clients.close(), dispatcher.close()])
      },
    }
  }

  return { ready, listen: (port, host = LOOPBACK) => start(port, host) }
}

function urlsOf({ routingUrls }: SupergraphModel, { subgraphUrls }: RouterDeps): ReadonlyMap<string, string> {
  const urls = new Map([...routingUrls].map(([name, url]) => [name, subgraphUrls?.[name] ?? url]))
  for (const [name, url] of urls) invariant(URL.canParse(url), `subgraph ${name} has an address`)
  return urls
}
