import { createLedgerSealer } from '@corridor/ledger'
import { type JWK, readConfig, redisWakeups, runMain, setting, systemClock } from '@corridor/platform'

const SERVICE = 'ledger-sealer'
const isEd25519 = (value: unknown): value is JWK =>
  typeof value === 'object' && value !== null && 'd' in value && 'crv' in value && value.crv === 'Ed25519'

/** Seals committed transfers in signed blocks. The key is its own: whoever holds it can write another history. */
await runMain(SERVICE, async ({ logger, onStop }) => {
  const config = readConfig(process.env, {
    LEDGER_DATABASE_URL: setting.url(),
    REDIS_URL: setting.url(),
    LEDGER_SEALING_KEY: setting.json(isEd25519, 'a private Ed25519 JWK'),
  })
  const wakeups = redisWakeups({ url: config.REDIS_URL, logger })
  onStop('wake-ups', () => wakeups.close())
  const sealer = createLedgerSealer({
    databaseUrl: config.LEDGER_DATABASE_URL,
    privateJwk: config.LEDGER_SEALING_KEY,
    clock: systemClock,
    logger,
    wakeups,
    service: SERVICE,
  })
  onStop('the sealer', () => sealer.stop())
  sealer.start()
})
