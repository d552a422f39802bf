import { kafkaBus, readKafkaConnection } from '@corridor/events'
import { readConfig, redisWakeups, runMain, setting } from '@corridor/platform'
import { OutboxRelay } from './outbox-relay.ts'

const SERVICE = 'outbox-relay'

/** Takes the events of every domain to Kafka. A second one stands by, and takes over when the leases of the first end. */
await runMain(SERVICE, async ({ logger, onStop }) => {
  const config = readConfig(process.env, {
    FOREX_DATABASE_URL: setting.url(),
    LEDGER_DATABASE_URL: setting.url(),
    PAYMENT_DATABASE_URL: setting.url(),
    PROFILE_DATABASE_URL: setting.url(),
    RULE_ENGINE_DATABASE_URL: setting.url(),
    WALLET_DATABASE_URL: setting.url(),
    REDIS_URL: setting.url(),
  })
  const bus = kafkaBus({ ...readKafkaConnection(process.env), clientId: SERVICE, logger })
  onStop('the bus', () => bus.close())
  const wakeups = redisWakeups({ url: config.REDIS_URL, logger })
  onStop('wake-ups', () => wakeups.close())
  const relay = new OutboxRelay({
    databaseUrls: {
      forex: config.FOREX_DATABASE_URL,
      ledger: config.LEDGER_DATABASE_URL,
      payment: config.PAYMENT_DATABASE_URL,
      profile: config.PROFILE_DATABASE_URL,
      'rule-engine': config.RULE_ENGINE_DATABASE_URL,
      wallet: config.WALLET_DATABASE_URL,
    },
    bus,
    wakeups,
    logger,
  })
  onStop('the relays', () => relay.stop())
  relay.start()
})
