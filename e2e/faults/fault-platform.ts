import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { startPostgres } from '@corridor/dev-services'
import {
  ApiClient,
  fetchToken,
  type ProcessesOptions,
  type RunningPlatform,
  readPlatformSettings,
  startProcesses,
} from '@corridor/embedded'
import { createLogger } from '@corridor/platform'
import { startTestKafka, startTestKafkaCluster, startTestRedis } from '@corridor/testing'
import { vi } from 'vitest'

/** Processes of ours, which their supervisor starts again. */
export const PARTS = [
  ...['forex', 'ledger', 'payment', 'profile', 'rule-engine', 'wallet', 'router'],
  ...['forex-poller', 'payment-processor', 'ledger-sealer', 'reconciler', 'outbox-relay', 'risk-counters'],
  ...['profile-sync', 'webhook-sender', 'mailer'],
] as const
/** What they stand on, which we start again. */
export const SERVERS = ['postgresql', 'redis', 'kafka'] as const
/** `kafka` and `kafka-2` are the brokers of a platform with two of them. */
export type Victim = (typeof PARTS)[number] | (typeof SERVERS)[number] | 'kafka-2'

/** Fixed, and below those that the system gives to whoever connects: what was killed must find its port free. */
const OFFSET = Number(process.env.FAULTS_PORT_OFFSET ?? 22_000)
export const REDIS_PORT = 6_379 + OFFSET
const KAFKA_PORT = 9_092 + OFFSET
/** Of the controller, and of two brokers. */
const CLUSTER_PORTS = [KAFKA_PORT + 2, KAFKA_PORT, KAFKA_PORT + 1] as const
const RESTART = { timeout: 60_000, interval: 50 }
/** How often the rates move: each move is one more thing that can be lost. */
const RATE_INTERVAL_MS = 2_000
const SLOW_STOPPED_MS = 300
const SLOW_RUNNING_MS = 100

export interface Server {
  readonly pid: number
  stop(): Promise<void>
}

export interface FaultPlatformOptions {
  /** Further addresses, such as those of a proxy of the test's own. */
  readonly external?: Partial<ProcessesOptions['external']>
  /** Where users get their tokens, when the identity server is the test's own. */
  readonly tokenUrl?: string
  /** Where PostgreSQL keeps its data, when it is not in the folder of the rest. */
  readonly postgresDirectory?: string
  /** Copies of every partition on two brokers, with a controller that outlives both; else one broker is all. */
  readonly twoBrokers?: boolean
}

const isBug = (line: string): boolean => line.includes('"msg":"bug"')

interface Servers {
  readonly adminUrl: string
  readonly brokers: readonly string[]
  /** In the order of their start. */
  readonly running: Map<string, Server>
  readonly starts: Map<string, () => Promise<Server>>
}

/** A platform of processes on a PostgreSQL, a Redis and a Kafka of its own, any of which can be killed. */
export class FaultPlatform {
  private readonly clients: ApiClient[] = []

  private constructor(
    readonly running: RunningPlatform,
    private readonly folder: string,
    private readonly servers: Servers,
    private readonly tokenUrl: string,
  ) {}

  static async start(options: FaultPlatformOptions = {}): Promise<FaultPlatform> {
    const folder = mkdtempSync(join(tmpdir(), 'corridor-faults-'))
    chmodSync(folder, 0o755) // PostgreSQL's own user passes through when the tests run as root.
    const { ports } = readPlatformSettings({ PLATFORM_PORT_OFFSET: String(OFFSET) })
    const running = new Map<string, Server>()
    try {
      const servers = await startServers({ ...options, folder, postgresPort: ports.postgres, running })
      const { adminUrl, brokers } = servers
      const platform = await startProcesses({
        dataDirectory: join(folder, '.data'),
        ports,
        external: {
          databaseUrl: adminUrl,
          redisUrl: `redis://127.0.0.1:${REDIS_PORT}`,
          kafka: { brokers, replicationFactor: brokers.length },
          ...options.external,
        },
        logger: createLogger({ service: 'faults', level: 'error' }),
        rateIntervalMs: RATE_INTERVAL_MS,
      })
      return new FaultPlatform(platform, folder, servers, options.tokenUrl ?? platform.tokenUrl ?? '')
    } catch (error) {
      // The folder stays: it has the logs that say why.
      await stopInReverse(running)
      throw error
    }
  }

  get brokers(): readonly string[] {
    return this.servers.brokers
  }

  /** PostgreSQL as its superuser, who finds a connection where others find none. */
  get adminUrl(): string {
    return this.servers.adminUrl
  }

  async signIn(username: string): Promise<ApiClient> {
    const client = new ApiClient(this.running.url, await fetchToken(this.tokenUrl, username))
    this.clients.push(client)
    return client
  }

  /** Ends it at once, as if its machine had lost its power. */
  kill(victim: Victim): void {
    this.signal(victim, 'SIGKILL')
  }

