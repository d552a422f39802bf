import { redisCache, setting } from '@corridor/platform'
import { runSubgraph } from '@corridor/subgraph'
import {
  createForexSubgraph,
  DYNAMO_SETTINGS,
  dynamoOf,
  exposurePolicyOf,
  MARKET_SETTINGS,
  marketOf,
  POLICY_SETTINGS,
  preferredIntervalMs,
  quoteLimitsOf,
  standardPolicies,
} from './index.ts'

await runSubgraph({
  name: 'forex',
  env: process.env,
  calls: ['ledger'],
  settings: {
    IDEMPOTENCY_SECRET: setting.text(),
    REDIS_URL: setting.url(),
    ...MARKET_SETTINGS,
    ...DYNAMO_SETTINGS,
    ...POLICY_SETTINGS,
  },
  create: async ({ config, client, ...parts }) => {
    const cache = redisCache({ url: config.REDIS_URL, logger: parts.logger })
    const forex = await createForexSubgraph({
      ...parts,
      cache,
      ledger: client('ledger'),
      idempotencySecret: config.IDEMPOTENCY_SECRET,
      policies: standardPolicies({ intervalMs: preferredIntervalMs(marketOf(config)) }, config.FX_POLICY),
      limits: quoteLimitsOf(config.FX_POLICY),
      exposurePolicy: exposurePolicyOf(config.FX_POLICY),
      dynamo: dynamoOf(config),
    })
    return {
      ...forex,
      close: async () => {
        await forex.close()
        await cache.close()
      },
    }
  },
})
