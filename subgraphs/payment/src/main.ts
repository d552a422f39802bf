import { setting } from '@corridor/platform'
import { runSubgraph } from '@corridor/subgraph'
import { createPaymentSubgraph } from './index.ts'

await runSubgraph({
  name: 'payment',
  env: process.env,
  calls: ['forex', 'profile', 'rule-engine', 'wallet'],
  settings: { IDEMPOTENCY_SECRET: setting.text(), CALLBACK_SECRET: setting.text() },
  create: ({ config, client, ...parts }) =>
    createPaymentSubgraph({
      ...parts,
      idempotencySecret: config.IDEMPOTENCY_SECRET,
      callbackSecret: config.CALLBACK_SECRET,
      forex: client('forex'),
      rules: client('rule-engine'),
      wallet: client('wallet'),
      profile: client('profile'),
    }),
})