  signal(victim: Victim, signal: NodeJS.Signals): void {
    process.kill(this.pidOf(victim), signal)
  }

  /** Stops it again and again, `forMs` in all, so that it does a quarter of what it could. */
  async slow(victim: Victim, forMs: number): Promise<void> {
    for (const until = performance.now() + forMs; performance.now() < until; ) {
      this.signal(victim, 'SIGSTOP')
      await delay(SLOW_STOPPED_MS)
      this.signal(victim, 'SIGCONT')
      await delay(SLOW_RUNNING_MS)
    }
  }

  /** The process that it is now. */
  pidOf(victim: Victim): number {
    const server = this.servers.running.get(victim)
    return server ? server.pid : Number(readFileSync(join(this.folder, '.data', 'run', `${victim}.pid`), 'utf8'))
  }

  /** Whether the process lives. */
  runs(victim: Victim): boolean {
    try {
      process.kill(this.pidOf(victim), 0)
      return true
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false // As signalling throws.
      throw error
    }
  }

  /** What `npm run ops` prints. */
  async ops(...args: string[]): Promise<string> {
    const { stdout } = await promisify(execFile)(process.execPath, ['packages/embedded/dist/ops/main.js', ...args], {
      env: {
        DATA_DIR: join(this.folder, '.data'),
        PLATFORM_PORT_OFFSET: String(OFFSET),
        KAFKA_BROKERS: this.brokers.join(','),
      },
    })
    return stdout
  }

  /** What PostgreSQL has said since it was last started. */
  get postgresLog(): string {
    return readFileSync(join(this.folder, 'postgres.log'), 'utf8')
  }

  /** All that a part has logged, in all its lives. */
  logOf(part: (typeof PARTS)[number]): string {
    return readFileSync(join(this.folder, '.data', 'run', `${part}.log`), 'utf8')
  }

  /** What parts have logged as bugs, a line each. */
  get bugs(): string[] {
    return PARTS.flatMap((part) => this.logOf(part).split('\n').filter(isBug))
  }

  /** Where mails are kept that no server takes. */
  get mailDirectory(): string {
    return join(this.folder, '.data', 'mail')
  }

  /** Brings back what nobody else does. */
  async bringBack(victim: Victim): Promise<void> {
    const start = this.servers.starts.get(victim)
    if (start) this.servers.running.set(victim, await start())
  }

  /** Asks a part to end, and waits until another process has taken its place and the router finds all in order. */
  async restart(part: (typeof PARTS)[number]): Promise<void> {
    const before = this.pidOf(part)
    process.kill(before, 'SIGTERM')
    await vi.waitFor(() => {
      if (this.pidOf(part) === before) throw new Error(`${part} has not been replaced`)
    }, RESTART)
    await this.ready()
  }

  /** Waits until a payment can be made. */
  async ready(): Promise<void> {
    await vi.waitFor(async () => {
      const { status } = await fetch(new URL('/ready', this.running.url))
      if (status !== 200) throw new Error(`not ready: ${status}`)
    }, RESTART)
  }

  async stop(): Promise<void> {
    await Promise.all(this.clients.map((client) => client.close()))
    await this.running.stop()
    await stopInReverse(this.servers.running)
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** Those that were started are in `running`, whatever becomes of the next. */
async function startServers({
  folder,
  postgresPort,
  running,
  postgresDirectory = join(folder, 'postgres', 'data'),
  twoBrokers = false,
}: FaultPlatformOptions & {
  folder: string
  postgresPort: number
  running: Map<string, Server>
}): Promise<Servers> {
  const password = randomBytes(18).toString('base64url')
  const postgres = () =>
    startPostgres({
      dataDirectory: postgresDirectory,
      binariesDirectory: join(folder, 'postgres', 'binaries'),
      logFile: join(folder, 'postgres.log'),
      port: postgresPort,
      password,
    })
  const starts = new Map<string, () => Promise<Server>>([
    ['redis', () => startTestRedis({ folder, port: REDIS_PORT })],
    ['postgresql', postgres],
  ])
  const brokers = twoBrokers ? CLUSTER_PORTS.slice(1) : [KAFKA_PORT]
  if (twoBrokers) {
    const cluster = await startTestKafkaCluster({ folder, ports: CLUSTER_PORTS })
    running.set('kafka-controller', cluster.controller)
    starts.set('kafka', () => cluster.startBroker(0)).set('kafka-2', () => cluster.startBroker(1))
  } else {
    starts.set('kafka', () => startTestKafka({ folder, port: KAFKA_PORT }))
  }
  for (const [name, start] of starts) if (name !== 'postgresql') running.set(name, await start())
  const { adminUrl, ...server } = await postgres()
  running.set('postgresql', server)
  return { adminUrl, brokers: brokers.map((port) => `127.0.0.1:${port}`), running, starts }
}

/** Whoever was started first is needed by the others to end. */
async function stopInReverse(servers: ReadonlyMap<string, Server>): Promise<void> {
  for (const server of [...servers.values()].reverse()) await server.stop()
}
