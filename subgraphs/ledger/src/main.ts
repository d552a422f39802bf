import { setting } from '@corridor/platform'
import { runSubgraph } from '@corridor/subgraph'
import { createLedgerSubgraph, DEFAULT_PUBLIC_URL } from './index.ts'

await runSubgraph({
  name: 'ledger',
  env: process.env,
  settings: { PUBLIC_URL: setting.url(DEFAULT_PUBLIC_URL) },
  create: ({ config, ...parts }) => createLedgerSubgraph({ ...parts, publicUrl: config.PUBLIC_URL }),
})
