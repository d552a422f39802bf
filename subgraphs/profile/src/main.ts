import { setting } from '@corridor/platform'
import { runSubgraph } from '@corridor/subgraph'
import { coreSettings, IDENTITY_SETTINGS, KEY_SETTINGS, KYC_SETTINGS, kycProviderOf } from './config.ts'
import { createProfileSubgraph } from './index.ts'

await runSubgraph({
  name: 'profile',
  env: process.env,
  calls: ['ledger', 'payment'],
  settings: {
    ...KEY_SETTINGS,
    ...IDENTITY_SETTINGS,
    ...KYC_SETTINGS,
    IDEMPOTENCY_SECRET: setting.text(),
    IDENTITY_WEBHOOK_SECRET: setting.optional(setting.text()),
  },
  create: ({ config, client, ...parts }) =>
    createProfileSubgraph({
      ...parts,
      ...coreSettings(config, parts.clock),
      idempotencySecret: config.IDEMPOTENCY_SECRET,
      kycProviders: [kycProviderOf(config, { env: process.env, ...parts })],
      identityWebhookSecret: config.IDENTITY_WEBHOOK_SECRET ?? null,
      production: config.PLATFORM_MODE === 'production',
      ledger: client('ledger'),
      payment: client('payment'),
    }),
})
