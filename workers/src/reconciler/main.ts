import { readConfig, redisWakeups, runMain, setting, systemClock } from '@corridor/platform'
import { DEFAULT_RECONCILE_INTERVAL_MS, Reconciler } from './reconciler.ts'

/** Checks the invariants of the books, freezes and alerts when one is broken, and holds payments and wallets against them. */
await runMain('reconciler', async ({ logger, onStop }) => {
  const config = readConfig(process.env, {
    LEDGER_DATABASE_URL: setting.url(),
    PAYMENT_DATABASE_URL: setting.url(),
    WALLET_DATABASE_URL: setting.url(),
    REDIS_URL: setting.url(),
    RECONCILE_INTERVAL_MS: setting.integer(DEFAULT_RECONCILE_INTERVAL_MS),
  })
  const wakeups = redisWakeups({ url: config.REDIS_URL, logger })
  onStop('wake-ups', () => wakeups.close())
  const reconciler = new Reconciler({
    databaseUrls: {
      ledger: config.LEDGER_DATABASE_URL,
      payment: config.PAYMENT_DATABASE_URL,
      wallet: config.WALLET_DATABASE_URL,
    },
    clock: systemClock,
    logger,
    wakeups,
    intervalMs: config.RECONCILE_INTERVAL_MS,
  })
  onStop('the reconciler', () => reconciler.stop())
  reconciler.start()
})
