import { kafkaEnvironment } from '@corridor/events'
import type { SubgraphName } from '@corridor/subgraph'
import type { DatabaseName } from '../databases.ts'
import { AUDIENCE, type Foundation } from '../foundation.ts'
import { routerUrl, SUBGRAPHS } from '../ports.ts'
import type { Issuer } from '../secrets.ts'
import { subgraphUrl } from '../service-clients.ts'
import type { BetweenProcesses, External } from '../settings.ts'
import { allowedOrigins, mailSettings, SUPERGRAPH_FILE } from '../start-platform.ts'
import { profileSettings, sandboxKycSettings } from '../start-subgraphs.ts'
import { webSite } from '../web-site.ts'
import type { Part } from './supervisor.ts'

export interface PartsInput
  extends Foundation,
    BetweenProcesses,
    Pick<External, 'allowPrivateWebhooks' | 'apiManager' | 'keysMaxAgeSeconds'> {
  readonly fees?: External['fees'] | undefined
  readonly mail?: External['mail'] | undefined
  readonly web?: Pick<External, 'webClientId' | 'traceUrl'>
  readonly rateIntervalMs: number
  /** Settings of forex, by the names of their variables. */
  readonly forex: Environment
}

type Environment = Readonly<Record<string, string>>

/** Every part of the platform that has a process of its own, with its settings; later ones need earlier ones. */
export function partsOf(input: PartsInput): { subgraphs: Part[]; workers: Part[]; router: Part } {
  return { subgraphs: subgraphParts(input), workers: workerParts(input), router: routerPart(input) }
}

function subgraphParts(input: PartsInput): Part[] {
  const { secrets, redisUrl } = input
  const sandboxKyc = sandboxKycSettings(input)
  const own: Readonly<Record<SubgraphName, Environment>> = {
    forex: {
      ...calls(input, 'forex-service', 'ledger'),
      ...ratesOf(input),
      IDEMPOTENCY_SECRET: secrets.text('forex.idempotency'),
    },
    ledger: { PUBLIC_URL: routerUrl(input.ports) },
    payment: {
      ...calls(input, 'payment-service', 'forex', 'profile', 'rule-engine', 'wallet'),
      IDEMPOTENCY_SECRET: secrets.text('payment.idempotency'),
      CALLBACK_SECRET: secrets.text('payment.callback'),
      ...webhookSettings(input),
      ...(input.fees === undefined ? {} : { PAYMENT_FEES: JSON.stringify(input.fees) }),
    },
    profile: {
      ...profileEnvironment(input),
      ...calls(input, 'profile-service', 'ledger', 'payment'),
      PLATFORM_MODE: 'development',
      IDEMPOTENCY_SECRET: secrets.text('profile.idempotency'),
      IDENTITY_WEBHOOK_SECRET: secrets.text('profile.identityWebhook'),
      KYC_PROVIDER: 'sandbox',
      KYC_SANDBOX_CALLBACK_URL: sandboxKyc.callbackUrl,
      KYC_SANDBOX_SECRET: sandboxKyc.callbackSecret,
      KYC_SANDBOX_PAGE_URL: sandboxKyc.pageUrl,
    },
    'rule-engine': { ...calls(input, 'rule-engine-service', 'forex'), PLATFORM_MODE: 'development' },
    wallet: {
      ...calls(input, 'wallet-service', 'ledger', 'profile'),
      IDEMPOTENCY_SECRET: secrets.text('wallet.idempotency'),
    },
  }
  return SUBGRAPHS.map((name) => ({
    name,
    main: `subgraphs/${name}/dist/main.js`,
    env: {
      PORT: String(input.ports[name]),
      REDIS_URL: redisUrl,
      INTERNAL_PUBLIC_KEYS: JSON.stringify(secrets.publicKeys),
      ...databaseOf(input, name),
      ...own[name],
    },
  }))
}

