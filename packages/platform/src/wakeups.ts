import { EventEmitter } from 'node:events'
import { context, ROOT_CONTEXT } from '@opentelemetry/api'
import { Redis } from 'ioredis'
import { dependsOn } from './health.ts'
import type { Logger } from './logger.ts'
import { inCall } from './telemetry/calls.ts'

/**
 * Tells readers that there is something new; data is always read from the database, by position. A lost wake-up costs
 * a poll's delay and nothing else. Wakes of one channel within `COALESCE_MS` are sent as one.
 */
export interface Wakeups {
  wake(channel: string): void
  /** Calls `onWake` after each wake of `channel`; the answer ends it. */
  subscribe(channel: string, onWake: () => void): () => void
  close(): Promise<void>
}

export const COALESCE_MS = 5
/** A Redis that does not answer for so long is as good as away. */
const PUBLISH_TIMEOUT_MS = 1_000

const PUBLISH = { name: 'redis publish', attributes: { 'db.system.name': 'redis' } }

/** Sends at once when idle, then at most once per `COALESCE_MS` and channel, the last wake never dropped. */
function coalesced(send: (channel: string) => void): { wake(channel: string): void; stop(): void } {
  const waiting = new Map<string, { timer: NodeJS.Timeout; again: boolean }>()
  const open = (channel: string): void => {
    const timer = setTimeout(() => {
      const again = waiting.get(channel)?.again ?? false
      waiting.delete(channel)
      if (again) open(channel)
      if (again) send(channel)
    }, COALESCE_MS)
    timer.unref()
    waiting.set(channel, { timer, again: false })
  }
  return {
    wake(channel) {
      const pending = waiting.get(channel)
      if (pending) {
        pending.again = true
        return
      }
      open(channel)
      send(channel)
    },
    stop() {
      for (const { timer } of waiting.values()) clearTimeout(timer)
      waiting.clear()
    },
  }
}

export function inProcessWakeups(): Wakeups {
  const emitter = new EventEmitter().setMaxListeners(0)
  // Who is woken does work of his own, and no part of what woke him.
  const sender = coalesced((channel) => void context.with(ROOT_CONTEXT, () => emitter.emit(channel)))
  return {
    wake: sender.wake,
    subscribe(channel, onWake) {
      emitter.on(channel, onWake)
      return () => void emitter.off(channel, onWake)
    },
    async close() {
      sender.stop()
      emitter.removeAllListeners()
    },
  }
}

/** Across processes, by Redis publish and subscribe. While Redis is away, wakes reach this process alone. */
export function redisWakeups({ url, logger }: { url: string; logger: Logger }): Wakeups {
  const publisher = new Redis(url, {
    lazyConnect: false,
    maxRetriesPerRequest: 1,
    enableOfflineQueue: false,
    commandTimeout: PUBLISH_TIMEOUT_MS,
  })
  const subscriber = new Redis(url, { lazyConnect: false, maxRetriesPerRequest: null })
  const local = new EventEmitter().setMaxListeners(0)
  for (const client of [publisher, subscriber]) {
    client.on('error', (error: Error) => logger.warn({ error }, 'redis: wake-ups are slower until it is back'))
  }
  const end = dependsOn({ name: 'redis', service: null, required: false, ask: () => publisher.ping() })
  subscriber.on('message', (channel: string) => void local.emit(channel))
  const sender = coalesced((channel) => {
    inCall(PUBLISH, () => publisher.publish(channel, '')).catch(() => void local.emit(channel))
  })
  return {
    wake: sender.wake,
    subscribe(channel, onWake) {
      if (local.listenerCount(channel) === 0) {
        subscriber
          .subscribe(channel)
          .catch((error: unknown) => logger.warn({ error, channel }, 'redis: not subscribed'))
      }
      local.on(channel, onWake)
      return () => {
        local.off(channel, onWake)
        if (local.listenerCount(channel) > 0) return
        subscriber
          .unsubscribe(channel)
          .catch((error: unknown) => logger.warn({ error, channel }, 'redis: still subscribed'))
      }
    },
    async close() {
      end()
      sender.stop()
      local.removeAllListeners()
      publisher.disconnect()
      subscriber.disconnect()
    },
  }
}
