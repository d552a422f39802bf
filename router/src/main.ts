import { readFile } from 'node:fs/promises'
import { createSigner, redisRateLimiter, runMain, systemClock, tlsOf } from '@corridor/platform'
import { type RouterConfig, readRouterConfig } from './config.ts'
import { createRouter, type RouterLimits, type SiteOptions } from './index.ts'
import { reloadFiles } from './reload.ts'

/** Which subgraph takes the callbacks of each provider, and of Identity Server's webhooks. */
const CALLBACK_OWNERS = { stripe: 'payment', complycube: 'profile', 'identity-server': 'profile' }
/** Sandboxes are no providers of production. */
const SANDBOX_OWNERS = { sandbox: 'payment', 'sandbox-kyc': 'profile' }

/** The router as a process of its own. */
await runMain('router', async ({ logger, onStop }) => {
  const config = readRouterConfig(process.env)
  const { REDIS_URL, REGISTERED_OPERATIONS, SUBGRAPH_URLS, assertion } = config
  const production = config.PLATFORM_MODE === 'production'
  const supergraphSdl = await readFile(config.SUPERGRAPH, 'utf8')
  const operations =
    REGISTERED_OPERATIONS === undefined
      ? null
      : { path: REGISTERED_OPERATIONS, text: await readFile(REGISTERED_OPERATIONS, 'utf8') }
  const rateLimiter = REDIS_URL === undefined ? undefined : redisRateLimiter({ url: REDIS_URL, logger })
  if (rateLimiter) onStop('the limits', () => rateLimiter.close())
  const router = createRouter({
    supergraphSdl,
    ...(SUBGRAPH_URLS === undefined ? {} : { subgraphUrls: SUBGRAPH_URLS }),
    signer: createSigner({ issuer: 'router', privateJwk: config.INTERNAL_PRIVATE_KEY, clock: systemClock }),
    identity: {
      issuer: config.OIDC_ISSUER,
      audience: config.OIDC_AUDIENCE,
      jwks: new URL(config.OIDC_JWKS_URI),
      keysMaxAgeSeconds: config.OIDC_KEYS_MAX_AGE_SECONDS,
      ...(assertion === null ? {} : { assertion }),
    },
    authModes: config.AUTH_MODES,
    clock: systemClock,
    logger,
    limits: limitsOf(config),
    processes: config.STATUS_URLS,
    slowOperationMs: config.SLOW_OPERATION_MS,
    rateLimiter,
    trustedProxies: config.TRUSTED_PROXIES,
    registeredOperations: operations?.text,
    allowedOrigins: config.ALLOWED_ORIGINS,
    callbackOwners: production ? CALLBACK_OWNERS : { ...CALLBACK_OWNERS, ...SANDBOX_OWNERS },
    production,
    site: config.WEB_DIRECTORY === undefined ? undefined : siteOf(config.WEB_DIRECTORY, config),
    tls: tlsOf(config),
  })
  const running = await router.listen(config.PORT, config.HOST)
  onStop('the server', () => running.close())
  const reloading = reloadFiles(
    [
      { path: config.SUPERGRAPH, text: supergraphSdl, take: (text) => running.replaceSupergraph(text) },
      ...(operations ? [{ ...operations, take: running.replaceRegisteredOperations }] : []),
    ],
    logger,
  )
  onStop('reloading', () => reloading.stop())
  process.on('SIGHUP', () => reloading.reload())
  logger.info({ port: running.port }, 'listening')
})

function limitsOf(config: RouterConfig): Partial<RouterLimits> {
  return {
    callerRequestsPerSecond: config.CALLER_REQUESTS_PER_SECOND,
    addressRequestsPerSecond: config.ADDRESS_REQUESTS_PER_SECOND,
    connectionsPerAddress: config.CONNECTIONS_PER_ADDRESS,
    socketsPerCaller: config.SOCKETS_PER_CALLER,
    subscriptionsPerCaller: config.SUBSCRIPTIONS_PER_CALLER,
  }
}

function siteOf(directory: string, { OIDC_ISSUER, WEB_CLIENT_ID, TRACE_URL }: RouterConfig): SiteOptions {
  return { directory, config: { issuer: OIDC_ISSUER, clientId: WEB_CLIENT_ID, traceUrl: TRACE_URL ?? null } }
}
