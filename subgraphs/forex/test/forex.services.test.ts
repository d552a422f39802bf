import { redisCache, redisWakeups, silentLogger } from '@corridor/platform'
import { inject } from 'vitest'
import { describeSharedRates } from './cache-suite.ts'
import { describeHistory } from './history-suite.ts'

/** A database of the Redis for this file alone: platforms that run at the same time have rates too. */
const redis = { url: `${inject('redisUrl')}/1`, logger: silentLogger }

describeSharedRates('rates shared through Redis', {
  openCache: () => redisCache(redis),
  openWakeups: () => redisWakeups(redis),
})
describeHistory('the history in DynamoDB Local', async () => ({
  endpoint: inject('dynamoEndpoint'),
  close: async () => undefined,
}))
