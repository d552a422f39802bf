import { freePort } from '@corridor/dev-services'
import { inProcessWakeups, type Logger, systemClock } from '@corridor/platform'
import { type Foundation, layFoundation } from '../foundation.ts'
import { STANDARD_PORTS } from '../ports.ts'
import { queuedSeeds, seedProfiles, waitForSeeds } from '../seed-profiles.ts'
import { ServiceClients } from '../service-clients.ts'
import type { BetweenProcesses, External } from '../settings.ts'
import { DEFAULT_RATE_INTERVAL_MS, type PlatformOptions, type RunningPlatform, startOrStop } from '../start-platform.ts'
import { createProfile } from '../start-subgraphs.ts'
import { StopStack } from '../stop-stack.ts'
import { partsOf } from './parts.ts'
import { type Part, Supervisor } from './supervisor.ts'

export interface ProcessesOptions extends PlatformOptions {
  readonly external: External & BetweenProcesses
}

/**
 * The whole platform, each part in a process of its own that is started again when it dies; databases, identity and what
 * else is embedded stay in this one. A start that fails stops what it had started.
 *
 * @throws StartError with cause and remedy where they are known.
 */
export const startProcesses = (options: ProcessesOptions): Promise<RunningPlatform> =>
  startOrStop(options.logger, (stops) => start(options, stops))

async function start(options: ProcessesOptions, stops: StopStack): Promise<RunningPlatform> {
  const { external, logger, ports: wanted = STANDARD_PORTS, rateIntervalMs = DEFAULT_RATE_INTERVAL_MS } = options
  const say = options.onProgress ?? (() => undefined)
  const foundation = await layFoundation({
    dataDirectory: options.dataDirectory,
    ports: wanted,
    external,
    clock: systemClock,
    logger,
    say,
    stops,
  })
  const { directory, ports, databases, identity } = foundation
  await seed(foundation, logger)
  const seeds = await queuedSeeds(databases)

  const { redisUrl, kafka, forex = {}, allowPrivateWebhooks = false, apiManager, keysMaxAgeSeconds } = external
  const { subgraphs, workers, router } = partsOf({
    ...foundation,
    redisUrl,
    kafka,
    allowPrivateWebhooks,
    mail: external.mail,
    fees: external.fees,
    web: external,
    forex,
    rateIntervalMs,
    ...(apiManager ? { apiManager } : {}),
    ...(keysMaxAgeSeconds === undefined ? {} : { keysMaxAgeSeconds }),
  })
  const told = await withOperations({ subgraphs, workers, router })
  const supervisor = new Supervisor({ runDirectory: directory.run, logger })
  for (const group of [told.subgraphs, [...told.workers, told.router]]) {
    const names = group.map(({ name }) => name)
    say(`Starting ${names.join(', ')}`)
    stops.push(names.join(', '), () => supervisor.stop(names))
    await supervisor.start(group)
  }
  await waitForSeeds({ databases, seeds, logger })
  const url = `http://localhost:${ports.router}/graphql`
  return { url, ports, tokenUrl: identity.tokenUrl, databases, stop: () => stops.stop() }
}

/** Every part with a port where it tells of itself, and the router with all of them. */
async function withOperations({ subgraphs, workers, router }: ReturnType<typeof partsOf>) {
  const ports = new Map<string, number>()
  for (const { name } of [...subgraphs, ...workers, router]) ports.set(name, await freePort())
  const open = (part: Part): Part => ({ ...part, env: { ...part.env, OPERATIONS_PORT: String(ports.get(part.name)) } })
  const addressOf = (service: string, { name }: Part) => [service, `http://127.0.0.1:${ports.get(name)}`] as const
  const addresses = Object.fromEntries([
    ...subgraphs.map((part) => addressOf(`${part.name}-service`, part)),
    ...workers.map((part) => addressOf(part.name, part)),
  ])
  const opened = open(router)
  return {
    subgraphs: subgraphs.map(open),
    workers: workers.map(open),
    router: { ...opened, env: { ...opened.env, STATUS_URLS: JSON.stringify(addresses) } },
  }
}

/** Seeded users' profiles are made here, before anybody may ask for them. */
async function seed(foundation: Foundation, logger: Logger): Promise<void> {
  const stops = new StopStack()
  const wakeups = inProcessWakeups()
  stops.push('wake-ups', () => wakeups.close())
  const clock = systemClock
  const clients = new ServiceClients({ ...foundation, clock, stops })
  try {
    const profile = await createProfile({ ...foundation, clients, clock, logger, wakeups })
    stops.push('the profile subgraph', () => profile.close())
    await seedProfiles(profile)
  } finally {
    await stops.stop()
  }
}
