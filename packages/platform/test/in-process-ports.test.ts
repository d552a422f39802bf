import { inProcessCache, inProcessRateLimiter, inProcessWakeups } from '../src/index.ts'
import { describeCache } from './cache-suite.ts'
import { describeRateLimiter } from './rate-limiter-suite.ts'
import { describeWakeups } from './wakeups-suite.ts'

describeCache('the cache of one process', inProcessCache)
describeWakeups('wake-ups in one process', () => {
  const wakeups = inProcessWakeups()
  return [wakeups, wakeups]
})
describeRateLimiter('the limits of one process', () => {
  const limiter = inProcessRateLimiter()
  return [limiter, limiter]
})
