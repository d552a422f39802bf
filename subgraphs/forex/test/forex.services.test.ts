import { redisCache, redisWakeups, silentLogger } from '@corridor/platform'
import { inject } from 'vitest'
import { describeSharedRates } from './cache-suite.ts'
import { describeHistory } from './history-suite.ts'

const redis = { url: inject('redisUrl'), logger: silentLogger }

describeSharedRates('rates shared through Redis', {
  openCache: () => redisCache(redis),
  openWakeups: () => redisWakeups(redis),
})
describeHistory('the history in DynamoDB Local', async () => ({
  endpoint: inject('dynamoEndpoint'),
  close: async () => undefined,
}))
