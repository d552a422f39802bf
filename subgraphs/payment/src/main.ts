import { setting } from '@corridor/platform'
import { runSubgraph } from '@corridor/subgraph'
import { createPaymentSubgraph, FEE_SETTINGS, FUNDING_SETTINGS, fundingOf } from './index.ts'

await runSubgraph({
  name: 'payment',
  env: process.env,
  calls: ['forex', 'profile', 'rule-engine', 'wallet'],
  settings: {
    IDEMPOTENCY_SECRET: setting.text(),
    ...FUNDING_SETTINGS,
    ...FEE_SETTINGS,
    WEBHOOK_KEY: setting.text(),
    WEBHOOKS_ALLOW_PRIVATE: setting.flag(false),
  },
  create: ({ config, client, ...parts }) =>
    createPaymentSubgraph({
      ...parts,
      idempotencySecret: config.IDEMPOTENCY_SECRET,
      funding: fundingOf(config),
      fees: config.PAYMENT_FEES,
      webhookKey: config.WEBHOOK_KEY,
      allowPrivateWebhooks: config.WEBHOOKS_ALLOW_PRIVATE,
      forex: client('forex'),
      rules: client('rule-engine'),
      wallet: client('wallet'),
      profile: client('profile'),
    }),
})
