import * as setting from './config.ts'
import { observeProcess } from './metrics/process-metrics.ts'
import { serveOperations } from './operations-server.ts'

const DEFAULT_SLOW_STATEMENT_MS = 500

/** What operators set of every process. */
export const OPERATIONS_SETTINGS = {
  LOG_LEVEL: setting.oneOf(['debug', 'info', 'warn', 'error', 'fatal', 'silent'], 'info'),
  /** Where health, readiness, figures and metrics are served, without TLS and to anybody; absent: nowhere. */
  OPERATIONS_PORT: setting.optional(setting.port()),
  OPERATIONS_HOST: setting.text('127.0.0.1'),
  /** Statements that take longer are logged. */
  SLOW_STATEMENT_MS: setting.integer(DEFAULT_SLOW_STATEMENT_MS),
  /** With their plan, for which the database is asked. */
  SLOW_STATEMENT_PLANS: setting.flag(false),
}

export interface Operations {
  /** Where they are served; null: nowhere. */
  readonly port: number | null
  stop(): Promise<void>
}

/** Makes this process known to its operators: event loop and memory, and the server of it all where there is a port. */
export async function startOperations(
  service: string,
  {
    OPERATIONS_PORT,
    OPERATIONS_HOST,
  }: { readonly OPERATIONS_PORT: number | undefined; readonly OPERATIONS_HOST: string },
): Promise<Operations> {
  const stopObserving = observeProcess()
  const server =
    OPERATIONS_PORT === undefined
      ? null
      : await serveOperations({ service, port: OPERATIONS_PORT, host: OPERATIONS_HOST })
  return {
    port: server?.port ?? null,
    async stop() {
      await server?.close()
      stopObserving()
    },
  }
}
