import { setting } from '@corridor/platform'
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
  settings: { IDEMPOTENCY_SECRET: setting.text(), ...MARKET_SETTINGS, ...DYNAMO_SETTINGS, ...POLICY_SETTINGS },
  create: ({ config, client, ...parts }) =>
    createForexSubgraph({
      ...parts,
      ledger: client('ledger'),
      idempotencySecret: config.IDEMPOTENCY_SECRET,
      policies: standardPolicies({ intervalMs: preferredIntervalMs(marketOf(config)) }, config.FX_POLICY),
      limits: quoteLimitsOf(config.FX_POLICY),
      exposurePolicy: exposurePolicyOf(config.FX_POLICY),
      dynamo: dynamoOf(config),
    }),
})
