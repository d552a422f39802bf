import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  ConfigError,
  createSigner,
  isJwk,
  readConfig,
  runMain,
  type Setting,
  setting,
  systemClock,
  TLS_SETTINGS,
  tlsOf,
} from '@corridor/platform'
import { type AuthMode, createRouter, type SiteOptions } from './index.ts'

const DEFAULT_PORT = 4_000
const SUPERGRAPH = join(import.meta.dirname, '..', '..', 'supergraph.graphql')
const AUTH_MODES: readonly AuthMode[] = ['bearer', 'assertion']
/** Which subgraph takes the callbacks of each provider, and of Identity Server's webhooks. */
const CALLBACK_OWNERS = { stripe: 'payment', complycube: 'profile', 'identity-server': 'profile' }
/** Sandboxes are no providers of production. */
const SANDBOX_OWNERS = { sandbox: 'payment', 'sandbox-kyc': 'profile' }

const isUrls = (value: unknown): value is Record<string, string> =>
  typeof value === 'object' &&
  value !== null &&
  Object.values(value).every((item) => typeof item === 'string' && URL.canParse(item))

const authModes: Setting<readonly AuthMode[]> = {
  parse: (text) => {
    const named = text.split(',').map((item) => AUTH_MODES.find((mode) => mode === item.trim()))
    return named.every((mode) => mode !== undefined) ? named : undefined
  },
  absent: { value: ['bearer'] },
  expects: `a list of ${AUTH_MODES.join(' and ')}`,
}

/** The router as a process of its own. */
await runMain('router', async ({ logger, onStop }) => {
  const config = readConfig(process.env, {
    PLATFORM_MODE: setting.oneOf(['development', 'production'], 'production'),
    PORT: setting.port(DEFAULT_PORT),
    HOST: setting.text('127.0.0.1'),
    SUPERGRAPH: setting.text(SUPERGRAPH),
    SUBGRAPH_URLS: setting.optional(setting.json(isUrls, 'a JSON object of URLs by the name of their subgraph')),
    INTERNAL_PRIVATE_KEY: setting.json(isJwk, 'the private JWK of the router'),
    OIDC_ISSUER: setting.text(),
    OIDC_JWKS_URI: setting.url(),
    OIDC_AUDIENCE: setting.text(),
    AUTH_MODES: authModes,
    AM_JWKS_URI: setting.optional(setting.url()),
    AM_API_CONTEXT: setting.optional(setting.text()),
    ALLOWED_ORIGINS: setting.list([]),
    WEB_DIRECTORY: setting.optional(setting.text()),
    WEB_CLIENT_ID: setting.text('corridor-web'),
    TRACE_URL: setting.optional(setting.text()),
    ...TLS_SETTINGS,
  })
  const { AM_JWKS_URI, AM_API_CONTEXT, SUBGRAPH_URLS, AUTH_MODES: modes } = config
  const assertion =
    AM_JWKS_URI !== undefined && AM_API_CONTEXT !== undefined
      ? { jwks: new URL(AM_JWKS_URI), apiContext: AM_API_CONTEXT }
      : null
  if (modes.includes('assertion') && assertion === null) {
    throw new ConfigError(['AUTH_MODES names assertion; AM_JWKS_URI and AM_API_CONTEXT must be set'])
  }
  const production = config.PLATFORM_MODE === 'production'
  const router = createRouter({
    supergraphSdl: await readFile(config.SUPERGRAPH, 'utf8'),
    ...(SUBGRAPH_URLS === undefined ? {} : { subgraphUrls: SUBGRAPH_URLS }),
    signer: createSigner({ issuer: 'router', privateJwk: config.INTERNAL_PRIVATE_KEY, clock: systemClock }),
    identity: {
      issuer: config.OIDC_ISSUER,
      audience: config.OIDC_AUDIENCE,
      jwks: new URL(config.OIDC_JWKS_URI),
      ...(assertion === null ? {} : { assertion }),
    },
    authModes: modes,
    clock: systemClock,
    logger,
    allowedOrigins: config.ALLOWED_ORIGINS,
    callbackOwners: production ? CALLBACK_OWNERS : { ...CALLBACK_OWNERS, ...SANDBOX_OWNERS },
    production,
    site: config.WEB_DIRECTORY === undefined ? undefined : siteOf(config.WEB_DIRECTORY, config),
    tls: tlsOf(config),
  })
  const running = await router.listen(config.PORT, config.HOST)
  onStop('the server', () => running.close())
  logger.info({ port: running.port }, 'listening')
})

function siteOf(
  directory: string,
  config: { OIDC_ISSUER: string; WEB_CLIENT_ID: string; TRACE_URL: string | undefined },
): SiteOptions {
  return {
    directory,
    config: { issuer: config.OIDC_ISSUER, clientId: config.WEB_CLIENT_ID, traceUrl: config.TRACE_URL ?? null },
  }
}
