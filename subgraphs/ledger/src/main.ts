import { runSubgraph } from '@corridor/subgraph'
import { createLedgerSubgraph } from './index.ts'

await runSubgraph({ name: 'ledger', env: process.env, settings: {}, create: (parts) => createLedgerSubgraph(parts) })
