import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { StartError } from '@corridor/dev-services'
import { inProcessBus, kafkaBus } from '@corridor/events'
import { createForexConsumers, createRateProvider, preferredIntervalMs, standardPolicies } from '@corridor/forex'
import { createPaymentProcessor, createWebhookSender, sandboxProvider } from '@corridor/payment'
import {
  type Clock,
  inProcessRateLimiter,
  inProcessWakeups,
  type Logger,
  redisRateLimiter,
  redisWakeups,
  systemClock,
  type Wakeups,
} from '@corridor/platform'
import { createProfileSync, PostponedMails, scimDirectory } from '@corridor/profile'
import { createRouter } from '@corridor/router'
import { createRiskConsumers } from '@corridor/rule-engine'
import { createMailer, ForexPoller, OutboxRelay, readMailSettings } from '@corridor/workers'
import type { DataDirectory } from './data-directory.ts'
import type { ApplicationUrls } from './databases.ts'
import { type ForexSettings, readForexSettings } from './forex-settings.ts'
import { AUDIENCE, type Foundation, layFoundation } from './foundation.ts'
import { startLedgerWorkers } from './ledger-workers.ts'
import { type PlatformPorts, STANDARD_PORTS, SUBGRAPHS } from './ports.ts'
import { queuedSeeds, seedProfiles, waitForSeeds } from './seed-profiles.ts'
import { ServiceClients, subgraphUrl } from './service-clients.ts'
import { type External, PROJECT_ROOT } from './settings.ts'
import { profileSettings, startSubgraphs } from './start-subgraphs.ts'
import { StopStack } from './stop-stack.ts'
import { webSite } from './web-site.ts'

export interface PlatformOptions {
  readonly dataDirectory: string
  /** Default: those of the documentation. 0 means any free one. */
  readonly ports?: PlatformPorts
  /** Addresses that replace embedded parts. */
  readonly external?: External
  readonly logger: Logger
  /** Told what is being done, a line at a time. */
  readonly onProgress?: (line: string) => void
  /** How often the simulated market moves. */
  readonly rateIntervalMs?: number
}

