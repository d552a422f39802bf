import { type Logger as PinoLogger, pino, stdTimeFunctions } from 'pino'

export type Logger = Pick<PinoLogger, 'debug' | 'info' | 'warn' | 'error' | 'fatal'> & {
  child(bindings: Record<string, string | number>): Logger
}

export interface LoggerOptions {
  readonly service: string
  readonly level?: string
  /** Takes the lines instead of standard error. */
  readonly write?: (line: string) => void
}

/** JSON lines on standard error, one per event. Callers log ids, codes and numbers, never input. */
export function createLogger({ service, level = 'info', write }: LoggerOptions): Logger {
  return pino(
    {
      name: service,
      level,
      base: { service },
      timestamp: stdTimeFunctions.isoTime,
      serializers: { error: describeError, err: describeError },
    },
    write ? { write } : pino.destination({ dest: 2, sync: false }),
  )
}

/** A logger that says nothing, for tests and tools. */
export const silentLogger: Logger = pino({ level: 'silent' })

/** What of an error may be logged: PostgreSQL's `detail` and parameters hold data, so they stay out. */
function describeError(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { message: String(error) }
  const { name, message, stack } = error
  const code = 'code' in error ? error.code : undefined
  const cause = error.cause === undefined ? undefined : describeError(error.cause)
  return { name, message, ...(code === undefined ? {} : { code }), stack, ...(cause === undefined ? {} : { cause }) }
}
