import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { StartError } from '@corridor/dev-services'
import { type KafkaConnection, readKafkaConnection } from '@corridor/events'
import { FEE_SETTINGS, type FeePolicy } from '@corridor/payment'
import { OPERATIONS_SETTINGS, readConfig, setting } from '@corridor/platform'
import { mailEnvironment } from '@corridor/workers'
import { forexEnvironment, readForexSettings } from './forex-settings.ts'
import { type PlatformPorts, portsMovedBy } from './ports.ts'

/** The root of the project, from `src` and from `dist` alike. */
export const PROJECT_ROOT = fileURLToPath(new URL('../../../', import.meta.url))

/** What replaces an embedded part, by the variable that names it. */
export interface External {
  readonly databaseUrl?: string
  readonly redisUrl?: string
  readonly kafka?: KafkaConnection
  /** The variables of a mail server, as they are. */
  readonly mail?: Readonly<Record<string, string>>
  readonly dynamodbEndpoint?: string
  /** Settings of forex, by the names of their variables. */
  readonly forex?: Readonly<Record<string, string>>
  readonly oidcIssuer?: string
  /** How long that issuer's keys are taken that could not be read again. */
  readonly keysMaxAgeSeconds?: number
  /** The gateway whose assertions the router takes beside access tokens. */
  readonly apiManager?: { readonly jwksUri: string; readonly apiContext: string }
  /** What payments cost; 50 basis points everywhere where it is not set. */
  readonly fees?: FeePolicy
  /** Lets webhooks lead to this machine and to private networks, for whoever tries them here. */
  readonly allowPrivateWebhooks?: boolean
  /** The public client of the web app at that issuer. */
  readonly webClientId?: string
  /** Where a trace can be looked at, with `{traceId}` in it. */
  readonly traceUrl?: string
  /** By which services manage the users of that issuer, by SCIM2. */
  readonly identityClient?: { readonly clientId: string; readonly clientSecret: string }
}

/** The addresses that processes cannot do without: nothing embedded reaches from one to another. */
export interface BetweenProcesses {
  readonly redisUrl: string
  readonly kafka: KafkaConnection
}

export interface PlatformSettings {
  readonly dataDirectory: string
  readonly ports: PlatformPorts
  readonly portOffset: number
  readonly external: External
  readonly logLevel: string
  /** Where Prometheus and operators ask this process. */
  readonly operationsPort: number | undefined
  readonly slowStatements: { readonly thresholdMs: number; readonly plans: boolean }
}

type Environment = Readonly<Record<string, string | undefined>>

/** Every address that production must name, since the embedded part behind it is for development alone. */
const REQUIRED_IN_PRODUCTION = [
  'DATABASE_URL',
  'REDIS_URL',
  'KAFKA_BROKERS',
  'DYNAMODB_ENDPOINT',
  'OIDC_ISSUER',
  'OANDA_API_KEY',
  'FUNDING_PROVIDER',
  'SMTP_HOST',
  'OTEL_EXPORTER_OTLP_ENDPOINT',
] as const

const MAX_PORT_OFFSET = 50_000

/**
 * Reads the environment once.
 *
 * @throws ConfigError listing every bad name; StartError when production would need an embedded part.
 */
