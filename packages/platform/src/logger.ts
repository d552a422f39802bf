import { isSpanContextValid, trace } from '@opentelemetry/api'
import { type LevelWithSilent, pino, stdTimeFunctions } from 'pino'
import { allowedFields, type LogFields } from './log-fields.ts'

interface Log {
  (message: string): void
  (fields: LogFields, message: string): void
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent'

export interface Logger {
  readonly debug: Log
  readonly info: Log
  readonly warn: Log
  readonly error: Log
  readonly fatal: Log
}

/** A logger whose level may be changed while it is in use. */
export interface LeveledLogger extends Logger {
  level: LevelWithSilent | string
}

export interface LoggerOptions {
  readonly service: string
  readonly level?: string
  /** Takes the lines instead of standard error. */
  readonly write?: (line: string) => void
}

/** JSON lines on standard error, one per event, each with the trace that it belongs to. Only fields of a list are written. */
export function createLogger({ service, level = 'info', write }: LoggerOptions): LeveledLogger {
  return pino(
    {
      name: service,
      level,
      base: { service },
      timestamp: stdTimeFunctions.isoTime,
      mixin: traceIds,
      formatters: { log: allowedFields },
      serializers: { error: describeError },
    },
    write ? { write } : pino.destination({ dest: 2, sync: false }),
  )
}

/** A logger that says nothing, for tests and tools. */
export const silentLogger: Logger = pino({ level: 'silent' })

/** On each SIGUSR2 the process logs at debug, and with the next at its own level again. @returns how to stop. */
export function switchLevelBySignal(logger: LeveledLogger): () => void {
  const own = logger.level
  const change = (): void => {
    logger.level = logger.level === 'debug' ? own : 'debug'
    logger.warn({ logLevel: logger.level }, 'the level of the log was changed')
  }
  process.on('SIGUSR2', change)
  return () => void process.off('SIGUSR2', change)
}

function traceIds(): object {
  const context = trace.getActiveSpan()?.spanContext()
  return context !== undefined && isSpanContextValid(context)
    ? { trace_id: context.traceId, span_id: context.spanId }
    : {}
}

/** Errors of PostgreSQL's class 22 say the value that was wrong. */
const DATA_EXCEPTION = /^22[0-9A-Z]{3}$/

/** What of an error may be logged: PostgreSQL's `detail` and parameters hold data, so they stay out. */
function describeError(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { message: String(error) }
  const code = 'code' in error ? error.code : undefined
  const saysValues = typeof code === 'string' && DATA_EXCEPTION.test(code)
  const message = saysValues ? 'a value is not of its type' : error.message
  const stack = saysValues ? error.stack?.replace(error.message, message) : error.stack
  const cause = error.cause === undefined ? undefined : describeError(error.cause)
  return {
    name: error.name,
    message,
    ...(code === undefined ? {} : { code }),
    stack,
    ...(cause === undefined ? {} : { cause }),
  }
}
