import { Redis } from 'ioredis'
import type { Logger } from './logger.ts'
import { leadMs, paceMs, type RateCount, RateCounts, type RateLimiter } from './rate-limiter.ts'

/** What a key did is told at the latest after this; with this much of its burst untold, at once. */
const TELL_AFTER_MS = 100
const TELL_AT_SHARE = 0.05
/** Keys told in one call; a call is one round trip, and one at a time is on its way. */
const MAX_TOLD = 500
/** Keys that wait for a Redis that does not answer; more are not told. */
const MAX_WAITING = 50_000
/** Nobody waits for it. */
const COMMAND_TIMEOUT_MS = 5_000
/** Of what all instances took together ahead of a key's pace, as much is held against it as this many bursts. */
const MAX_BURSTS_OWED = 2
const PREFIX = 'rate:'

/**
 * For each key: the milliseconds that it now is ahead of its pace, after as many more as it is told were added. The value
 * of a key is when it is due, by the clock of Redis, and lives until then.
 */
const TELL = `
local time = redis.call('time')
local now = time[1] * 1000 + time[2] / 1000
local ahead = {}
for i, key in ipairs(KEYS) do
  local taken, most = tonumber(ARGV[2 * i - 1]), tonumber(ARGV[2 * i])
  local due = math.min(math.max(tonumber(redis.call('get', key) or '0'), now) + taken, now + most)
  ahead[i] = math.ceil(due - now)
  redis.call('set', key, string.format('%.3f', due), 'px', math.max(ahead[i], 1))
end
return ahead
`

/**
 * Across processes. Each takes by its own counts and never waits: what was taken is told to Redis soon after, many keys
 * in one call, and the answer, which has what all others took, is put into the own counts. So a key may go over its limit
 * by what is not told yet, at most a burst per process, and pays it back by waiting longer. While Redis is away each
 * process counts alone.
 */
export function redisRateLimiter({ url, logger }: { url: string; logger: Logger }): RateLimiter {
  const redis = new Redis(url, { maxRetriesPerRequest: 1, commandTimeout: COMMAND_TIMEOUT_MS })
  redis.on('error', (error: Error) => logger.warn({ error }, 'redis: each instance limits by itself until it is back'))
  const toTell = new Map<string, RateCount>()
  let timer: NodeJS.Timeout | null = null
  let telling = false

  const tell = async (): Promise<void> => {
    if (timer) clearTimeout(timer)
    timer = null
    if (telling) return
    telling = true
    const told = [...toTell.values()].slice(0, MAX_TOLD)
    for (const { key } of told) toTell.delete(key)
    try {
      await tellRedis(redis, told)
    } catch (error) {
      logger.debug({ error }, 'redis: what was taken is known here alone')
    }
    telling = false
    if (toTell.size >= MAX_TOLD) void tell()
    else if (toTell.size > 0) tellSoon()
  }
  const tellSoon = (): void => {
    timer ??= setTimeout(() => void tell(), TELL_AFTER_MS).unref()
  }
  const counts = new RateCounts((count) => {
    if (toTell.size < MAX_WAITING) toTell.set(count.key, count)
    if (count.untold >= count.limit.burst * TELL_AT_SHARE) void tell()
    else tellSoon()
  })

  return {
    take: (key, limit) => counts.take(key, limit),
    async close() {
      if (timer) clearTimeout(timer)
      redis.disconnect()
    },
  }
}

/** Adds to Redis what these keys took, and to their counts what others did. */
async function tellRedis(redis: Redis, counts: readonly RateCount[]): Promise<void> {
  const keys = counts.map(({ key }) => `${PREFIX}${key}`)
  const amounts = counts.flatMap(({ limit, untold }) => [untold * paceMs(limit), MAX_BURSTS_OWED * leadMs(limit)])
  for (const count of counts) count.untold = 0
  const aheadMs = (await redis.eval(TELL, keys.length, ...keys, ...amounts)) as number[] // What the script returns.
  const now = performance.now()
  for (const [index, count] of counts.entries()) {
    const sinceMs = count.untold * paceMs(count.limit)
    count.dueMs = Math.max(count.dueMs, now + (aheadMs[index] ?? 0) + sinceMs)
  }
}
