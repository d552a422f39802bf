import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { assertPortFree } from '../ports.ts'
import { StartError } from '../start-error.ts'
import { type Binaries, locateBinaries } from './binaries.ts'
import { explainFailure } from './explain-failure.ts'
import { type RuntimeUser, runtimeUser } from './runtime-user.ts'
import { stopOrphan } from './stop-orphan.ts'

export interface PostgresOptions {
  /** Made if it is not there; belongs to the server's user afterwards. */
  readonly dataDirectory: string
  readonly port: number
  /** The administrator's password; set when the data directory is made. */
  readonly password: string
  /** The server's own log. */
  readonly logFile: string
  /** Where the programs are copied if the server's user cannot reach them in node_modules. */
  readonly binariesDirectory: string
  /** Further settings, such as work_mem. Durability is not one of them: fsync and its kin stay on. */
  readonly settings?: Readonly<Record<string, string>>
}

export interface RunningPostgres {
  readonly adminUrl: string
  readonly pid: number
  /** Fast shutdown: open transactions are rolled back, what was committed is safe. */
  stop(): Promise<void>
}

const ADMINISTRATOR = 'postgres'
const READY_TIMEOUT_MS = 60_000
const STOP_TIMEOUT_MS = 10_000
const POLL_MS = 25
/** Nothing of ours reaches the server. Its programs find each other by their folder; `PATH` is for the system's own. */
const ENVIRONMENT = { PATH: '/usr/local/bin:/usr/bin:/bin' }
const SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '300',
  shared_buffers: '128MB',
  fsync: 'on',
  full_page_writes: 'on',
  synchronous_commit: 'on',
  max_wal_size: '2GB',
  log_min_messages: 'warning',
  timezone: 'UTC',
}

/** Starts PostgreSQL on loopback. A server that an earlier, killed run left on the same data is stopped first. */
export async function startPostgres(options: PostgresOptions): Promise<RunningPostgres> {
  const user = runtimeUser()
  const binaries = locateBinaries({ user, copyTo: options.binariesDirectory })
  await stopOrphan(options.dataDirectory)
  await assertPortFree(options.port, 'PostgreSQL')
  if (!existsSync(join(options.dataDirectory, 'PG_VERSION'))) initialise(binaries, options, user)
  const server = launch(binaries, options, user)
  const adminUrl = `postgres://${ADMINISTRATOR}:${encodeURIComponent(options.password)}@127.0.0.1:${options.port}/postgres`
  await untilReady(server, adminUrl, options.logFile)
  return { adminUrl, pid: server.pid ?? 0, stop: () => stop(server) }
}

function initialise(binaries: Binaries, options: PostgresOptions, user: RuntimeUser | null): void {
  mkdirSync(dirname(options.dataDirectory), { recursive: true })
  mkdirSync(options.dataDirectory, { recursive: true, mode: 0o700 })
  chmodSync(options.dataDirectory, 0o700)
  if (user) chownSync(options.dataDirectory, user.uid, user.gid)
  const passwordFile = `${options.dataDirectory}.password`
  writeFileSync(passwordFile, options.password, { mode: 0o600 })
  if (user) chownSync(passwordFile, user.uid, user.gid)
  try {
    const made = spawnSync(
      binaries.initdb,
      [
        `--pgdata=${options.dataDirectory}`,
        `--username=${ADMINISTRATOR}`,
        `--pwfile=${passwordFile}`,
        '--auth=scram-sha-256',
        '--encoding=UTF8',
        '--locale=C.UTF-8',
      ],
      { ...user, encoding: 'utf8', env: ENVIRONMENT },
    )
    if (made.status !== 0)
      throw explainFailure(`${made.stderr ?? ''}${made.error?.message ?? ''}`, options.dataDirectory)
  } catch (error) {
    rmSync(options.dataDirectory, { recursive: true, force: true })
    throw error
  } finally {
    rmSync(passwordFile, { force: true })
  }
}

/** In a process group of its own: a Ctrl-C in the terminal is for the platform, which stops its database last. */
function launch(binaries: Binaries, options: PostgresOptions, user: RuntimeUser | null): ChildProcess {
  mkdirSync(dirname(options.logFile), { recursive: true })
  const log = openSync(options.logFile, 'w')
  const settings = { ...options.settings, ...SETTINGS, port: String(options.port) }
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const server = spawn(binaries.postgres, ['-D', options.dataDirectory, ...flags], {
    ...user,
    detached: true,
    stdio: ['ignore', log, log],
    env: ENVIRONMENT,
  })
  closeSync(log)
  return server
}

async function untilReady(server: ChildProcess, adminUrl: string, logFile: string): Promise<void> {
  let failure: unknown
  server.once('error', (error) => {
    failure = error
  })
  const deadline = Date.now() + READY_TIMEOUT_MS
  while (Date.now() < deadline) {
    if (failure !== undefined || server.exitCode !== null || server.signalCode !== null) {
      throw explainFailure(readFileSync(logFile, 'utf8'), logFile)
    }
    if (await answers(adminUrl)) return
    await sleep(POLL_MS)
  }
  await stop(server)
  throw new StartError(`PostgreSQL did not answer within ${READY_TIMEOUT_MS / 1000} seconds.`, `look into ${logFile}`)
}

async function answers(adminUrl: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: adminUrl, connectionTimeoutMillis: 2_000 })
  try {
    await client.connect()
    await client.end()
    return true
  } catch {
    // Not yet: the caller asks again until its deadline, and reads the server's log if the server ends.
    return false
  }
}

async function stop(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return
  const ended = new Promise<true>((resolve) => server.once('exit', () => resolve(true)))
  server.kill('SIGINT')
  const inTime = await Promise.race([ended, sleep(STOP_TIMEOUT_MS, false, { ref: false })])
  if (inTime) return
  server.kill('SIGQUIT')
  await ended
}
