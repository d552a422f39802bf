import { SEED_USERS, StartError } from '@corridor/dev-services'
import {
  createLogger,
  type LeveledLogger,
  startOperations,
  startTelemetry,
  switchLevelBySignal,
  tellSlowStatements,
} from '@corridor/platform'
import { openDataDirectory, resetDataDirectory } from './data-directory.ts'
import { explainStartFailure } from './explain-start-failure.ts'
import { lockDataDirectory } from './lock.ts'
import { STANDARD_PORTS } from './ports.ts'
import { startProcesses } from './processes/start-processes.ts'
import { betweenProcesses, type PlatformSettings, readPlatformSettings } from './settings.ts'
import { type RunningPlatform, startPlatform } from './start-platform.ts'

/** Everything stops within 5 seconds of the signal; what does not is left, and its databases recover by themselves. */
const STOP_TIMEOUT_MS = 4_500
const FAILED = 'failed'
const KNOWN_ARGUMENTS = ['--reset', '--processes']

const say = (line: string): void => void process.stdout.write(`${line}\n`)
const complain = (line: string): void => void process.stderr.write(`${line}\n`)

/** `npm start`: the platform until a signal ends it. */
async function main(args: readonly string[]): Promise<number> {
  const signal = nextSignal()
  let dataDirectory = '.data'
  try {
    const settings = readArguments(args)
    dataDirectory = settings.dataDirectory
    if (args.includes('--reset')) await reset(dataDirectory)
    const startedMs = performance.now()
    const inProcesses = args.includes('--processes')
    const logger = createLogger({ service: 'platform', level: settings.logLevel })
    const telemetry = inProcesses ? null : startTelemetry('platform', process.env, logger) // Each process exports its own.
    const starting = start(settings, { inProcesses, logger })
    const first = await Promise.race([starting, signal])
    if (typeof first !== 'string') announce(first, performance.now() - startedMs)
    const reason = await signal
    say('Stopping …')
    const stopped = await inTime(
      starting.then(async (platform) => {
        await platform.stop()
        await telemetry?.stop()
      }),
    )
    complain(stopped ? 'Stopped.' : 'Not everything stopped in time; nothing that was committed is lost.')
    return stopped && reason !== FAILED ? 0 : 1
  } catch (error) {
    const sentence = explainStartFailure(error, dataDirectory)
    if (sentence === undefined) complain(`The platform did not start: ${describe(error)}`)
    else complain(sentence)
    return 1
  }
}

async function start(
  settings: PlatformSettings,
  { inProcesses, logger }: { inProcesses: boolean; logger: LeveledLogger },
): Promise<RunningPlatform> {
  switchLevelBySignal(logger)
  tellSlowStatements({ logger, ...settings.slowStatements })
  await startOperations('platform', { OPERATIONS_PORT: settings.operationsPort, OPERATIONS_HOST: '127.0.0.1' })
  const options = {
    ...settings,
    logger,
    onProgress: (line: string) => say(`  ${line} …`),
  }
  return inProcesses
    ? startProcesses({ ...options, external: betweenProcesses(settings.external) })
    : startPlatform(options)
}

function readArguments(args: readonly string[]): PlatformSettings {
  const unknown = args.filter((argument) => !KNOWN_ARGUMENTS.includes(argument))
  if (unknown.length > 0) {
    throw new StartError(`npm start does not know ${unknown.join(' ')}.`, `use ${KNOWN_ARGUMENTS.join(' or ')}`)
  }
  return readPlatformSettings(process.env)
}

async function reset(dataDirectory: string): Promise<void> {
  const lock = await lockDataDirectory(openDataDirectory(dataDirectory))
  resetDataDirectory(dataDirectory)
  await lock.release()
  say(`${dataDirectory} is empty again.`)
}

function announce({ url, ports, tokenUrl }: RunningPlatform, tookMs: number): void {
  say(`\nReady after ${(tookMs / 1_000).toFixed(1)} s.\n`)
  say(`  Web app    ${new URL(url).origin}  (with an explorer of the API)`)
  say(`  GraphQL    ${url}  (POST and WebSocket)`)
  if (tokenUrl !== null) say(`  Identity   http://localhost:${ports.identity}  (tokens: ${tokenUrl})`)
  say(`  PostgreSQL localhost:${ports.postgres}    DynamoDB http://localhost:${ports.dynamo}`)
  if (tokenUrl !== null)
    say(`  Users      ${SEED_USERS.map(({ username }) => username).join(', ')}  (password = user name)`)
  const moved = ports.router - STANDARD_PORTS.router
  say(`\n  Try        ${moved === 0 ? '' : `PLATFORM_PORT_OFFSET=${moved} `}npm run demo`)
  say('  Stop       Ctrl-C\n')
}

/**
 * Resolves with the first signal to end; later ones find the platform stopping already. An error that nobody caught is
 * one too, so that no database is left running behind it.
 */
function nextSignal(): Promise<string> {
  return new Promise((resolve) => {
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => resolve(name))
    process.on('uncaughtException', (error) => {
      complain(`The platform failed: ${describe(error)}`)
      resolve(FAILED)
    })
    // Whoever read our progress may leave; the platform goes on.
    process.stdout.on('error', () => undefined)
  })
}

/** Whether the work was done before the time was over. */
async function inTime(work: Promise<void>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), STOP_TIMEOUT_MS)
  })
  return await Promise.race([work.then(() => true), late]).finally(() => clearTimeout(timer))
}

const describe = (error: unknown): string => (error instanceof Error ? (error.stack ?? error.message) : String(error))

process.exit(await main(process.argv.slice(2)))
