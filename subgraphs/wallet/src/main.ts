import { setting } from '@corridor/platform'
import { runSubgraph } from '@corridor/subgraph'
import { createWalletSubgraph } from './index.ts'

await runSubgraph({
  name: 'wallet',
  env: process.env,
  calls: ['ledger', 'profile'],
  settings: { IDEMPOTENCY_SECRET: setting.text() },
  create: ({ config, client, ...parts }) =>
    createWalletSubgraph({
      ...parts,
      idempotencySecret: config.IDEMPOTENCY_SECRET,
      ledger: client('ledger'),
      profile: client('profile'),
    }),
})
