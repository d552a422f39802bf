import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  ROLE_SCOPES,
  SEED_CLIENTS,
  SEED_USERS,
  StartError,
  startDevelopmentIdentity,
  startDynamo,
  startPostgres,
} from '@corridor/dev-services'
import { inProcessBus } from '@corridor/events'
import { createForexConsumers, simulatedMarket } from '@corridor/forex'
import { createPaymentProcessor, sandboxProvider } from '@corridor/payment'
import { type Clock, inProcessWakeups, type Logger, redisWakeups, systemClock, type Wakeups } from '@corridor/platform'
import { createRouter, type IdentityOptions } from '@corridor/router'
import { createRiskConsumers } from '@corridor/rule-engine'
import { ForexPoller, OutboxRelay } from '@corridor/workers'
import { type DataDirectory, openDataDirectory } from './data-directory.ts'
import { type ApplicationUrls, applicationUrls, prepareDatabases } from './databases.ts'
import { startLedgerWorkers } from './ledger-workers.ts'
import { lockDataDirectory } from './lock.ts'
import { assertPortsFree, type PlatformPorts, resolvePorts, STANDARD_PORTS } from './ports.ts'
import { Secrets } from './secrets.ts'
import { seedProfiles } from './seed-profiles.ts'
import { ServiceClients, subgraphUrl } from './service-clients.ts'
import { type External, PROJECT_ROOT } from './settings.ts'
import { startSubgraphs } from './start-subgraphs.ts'
import { StopStack } from './stop-stack.ts'

export interface PlatformOptions {
  readonly dataDirectory: string
  /** Default: those of the documentation. 0 means any free one. */
  readonly ports?: PlatformPorts
  /** Addresses that replace embedded parts. */
  readonly external?: External
  readonly logger: Logger
  readonly clock?: Clock
  /** Told what is being done, a line at a time. */
  readonly onProgress?: (line: string) => void
  /** How often the simulated market moves. */
  readonly rateIntervalMs?: number
  /** How long the sandbox provider takes to settle a deposit. */
  readonly settleAfterMs?: number
}

export interface RunningPlatform {
  /** http://localhost:4000/graphql */
  readonly url: string
  readonly ports: PlatformPorts
  /** The token endpoint of the development identity; null with an issuer of one's own. */
  readonly tokenUrl: string | null
  readonly databases: ApplicationUrls
  stop(): Promise<void>
}

/** What every access token's `aud` holds. */
export const AUDIENCE = 'corridor'
const DEFAULT_RATE_INTERVAL_MS = 10_000
const SEED_DELIVERY_TIMEOUT_MS = 15_000
const MARKET_SEED = 'corridor'

/**
 * The whole platform in this process: databases, identity, six subgraphs, workers and the router, from one data folder.
 * A start that fails stops what it had started.
 *
 * @throws StartError with cause and remedy where they are known.
 */
export async function startPlatform(options: PlatformOptions): Promise<RunningPlatform> {
  const stops = new StopStack()
  try {
    return await start(options, stops)
  } catch (error) {
    await stops.stop().catch((failure: unknown) => options.logger.error({ error: failure }, 'not all was stopped'))
    throw error
  }
}

