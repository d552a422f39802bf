import { setting } from '@corridor/platform'
import { runSubgraph } from '@corridor/subgraph'
import { createProfileSubgraph } from './index.ts'

await runSubgraph({
  name: 'profile',
  env: process.env,
  settings: {
    PROFILE_KEYS_DATABASE_URL: setting.url(),
    PROFILE_MASTER_KEY: setting.text(),
    PROFILE_INDEX_KEY: setting.text(),
    IDEMPOTENCY_SECRET: setting.text(),
  },
  create: ({ config, ...parts }) =>
    createProfileSubgraph({
      ...parts,
      keysDatabaseUrl: config.PROFILE_KEYS_DATABASE_URL,
      masterKey: config.PROFILE_MASTER_KEY,
      indexKey: config.PROFILE_INDEX_KEY,
      idempotencySecret: config.IDEMPOTENCY_SECRET,
    }),
})