export function readPlatformSettings(env: Environment): PlatformSettings {
  refuseEmbeddedInProduction(env)
  const config = readConfig(env, {
    DATA_DIR: setting.text(join(PROJECT_ROOT, '.data')),
    PLATFORM_PORT_OFFSET: setting.integer(0, MAX_PORT_OFFSET),
    LOG_LEVEL: setting.oneOf(['debug', 'info', 'warn', 'error', 'fatal', 'silent'], 'warn'),
    OPERATIONS_PORT: setting.optional(setting.port()),
    SLOW_STATEMENT_MS: OPERATIONS_SETTINGS.SLOW_STATEMENT_MS,
    SLOW_STATEMENT_PLANS: OPERATIONS_SETTINGS.SLOW_STATEMENT_PLANS,
    DATABASE_URL: setting.optional(setting.url()),
    REDIS_URL: setting.optional(setting.url()),
    DYNAMODB_ENDPOINT: setting.optional(setting.text()),
    OIDC_ISSUER: setting.optional(setting.url()),
    OIDC_KEYS_MAX_AGE_SECONDS: setting.optional(setting.integer()),
    IDENTITY_CLIENT_ID: setting.optional(setting.text()),
    IDENTITY_CLIENT_SECRET: setting.optional(setting.text()),
    WEB_CLIENT_ID: setting.optional(setting.text()),
    TRACE_URL: setting.optional(setting.text()),
    AM_JWKS_URI: setting.optional(setting.url()),
    AM_API_CONTEXT: setting.optional(setting.text()),
    FUNDING_PROVIDER: setting.oneOf(['sandbox'], 'sandbox'),
    WEBHOOKS_ALLOW_PRIVATE: setting.flag(false),
    ...FEE_SETTINGS,
  })
  const forex = forexEnvironment(env)
  readForexSettings(forex) // What is wrong is said at once, and not by the part that it is for.
  return {
    dataDirectory: resolve(config.DATA_DIR),
    portOffset: config.PLATFORM_PORT_OFFSET,
    ports: portsMovedBy(config.PLATFORM_PORT_OFFSET),
    logLevel: config.LOG_LEVEL,
    operationsPort: config.OPERATIONS_PORT,
    slowStatements: { thresholdMs: config.SLOW_STATEMENT_MS, plans: config.SLOW_STATEMENT_PLANS },
    external: {
      allowPrivateWebhooks: config.WEBHOOKS_ALLOW_PRIVATE,
      ...(config.PAYMENT_FEES === undefined ? {} : { fees: config.PAYMENT_FEES }),
      ...(config.DATABASE_URL === undefined ? {} : { databaseUrl: config.DATABASE_URL }),
      ...(config.REDIS_URL === undefined ? {} : { redisUrl: config.REDIS_URL }),
      ...(env.SMTP_HOST ? { mail: mailEnvironment(env) } : {}),
      ...(env.KAFKA_BROKERS ? { kafka: readKafkaConnection(env) } : {}),
      forex,
      ...(config.DYNAMODB_ENDPOINT === undefined ? {} : { dynamodbEndpoint: config.DYNAMODB_ENDPOINT }),
      ...(config.OIDC_ISSUER === undefined ? {} : { oidcIssuer: config.OIDC_ISSUER }),
      ...(config.OIDC_KEYS_MAX_AGE_SECONDS === undefined
        ? {}
        : { keysMaxAgeSeconds: config.OIDC_KEYS_MAX_AGE_SECONDS }),
      ...(config.WEB_CLIENT_ID === undefined ? {} : { webClientId: config.WEB_CLIENT_ID }),
      ...(config.TRACE_URL === undefined ? {} : { traceUrl: config.TRACE_URL }),
      ...(config.IDENTITY_CLIENT_ID === undefined || config.IDENTITY_CLIENT_SECRET === undefined
        ? {}
        : { identityClient: { clientId: config.IDENTITY_CLIENT_ID, clientSecret: config.IDENTITY_CLIENT_SECRET } }),
      ...(config.AM_JWKS_URI === undefined || config.AM_API_CONTEXT === undefined
        ? {}
        : { apiManager: { jwksUri: config.AM_JWKS_URI, apiContext: config.AM_API_CONTEXT } }),
    },
  }
}

/** What processes meet over. @throws StartError when one of the two is missing. */
export function betweenProcesses({ redisUrl, kafka, ...others }: External): External & BetweenProcesses {
  if (redisUrl !== undefined && kafka !== undefined) return { ...others, redisUrl, kafka }
  const missing = [...(redisUrl === undefined ? ['REDIS_URL'] : []), ...(kafka === undefined ? ['KAFKA_BROKERS'] : [])]
  throw new StartError(
    `A process per part needs ${missing.join(' and ')}, for nothing embedded reaches across processes.`,
    'name a Redis and a Kafka that run, or start everything in one process with npm start',
  )
}

/** In production nothing embedded is loaded: whatever has no address is missing, and all of it is named at once. */
export function refuseEmbeddedInProduction(env: Environment): void {
  if (env.PLATFORM_MODE !== 'production') return
  const missing = REQUIRED_IN_PRODUCTION.filter((name) => !env[name])
  if (missing.length > 0) {
    throw new StartError(
      `PLATFORM_MODE=production takes no embedded part, and these are not set: ${missing.join(', ')}.`,
      'set them, or start without PLATFORM_MODE for development',
    )
  }
  throw new StartError(
    'PLATFORM_MODE=production does not run the platform in one process, which is for development.',
    'run each part by its own main.js',
  )
}