async function start(options: PlatformOptions, stops: StopStack): Promise<RunningPlatform> {
  const { logger, clock = systemClock, external = {}, rateIntervalMs = DEFAULT_RATE_INTERVAL_MS } = options
  const say = options.onProgress ?? (() => undefined)
  const supergraphSdl = readSupergraph()
  const directory = openDataDirectory(options.dataDirectory)
  const lock = await lockDataDirectory(directory)
  stops.push('the lock of the data folder', () => lock.release())
  const ports = await resolvePorts(options.ports ?? STANDARD_PORTS)
  await assertPortsFree(ports, portsToOpen(external))
  const secrets = await Secrets.open({
    path: directory.secretsFile,
    hasData: existsSync(join(directory.postgres.data, 'PG_VERSION')),
  })

  say('Starting PostgreSQL')
  const adminUrl = external.databaseUrl ?? (await embeddedPostgres({ directory, ports, secrets, stops }))
  say('Preparing databases')
  const databases = applicationUrls(
    await prepareDatabases({ adminUrl, passwordOf: (name, role) => secrets.text(`database.${name}.${role}`) }),
  )

  say('Starting identity and DynamoDB')
  if (external.dynamodbEndpoint === undefined) {
    const dynamo = await startDynamo({ port: ports.dynamo, path: directory.dynamo })
    stops.push('DynamoDB', () => dynamo.close())
  }
  const identity = await startIdentity({ options, directory, ports, stops, clock })
  const wakeups = startWakeups({ external, logger, stops })
  const clients = new ServiceClients({ ports, secrets, clock, stops })

  say('Starting forex, ledger, payment, profile, rule-engine, wallet')
  const shared = { databases, ports, secrets, clients, clock, logger, wakeups, stops, rateIntervalMs }
  const { profile } = await startSubgraphs(shared)

  say('Starting workers')
  const relay = await startWorkers({ ...shared, settleAfterMs: options.settleAfterMs })
  await seedProfiles(profile)
  // What the rules know of the seeded customers comes by these events.
  if (!(await relay.drained('profile', SEED_DELIVERY_TIMEOUT_MS))) {
    logger.warn('events of profiles are still being delivered')
  }

  say('Starting the router')
  const router = createRouter({
    supergraphSdl,
    subgraphUrls: Object.fromEntries(SUBGRAPHS.map((name) => [name, subgraphUrl(ports, name)])),
    signer: clients.signer('router'),
    identity: identity.options,
    authModes: ['bearer'],
    clock,
    logger,
    allowedOrigins: [4000, 5173, 8080, ports.router].map((port) => `http://localhost:${port}`),
    callbackOwners: { sandbox: 'payment' },
  })
  const running = await router.listen(ports.router)
  stops.push('the router', () => running.close())
  return { url: running.url, ports, tokenUrl: identity.tokenUrl, databases, stop: () => stops.stop() }
}

const SUBGRAPHS = ['forex', 'ledger', 'payment', 'profile', 'rule-engine', 'wallet'] as const

function readSupergraph(): string {
  const path = join(PROJECT_ROOT, 'supergraph.graphql')
  if (existsSync(path)) return readFileSync(path, 'utf8')
  throw new StartError(`${path} is missing.`, 'restore it from the repository, or make it with npm run compose')
}

/** PostgreSQL looks after its own port: it first ends a server that a killed run left behind. */
function portsToOpen(external: External): (keyof PlatformPorts)[] {
  return [
    'router',
    ...SUBGRAPHS,
    ...(external.oidcIssuer === undefined ? (['identity'] as const) : []),
    ...(external.dynamodbEndpoint === undefined ? (['dynamo'] as const) : []),
  ]
}

async function embeddedPostgres(input: {
  directory: DataDirectory
  ports: PlatformPorts
  secrets: Secrets
  stops: StopStack
}): Promise<string> {
  const { directory, ports, secrets, stops } = input
  const postgres = await startPostgres({
    dataDirectory: directory.postgres.data,
    binariesDirectory: directory.postgres.binaries,
    logFile: directory.postgres.log,
    port: ports.postgres,
    password: secrets.text('postgres'),
  })
  stops.push('PostgreSQL', () => postgres.stop())
  return postgres.adminUrl
}

async function startIdentity(input: {
  options: PlatformOptions
  directory: DataDirectory
  ports: PlatformPorts
  stops: StopStack
  clock: Clock
}): Promise<{ options: IdentityOptions; tokenUrl: string | null }> {
  const { options, directory, ports, stops, clock } = input
  const issuer = options.external?.oidcIssuer
  if (issuer !== undefined) {
    return { options: { issuer, audience: AUDIENCE, jwks: await discoverKeys(issuer) }, tokenUrl: null }
  }
  const identity = await startDevelopmentIdentity({
    port: ports.identity,
    directory: directory.identity,
    users: SEED_USERS,
    roles: ROLE_SCOPES,
    clients: SEED_CLIENTS,
    audience: AUDIENCE,
    clock,
    logger: options.logger,
  })
  stops.push('the development identity server', () => identity.close())
  const keys = new URL(identity.jwksUri)
  return {
    options: { issuer: identity.issuer, audience: AUDIENCE, jwks: keys },
    tokenUrl: `${identity.url}/oauth2/token`,
  }
}

