import { runSubgraph } from '@corridor/subgraph'
import { createRuleEngineSubgraph } from './index.ts'

await runSubgraph({
  name: 'rule-engine',
  env: process.env,
  calls: ['forex'],
  settings: {},
  create: ({ client, ...parts }) => createRuleEngineSubgraph({ ...parts, forex: client('forex') }),
})
