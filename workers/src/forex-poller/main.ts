import { simulatedMarket } from '@corridor/forex'
import { readConfig, redisWakeups, runMain, setting, systemClock } from '@corridor/platform'
import { ForexPoller } from './forex-poller.ts'

const DEFAULT_INTERVAL_MS = 10_000

/** Rates of the simulated market, for development: production has a provider of its own or none of this. */
await runMain('forex-poller', async ({ logger, onStop }) => {
  const config = readConfig(process.env, {
    PLATFORM_MODE: setting.oneOf(['development'], 'development'),
    FOREX_DATABASE_URL: setting.url(),
    REDIS_URL: setting.url(),
    RATE_INTERVAL_MS: setting.integer(DEFAULT_INTERVAL_MS),
  })
  const clock = systemClock
  const wakeups = redisWakeups({ url: config.REDIS_URL, logger })
  onStop('wake-ups', () => wakeups.close())
  const poller = new ForexPoller({
    databaseUrl: config.FOREX_DATABASE_URL,
    provider: simulatedMarket({ seed: 'corridor', intervalMs: config.RATE_INTERVAL_MS, clock }),
    clock,
    wakeups,
    logger,
  })
  onStop('the poller', () => poller.stop())
  poller.start()
})