const DISCOVERY_TIMEOUT_MS = 10_000

/** Where an issuer publishes its keys (OpenID Connect Discovery 1.0, section 4). */
async function discoverKeys(issuer: string): Promise<URL> {
  const address = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`
  try {
    const response = await fetch(address, { signal: AbortSignal.timeout(DISCOVERY_TIMEOUT_MS) })
    const { jwks_uri: keys } = (await response.json()) as { jwks_uri?: unknown } // Judged on the next line.
    if (typeof keys === 'string' && URL.canParse(keys)) return new URL(keys)
  } catch (cause) {
    throw new StartError(`${address} does not answer.`, 'start that identity server, or unset OIDC_ISSUER', { cause })
  }
  throw new StartError(`${address} names no jwks_uri.`, 'set OIDC_ISSUER to the issuer that its tokens carry')
}

function startWakeups(input: { external: External; logger: Logger; stops: StopStack }): Wakeups {
  const { external, logger, stops } = input
  const wakeups =
    external.redisUrl === undefined ? inProcessWakeups() : redisWakeups({ url: external.redisUrl, logger })
  stops.push('wake-ups', () => wakeups.close())
  return wakeups
}

/** Poller, relays with the consumers they feed, and the payment processor. Rates are there when this returns. */
async function startWorkers(input: {
  databases: ApplicationUrls
  ports: PlatformPorts
  secrets: Secrets
  clients: ServiceClients
  clock: Clock
  logger: Logger
  wakeups: Wakeups
  stops: StopStack
  rateIntervalMs: number
  settleAfterMs: number | undefined
}): Promise<OutboxRelay> {
  const { databases, ports, secrets, clients, clock, logger, wakeups, stops } = input
  const provider = simulatedMarket({ seed: MARKET_SEED, intervalMs: input.rateIntervalMs, clock })
  const poller = new ForexPoller({ databaseUrl: databases.forex, provider, clock, wakeups, logger })
  stops.push('the forex poller', () => poller.stop())
  await poller.poll()
  poller.start()

  const bus = inProcessBus({ logger })
  const risk = createRiskConsumers({ databaseUrl: databases['rule-engine'], service: 'risk-counters' })
  stops.push('the risk counters', () => risk.close())
  for (const consumer of risk.consumers) await bus.subscribe(consumer)
  const outcomes = createForexConsumers({ databaseUrl: databases.forex, service: 'forex-poller' })
  stops.push('the outcomes of payments', () => outcomes.close())
  for (const consumer of outcomes.consumers) await bus.subscribe(consumer)
  const { 'profile-keys': _, ...queues } = databases
  const relay = new OutboxRelay({ databaseUrls: queues, bus, wakeups, logger })
  stops.push('the relays', () => relay.stop())
  relay.start()

  startLedgerWorkers(input)

  const sandbox = sandboxProvider({
    callbackUrl: `http://localhost:${ports.router}/callbacks/sandbox`,
    callbackSecret: secrets.text('payment.callback'),
    clock,
    logger,
    ...(input.settleAfterMs === undefined ? {} : { settleAfterMs: input.settleAfterMs }),
  })
  stops.push('the sandbox provider', () => sandbox.close())
  const { 'rule-engine': rules, ...others } = clients.of('payment-processor', 'ledger', 'forex', 'rule-engine')
  const processor = createPaymentProcessor({
    databaseUrl: databases.payment,
    service: 'payment-processor',
    clock,
    logger,
    wakeups,
    rules,
    ...others,
    providers: { sandbox },
  })
  stops.push('the payment processor', () => processor.stop())
  processor.start()
  return relay
}