function workerParts(input: PartsInput): Part[] {
  const { ports, secrets, redisUrl } = input
  const kafka = kafkaEnvironment(input.kafka)
  const worker = (name: string, env: Environment): Part => ({ name, main: `workers/dist/${name}/main.js`, env })
  return [
    worker('forex-poller', {
      ...databaseOf(input, 'forex'),
      ...ratesOf(input),
      ...kafka,
      REDIS_URL: redisUrl,
    }),
    worker('payment-processor', {
      PLATFORM_MODE: 'development',
      ...databaseOf(input, 'payment'),
      ...calls(input, 'payment-processor', 'forex', 'ledger', 'profile', 'rule-engine'),
      REDIS_URL: redisUrl,
      CALLBACK_URL: `${routerUrl(ports)}/callbacks/sandbox`,
      CALLBACK_SECRET: secrets.text('payment.callback'),
    }),
    worker('ledger-sealer', {
      ...databaseOf(input, 'ledger'),
      REDIS_URL: redisUrl,
      LEDGER_SEALING_KEY: JSON.stringify(secrets.sealingKey),
    }),
    worker('reconciler', {
      ...databaseOf(input, 'ledger'),
      ...databaseOf(input, 'payment'),
      ...databaseOf(input, 'wallet'),
      REDIS_URL: redisUrl,
    }),
    worker('outbox-relay', {
      ...Object.assign({}, ...SUBGRAPHS.map((name) => databaseOf(input, name))),
      ...kafka,
      REDIS_URL: redisUrl,
    }),
    worker('profile-sync', { ...databaseOf(input, 'profile'), ...profileEnvironment(input), REDIS_URL: redisUrl }),
    worker('mailer', {
      ...databaseOf(input, 'profile'),
      ...calls(input, 'mailer', 'profile'),
      ...kafka,
      ...mailSettings(input),
      PLATFORM_MODE: 'development',
    }),
    worker('risk-counters', { ...databaseOf(input, 'rule-engine'), ...kafka }),
    worker('webhook-sender', {
      ...databaseOf(input, 'payment'),
      ...kafka,
      ...webhookSettings(input),
      REDIS_URL: redisUrl,
    }),
  ]
}

function routerPart({ ports, secrets, identity, keysMaxAgeSeconds, redisUrl, apiManager, web = {} }: PartsInput): Part {
  const site = webSite(identity.issuer, web)
  return {
    name: 'router',
    main: 'router/dist/main.js',
    env: {
      PLATFORM_MODE: 'development',
      PORT: String(ports.router),
      SUPERGRAPH: SUPERGRAPH_FILE,
      SUBGRAPH_URLS: JSON.stringify(Object.fromEntries(SUBGRAPHS.map((name) => [name, subgraphUrl(ports, name)]))),
      INTERNAL_PRIVATE_KEY: JSON.stringify(secrets.privateKey('router')),
      OIDC_ISSUER: identity.issuer,
      OIDC_JWKS_URI: identity.jwks.href,
      OIDC_AUDIENCE: AUDIENCE,
      ...(keysMaxAgeSeconds === undefined ? {} : { OIDC_KEYS_MAX_AGE_SECONDS: String(keysMaxAgeSeconds) }),
      ALLOWED_ORIGINS: allowedOrigins(ports).join(','),
      REDIS_URL: redisUrl,
      ...(site ? { WEB_DIRECTORY: site.directory, WEB_CLIENT_ID: site.config.clientId } : {}),
      ...(web.traceUrl === undefined ? {} : { TRACE_URL: web.traceUrl }),
      ...(apiManager
        ? {
            AUTH_MODES: 'bearer,assertion',
            AM_JWKS_URI: apiManager.jwksUri,
            AM_API_CONTEXT: apiManager.apiContext,
          }
        : {}),
    },
  }
}

/** Keys of personal data, and the identity server whose users profiles are of. */
function profileEnvironment(input: PartsInput): Environment {
  const { keysDatabaseUrl, masterKey, indexKey } = profileSettings(input)
  const { scimUrl, tokenUrl, clientId, clientSecret } = input.identity.management
  return {
    PROFILE_KEYS_DATABASE_URL: keysDatabaseUrl,
    PROFILE_MASTER_KEY: masterKey,
    PROFILE_INDEX_KEY: indexKey,
    IDENTITY_SCIM_URL: scimUrl,
    IDENTITY_TOKEN_URL: tokenUrl,
    IDENTITY_CLIENT_ID: clientId,
    IDENTITY_CLIENT_SECRET: clientSecret,
  }
}

const webhookSettings = ({ secrets, allowPrivateWebhooks = false }: PartsInput): Environment => ({
  WEBHOOK_KEY: secrets.text('payment.webhook'),
  WEBHOOKS_ALLOW_PRIVATE: String(allowPrivateWebhooks),
})

const ratesOf = ({ forex, dynamodbEndpoint, rateIntervalMs }: PartsInput): Environment => ({
  ...forex,
  DYNAMODB_ENDPOINT: dynamodbEndpoint,
  RATE_INTERVAL_MS: String(rateIntervalMs),
})

/** What a service needs that calls those subgraphs. */
const calls = ({ ports, secrets }: PartsInput, issuer: Issuer, ...audiences: readonly SubgraphName[]): Environment => ({
  INTERNAL_PRIVATE_KEY: JSON.stringify(secrets.privateKey(issuer)),
  ...Object.fromEntries(audiences.map((name) => [`${inCapitals(name)}_URL`, subgraphUrl(ports, name)])),
})

const databaseOf = ({ databases }: PartsInput, name: DatabaseName): Environment => ({
  [`${inCapitals(name)}_DATABASE_URL`]: databases[name],
})

const inCapitals = (name: string): string => name.toUpperCase().replaceAll('-', '_')
