import { setting } from '@corridor/platform'
import { runSubgraph } from '@corridor/subgraph'
import { createForexSubgraph, standardPolicies } from './index.ts'

const DEFAULT_INTERVAL_MS = 10_000

await runSubgraph({
  name: 'forex',
  env: process.env,
  calls: ['ledger'],
  settings: { IDEMPOTENCY_SECRET: setting.text(), RATE_INTERVAL_MS: setting.integer(DEFAULT_INTERVAL_MS) },
  create: ({ config, client, ...parts }) =>
    createForexSubgraph({
      ...parts,
      ledger: client('ledger'),
      idempotencySecret: config.IDEMPOTENCY_SECRET,
      policies: standardPolicies({ intervalMs: config.RATE_INTERVAL_MS }),
    }),
})
