import { join } from 'node:path'
import { ConfigError, isJwk, readConfig, type Setting, setting, TLS_SETTINGS } from '@corridor/platform'
import type { AuthMode } from './identity.ts'
import { DEFAULT_KEYS_MAX_AGE_SECONDS } from './issuer-keys.ts'
import { DEFAULT_LIMITS } from './limits.ts'

const DEFAULT_PORT = 4_000
const SUPERGRAPH = join(import.meta.dirname, '..', '..', 'supergraph.graphql')
const AUTH_MODES: readonly AuthMode[] = ['bearer', 'assertion']
const MAX_PROXIES = 10
const MAX_LIMIT = 1_000_000
const DEFAULT_SLOW_OPERATION_MS = 1_000

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

function limit(absent: number): Setting<number> {
  const number = setting.integer(absent, MAX_LIMIT)
  return { ...number, parse: (text) => number.parse(text) || undefined, expects: `${number.expects}, not 0` }
}

const SETTINGS = {
  PLATFORM_MODE: setting.oneOf(['development', 'production'], 'production'),
  PORT: setting.port(DEFAULT_PORT),
  HOST: setting.text('127.0.0.1'),
  SUPERGRAPH: setting.text(SUPERGRAPH),
  SUBGRAPH_URLS: setting.optional(setting.json(isUrls, 'a JSON object of URLs by the name of their subgraph')),
  INTERNAL_PRIVATE_KEY: setting.json(isJwk, 'the private JWK of the router'),
  OIDC_ISSUER: setting.text(),
  OIDC_JWKS_URI: setting.url(),
  OIDC_AUDIENCE: setting.text(),
  /** How long the issuer's keys are taken that could not be read again. */
  OIDC_KEYS_MAX_AGE_SECONDS: limit(DEFAULT_KEYS_MAX_AGE_SECONDS),
  AUTH_MODES: authModes,
  AM_JWKS_URI: setting.optional(setting.url()),
  AM_API_CONTEXT: setting.optional(setting.text()),
  ALLOWED_ORIGINS: setting.list([]),
  REGISTERED_OPERATIONS: setting.optional(setting.text()),
  REDIS_URL: setting.optional(setting.url()),
  TRUSTED_PROXIES: setting.integer(0, MAX_PROXIES),
  CALLER_REQUESTS_PER_SECOND: limit(DEFAULT_LIMITS.callerRequestsPerSecond),
  ADDRESS_REQUESTS_PER_SECOND: limit(DEFAULT_LIMITS.addressRequestsPerSecond),
  CONNECTIONS_PER_ADDRESS: limit(DEFAULT_LIMITS.connectionsPerAddress),
  SOCKETS_PER_CALLER: limit(DEFAULT_LIMITS.socketsPerCaller),
  SUBSCRIPTIONS_PER_CALLER: limit(DEFAULT_LIMITS.subscriptionsPerCaller),
  WEB_DIRECTORY: setting.optional(setting.text()),
  WEB_CLIENT_ID: setting.text('corridor-web'),
  /** Where other processes tell of themselves, for GET /status. */
  STATUS_URLS: setting.optional(setting.json(isUrls, 'a JSON object of URLs by the name of their process')),
  SLOW_OPERATION_MS: setting.integer(DEFAULT_SLOW_OPERATION_MS),
  TRACE_URL: setting.optional(setting.text()),
  ...TLS_SETTINGS,
}

export type RouterConfig = ReturnType<typeof readConfig<typeof SETTINGS>> & {
  /** Of API Manager, where its assertions are taken. */
  readonly assertion: { readonly jwks: URL; readonly apiContext: string } | null
}

/** The settings of the process. @throws ConfigError naming every bad one. */
export function readRouterConfig(env: Readonly<Record<string, string | undefined>>): RouterConfig {
  const config = readConfig(env, SETTINGS)
  const { AM_JWKS_URI, AM_API_CONTEXT } = config
  const assertion =
    AM_JWKS_URI !== undefined && AM_API_CONTEXT !== undefined
      ? { jwks: new URL(AM_JWKS_URI), apiContext: AM_API_CONTEXT }
      : null
  if (config.AUTH_MODES.includes('assertion') && assertion === null) {
    throw new ConfigError(['AUTH_MODES names assertion; AM_JWKS_URI and AM_API_CONTEXT must be set'])
  }
  return { ...config, assertion }
}
