import { inject } from 'vitest'
import { redisCache, redisRateLimiter, redisWakeups, silentLogger } from '../src/index.ts'
import { describeCache } from './cache-suite.ts'
import { describeRateLimiter } from './rate-limiter-suite.ts'
import { describeWakeups } from './wakeups-suite.ts'

const options = { url: inject('redisUrl'), logger: silentLogger }

describeCache('the cache of Redis', () => redisCache(options))
describeWakeups('wake-ups by Redis', () => [redisWakeups(options), redisWakeups(options)])
describeRateLimiter('limits by Redis', () => [redisRateLimiter(options), redisRateLimiter(options)])
