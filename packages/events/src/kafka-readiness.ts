import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from '@corridor/platform'

/** A cluster that answers, and has not become able to serve us in so long, is broken rather than starting. */
export const READY_WITHIN_MS = 120_000
export const AGAIN_MS = 1_000

/**
 * What kafkajs calls final though a cluster that is starting or busy answers it: no coordinator yet, whatever the reason;
 * a lock in the client that was held for long; fewer brokers there than a topic is to have copies.
 */
const NOT_YET = new Set([
  'KafkaJSGroupCoordinatorNotFound',
  'KafkaJSLockTimeout',
  'BROKER_NOT_AVAILABLE',
  'INVALID_REPLICATION_FACTOR',
])

/** Whether a cluster that answers may yet do what it could not do now. Who is not there at all has a code of the system's. */
export function isNotReady(error: unknown): boolean {
  const all = causesOf(error)
  if (all.some(({ code }) => typeof code === 'string')) return false
  return all.some(({ name, type, retriable }) => retriable === true || NOT_YET.has(name) || NOT_YET.has(type ?? ''))
}

/** As the client's errors are, whose classes are no named exports. */
interface ClientError extends Error {
  readonly type?: string
  readonly code?: unknown
  readonly retriable?: boolean
  readonly errors?: readonly unknown[]
}

function causesOf(error: unknown): readonly ClientError[] {
  if (!(error instanceof Error)) return []
  const { cause, errors = [] } = error as ClientError
  return [error, ...[cause, ...errors].flatMap(causesOf)]
}

/** Tries for a consumer until the cluster is ready. @throws what it answers for good, or after `withinMs` still. */
export async function untilReady<T>(
  attempt: () => Promise<T>,
  { consumer, withinMs, logger }: { readonly consumer: string; readonly withinMs: number; readonly logger: Logger },
): Promise<T> {
  const startedMs = performance.now()
  for (;;) {
    try {
      return await attempt()
    } catch (error) {
      const durationMs = Math.round(performance.now() - startedMs)
      if (!isNotReady(error) || durationMs > withinMs) throw error
      logger.warn({ error, consumer, durationMs }, 'Kafka is not ready yet')
      await delay(AGAIN_MS)
    }
  }
}