export interface OneProcessOptions extends PlatformOptions {
  readonly clock?: Clock
  /** How long the sandbox provider takes to settle a deposit. */
  readonly settleAfterMs?: number
  /** Whether payments are moved in this process, or by whoever is started beside it. Default: true. */
  readonly movesPayments?: boolean
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

export const DEFAULT_RATE_INTERVAL_MS = 10_000
export const SUPERGRAPH_FILE = join(PROJECT_ROOT, 'supergraph.graphql')

/**
 * The whole platform in this process: databases, identity, six subgraphs, workers and the router, from one data folder.
 * A start that fails stops what it had started.
 *
 * @throws StartError with cause and remedy where they are known.
 */
export const startPlatform = (options: OneProcessOptions): Promise<RunningPlatform> =>
  startOrStop(options.logger, (stops) => start(options, stops))

/** Starts something, and stops what it had started when it fails. */
export async function startOrStop<T>(logger: Logger, work: (stops: StopStack) => Promise<T>): Promise<T> {
  const stops = new StopStack()
  try {
    return await work(stops)
  } catch (error) {
    await stops.stop().catch((failure: unknown) => logger.error({ error: failure }, 'not all was stopped'))
    throw error
  }
}

async function start(options: OneProcessOptions, stops: StopStack): Promise<RunningPlatform> {
  const { logger, clock = systemClock, external = {}, rateIntervalMs = DEFAULT_RATE_INTERVAL_MS } = options
  const say = options.onProgress ?? (() => undefined)
  const supergraphSdl = readSupergraph()
  const foundation = await layFoundation({
    dataDirectory: options.dataDirectory,
    ports: options.ports ?? STANDARD_PORTS,
    external,
    clock,
    logger,
    say,
    stops,
  })
  const { ports, secrets, databases, identity } = foundation
  const wakeups = startWakeups({ external, logger, stops })
  const clients = new ServiceClients({ ports, secrets, clock, stops })

  const forex = readForexSettings({
    ...external.forex,
    DYNAMODB_ENDPOINT: foundation.dynamodbEndpoint,
    RATE_INTERVAL_MS: String(rateIntervalMs),
  })

  say('Starting forex, ledger, payment, profile, rule-engine, wallet')
  const shared = { ...foundation, external, clients, clock, logger, wakeups, stops, forex }
  const { profile } = await startSubgraphs(shared)
  await seedProfiles(profile)
  const seeds = await queuedSeeds(databases)

  say('Starting workers')
  await startWorkers(shared)
  if (options.movesPayments ?? true) startProcessor({ ...shared, settleAfterMs: options.settleAfterMs })
  await waitForSeeds({ databases, seeds, logger })

  say('Starting the router')
  const { apiManager, keysMaxAgeSeconds, redisUrl } = external
  const rateLimiter = redisUrl === undefined ? inProcessRateLimiter() : redisRateLimiter({ url: redisUrl, logger })
  stops.push('the limits', () => rateLimiter.close())
  const router = createRouter({
    supergraphSdl,
    processName: 'platform',
    subgraphUrls: Object.fromEntries(SUBGRAPHS.map((name) => [name, subgraphUrl(ports, name)])),
    signer: clients.signer('router'),
    identity: {
      issuer: identity.issuer,
      audience: AUDIENCE,
      jwks: identity.jwks,
      keysMaxAgeSeconds,
      ...(apiManager ? { assertion: { jwks: new URL(apiManager.jwksUri), apiContext: apiManager.apiContext } } : {}),
    },
    authModes: apiManager ? ['bearer', 'assertion'] : ['bearer'],
    clock,
    logger,
    rateLimiter,
    allowedOrigins: allowedOrigins(ports),
    callbackOwners: { sandbox: 'payment', 'sandbox-kyc': 'profile', 'identity-server': 'profile' },
    site: webSite(identity.issuer, external),
  })
  const running = await router.listen(ports.router)
  stops.push('the router', () => running.close())
  return { url: running.url, ports, tokenUrl: identity.tokenUrl, databases, stop: () => stops.stop() }
}

/** Without a mail server, mails are kept in the data folder. */
export const mailSettings = (input: {
  directory: DataDirectory
  mail?: External['mail'] | undefined
}): Record<string, string> => ({ MAIL_DIRECTORY: input.directory.mail, ...input.mail })

/** Where browsers may call from in development: the router itself, the web client, and the like. */
export const allowedOrigins = (ports: PlatformPorts): string[] =>
  [4000, 5173, 8080, ports.router].map((port) => `http://localhost:${port}`)

function readSupergraph(): string {
  if (existsSync(SUPERGRAPH_FILE)) return readFileSync(SUPERGRAPH_FILE, 'utf8')
  throw new StartError(
    `${SUPERGRAPH_FILE} is missing.`,
    'restore it from the repository, or make it with npm run compose',
  )
}

function startWakeups(input: { external: External; logger: Logger; stops: StopStack }): Wakeups {
  const { external, logger, stops } = input
  const wakeups =
    external.redisUrl === undefined ? inProcessWakeups() : redisWakeups({ url: external.redisUrl, logger })
  stops.push('wake-ups', () => wakeups.close())
  return wakeups
}

/** Rates are there when this returns, if their provider answers. */
async function startPoller(input: {
  databases: ApplicationUrls
  forex: ForexSettings
  clock: Clock
  logger: Logger
  wakeups: Wakeups
  stops: StopStack
}): Promise<void> {
  const { databases, forex, clock, logger, wakeups, stops } = input
  const { market, policy, dynamo } = forex
  const poller = new ForexPoller({
    databaseUrl: databases.forex,
    provider: await createRateProvider(market, { clock, logger }),
    policies: standardPolicies({ intervalMs: preferredIntervalMs(market) }, policy),
    dynamo,
    clock,
    wakeups,
    logger,
  })
  stops.push('the forex poller', () => poller.stop())
  await poller.first()
  poller.start()
}

/** Poller, and relays with the consumers they feed. Rates are there when this returns. */
async function startWorkers(
  input: Foundation & {
    clients: ServiceClients
    external: External
    clock: Clock
    logger: Logger
    wakeups: Wakeups
    stops: StopStack
    forex: ForexSettings
  },
): Promise<void> {
  const { databases, secrets, clients, external, clock, logger, wakeups, stops } = input
  await startPoller(input)

  const risk = createRiskConsumers({ databaseUrl: databases['rule-engine'], service: 'risk-counters' })
  stops.push('the risk counters', () => risk.close())
  const { transport, operationsAddress } = readMailSettings(
    mailSettings({ directory: input.directory, mail: external.mail }),
  )
  stops.push('the mail transport', () => transport.close())
  const postponed = new PostponedMails({ databaseUrl: databases.profile, service: 'mailer' })
  stops.push('the mails that were put off', () => postponed.close())
  const mailer = createMailer({ ...clients.of('mailer', 'profile'), transport, postponed, operationsAddress, logger })
  stops.push('the mailer', () => mailer.stop())
  mailer.start()
  const { kafka } = external
  const bus = kafka === undefined ? inProcessBus({ logger }) : kafkaBus({ ...kafka, clientId: 'corridor', logger })
  stops.push('the bus', () => bus.close())
  for (const consumer of [...risk.consumers, mailer.consumer]) await bus.subscribe(consumer)
  const outcomes = createForexConsumers({ databaseUrl: databases.forex, service: 'forex-poller' })
  stops.push('the outcomes of payments', () => outcomes.close())
  for (const consumer of outcomes.consumers) await bus.subscribe(consumer)
  const webhooks = createWebhookSender({
    databaseUrl: databases.payment,
    webhookKey: secrets.text('payment.webhook'),
    allowPrivate: external.allowPrivateWebhooks ?? false,
    clock,
    logger,
    wakeups,
  })
  stops.push('the webhook sender', () => webhooks.stop())
  await bus.subscribe(webhooks.consumer)
  webhooks.start()
  const { 'profile-keys': _, ...queues } = databases
  const relay = new OutboxRelay({ databaseUrls: queues, bus, wakeups, logger })
  stops.push('the relays', () => relay.stop())
  relay.start()

  startLedgerWorkers(input)
  await startProfileSync(input)
}

/** Payments are moved from here on, with the sandbox as their provider. */
function startProcessor(
  input: Foundation & {
    clients: ServiceClients
    clock: Clock
    logger: Logger
    wakeups: Wakeups
    stops: StopStack
    settleAfterMs: number | undefined
  },
): void {
  const { databases, ports, secrets, clients, clock, logger, wakeups, stops } = input
  const sandbox = sandboxProvider({
    callbackUrl: `http://localhost:${ports.router}/callbacks/sandbox`,
    callbackSecret: secrets.text('payment.callback'),
    clock,
    logger,
    ...(input.settleAfterMs === undefined ? {} : { settleAfterMs: input.settleAfterMs }),
  })
  stops.push('the sandbox provider', () => sandbox.close())
  const { 'rule-engine': rules, ...others } = clients.of(
    'payment-processor',
    'ledger',
    'forex',
    'profile',
    'rule-engine',
  )
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
}

/** Identity Server is told what it did not hear, and asked what has changed there. */
async function startProfileSync(
  input: Foundation & { clock: Clock; logger: Logger; wakeups: Wakeups; stops: StopStack },
): Promise<void> {
  const { identity, clock, logger, wakeups, stops } = input
  const directory = scimDirectory({ ...identity.management, clock })
  const sync = await createProfileSync({ ...profileSettings(input), directory, clock, logger, wakeups })
  stops.push('the profile sync', () => sync.stop())
  sync.start()
}
