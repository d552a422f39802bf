import { ConfigError, readConfig } from './config.ts'
import { createLogger, type Logger, switchLevelBySignal } from './logger.ts'
import { tellSlowStatements } from './metrics/slow-statements.ts'
import { OPERATIONS_SETTINGS, startOperations } from './operations.ts'
import { startTelemetry } from './telemetry/start-telemetry.ts'

export interface Lifecycle {
  readonly logger: Logger
  /** Registers what must be stopped; the last registered is stopped first. */
  onStop(name: string, stop: () => Promise<void>): void
}

const STOP_TIMEOUT_MS = 10_000
const EXIT_FAILED = 1
/** What a process tells its starter over the channel between them, where there is one. */
export const STARTED = 'started'

/**
 * The frame of every process: starts, waits for SIGTERM or SIGINT, stops what was started in reverse order, exits.
 * A start that fails stops what was already started. What does not stop in time is left, with a non-zero exit. With a
 * channel to its starter it says `STARTED`, and stops when the starter is gone.
 */
export async function runMain(service: string, start: (lifecycle: Lifecycle) => Promise<void>): Promise<void> {
  const logger = createLogger({ service })
  const stops: { name: string; stop: () => Promise<void> }[] = []
  const signalled = nextSignal()
  let failed = false
  try {
    const config = readConfig(process.env, OPERATIONS_SETTINGS)
    logger.level = config.LOG_LEVEL
    switchLevelBySignal(logger)
    tellSlowStatements({ logger, thresholdMs: config.SLOW_STATEMENT_MS, plans: config.SLOW_STATEMENT_PLANS })
    const operations = await startOperations(service, config)
    stops.push({ name: 'operations', stop: () => operations.stop() })
    const telemetry = startTelemetry(service, process.env, logger)
    if (telemetry) stops.push({ name: 'telemetry', stop: () => telemetry.stop() })
    await start({ logger, onStop: (name, stop) => void stops.push({ name, stop }) })
    logger.info('started')
    // A starter that is gone meanwhile is noticed by the end of the channel.
    process.send?.(STARTED, undefined, undefined, () => undefined)
    logger.info({ signal: await signalled }, 'stopping')
  } catch (error) {
    failed = true
    if (error instanceof ConfigError) logger.fatal(error.message)
    else logger.fatal({ error }, 'did not start')
  }
  const clean = await stopAll(stops.reverse(), logger)
  process.exit(failed || !clean ? EXIT_FAILED : 0)
}

function nextSignal(): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve(signal))
    if (process.connected) process.once('disconnect', () => resolve('the starter is gone'))
  })
}

async function stopAll(
  stops: readonly { name: string; stop: () => Promise<void> }[],
  logger: Logger,
): Promise<boolean> {
  let clean = true
  const timer = setTimeout(() => {
    logger.error('did not stop in time')
    process.exit(EXIT_FAILED)
  }, STOP_TIMEOUT_MS)
  for (const { name, stop } of stops) {
    try {
      await stop()
    } catch (error) {
      clean = false
      logger.error({ error, part: name }, 'did not stop cleanly')
    }
  }
  clearTimeout(timer)
  return clean
}
