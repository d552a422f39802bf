import { Redis } from 'ioredis'
import { LRUCache } from 'lru-cache'
import type { Logger } from './logger.ts'
import { inCall } from './telemetry/calls.ts'

/** Values that can be made again. A value that is gone, or a cache that is away, is a miss and never an error. */
export interface Cache {
  get(key: string): Promise<string | null>
  set(key: string, value: string, ttlMs: number): Promise<void>
  delete(key: string): Promise<void>
  close(): Promise<void>
}

const MAX_IN_PROCESS_KEYS = 50_000
/** A cache that is slower than what it stands in for is a miss. */
const COMMAND_TIMEOUT_MS = 250

export function inProcessCache(): Cache {
  const values = new LRUCache<string, string>({ max: MAX_IN_PROCESS_KEYS })
  return {
    get: async (key) => values.get(key) ?? null,
    set: async (key, value, ttlMs) => void values.set(key, value, { ttl: ttlMs }),
    delete: async (key) => void values.delete(key),
    close: async () => values.clear(),
  }
}

export function redisCache({ url, logger }: { url: string; logger: Logger }): Cache {
  const redis = new Redis(url, {
    maxRetriesPerRequest: 1,
    enableOfflineQueue: false,
    commandTimeout: COMMAND_TIMEOUT_MS,
  })
  redis.on('error', (error: Error) => logger.warn({ error }, 'redis: the cache misses until it is back'))
  const orMiss = async <T>(command: string, work: () => Promise<T>, miss: T): Promise<T> => {
    try {
      return await inCall({ name: `redis ${command}`, attributes: { 'db.system.name': 'redis' } }, work)
    } catch (error) {
      logger.debug({ error }, 'redis: cache miss')
      return miss
    }
  }
  return {
    get: (key) => orMiss('get', () => redis.get(key), null),
    set: async (key, value, ttlMs) => void (await orMiss('set', () => redis.set(key, value, 'PX', ttlMs), null)),
    delete: async (key) => void (await orMiss('del', () => redis.del(key), 0)),
    close: async () => redis.disconnect(),
  }
}
