import { setting } from '@corridor/platform'
import { runSubgraph } from '@corridor/subgraph'
import { createRuleEngineSubgraph, DEFAULT_BOUNDS } from './index.ts'

const MAX_BOUND_USD_MINOR = 100_000_000_000

await runSubgraph({
  name: 'rule-engine',
  env: process.env,
  calls: ['forex'],
  settings: {
    PLATFORM_MODE: setting.oneOf(['development', 'production'], 'production'),
    PAYMENT_MIN_USD_MINOR: setting.integer(DEFAULT_BOUNDS.minUsdMinor, MAX_BOUND_USD_MINOR),
    PAYMENT_MAX_USD_MINOR: setting.integer(DEFAULT_BOUNDS.maxUsdMinor, MAX_BOUND_USD_MINOR),
  },
  create: ({ client, config, ...parts }) =>
    createRuleEngineSubgraph({
      ...parts,
      forex: client('forex'),
      twoPeople: config.PLATFORM_MODE === 'production',
      bounds: { minUsdMinor: config.PAYMENT_MIN_USD_MINOR, maxUsdMinor: config.PAYMENT_MAX_USD_MINOR },
    }),
})
