import { createPool, readConfig, setting } from '@corridor/platform'
import { runSubgraph } from '@corridor/subgraph'
import { createRuleEngineSubgraph, rebuildCounters } from './index.ts'

const MAX_BOUND_USD_MINOR = 100_000_000_000

/** `main.js rebuild-counters` counts anew what customers have used, and ends; without it, the subgraph's process. */
if (process.argv[2] === 'rebuild-counters') await rebuild()
else await serve()

async function serve(): Promise<void> {
  await runSubgraph({
    name: 'rule-engine',
    env: process.env,
    calls: ['forex'],
    settings: {
      PLATFORM_MODE: setting.oneOf(['development', 'production'], 'production'),
      PAYMENT_MIN_USD_MINOR: setting.integer(1, MAX_BOUND_USD_MINOR),
      PAYMENT_MAX_USD_MINOR: setting.integer(100_000_000, MAX_BOUND_USD_MINOR),
    },
    create: ({ client, config, ...parts }) =>
      createRuleEngineSubgraph({
        ...parts,
        forex: client('forex'),
        twoPeople: config.PLATFORM_MODE === 'production',
        bounds: { minUsdMinor: config.PAYMENT_MIN_USD_MINOR, maxUsdMinor: config.PAYMENT_MAX_USD_MINOR },
      }),
  })
}

async function rebuild(): Promise<void> {
  const { RULE_ENGINE_DATABASE_URL: url } = readConfig(process.env, { RULE_ENGINE_DATABASE_URL: setting.url() })
  const pool = createPool({ url, service: 'rebuild-counters' })
  try {
    const { customers, corrected } = await rebuildCounters(pool)
    process.stdout.write(`${customers} customers counted anew, ${corrected} windows corrected.\n`)
  } finally {
    await pool.end()
  }
}
