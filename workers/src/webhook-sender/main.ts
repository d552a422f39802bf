import { kafkaBus, readKafkaConnection } from '@corridor/events'
import { createWebhookSender } from '@corridor/payment'
import { readConfig, redisWakeups, runMain, setting, systemClock } from '@corridor/platform'

const SERVICE = 'webhook-sender'

/** Tells customers' endpoints of their payments. */
await runMain(SERVICE, async ({ logger, onStop }) => {
  const config = readConfig(process.env, {
    PAYMENT_DATABASE_URL: setting.url(),
    REDIS_URL: setting.url(),
    WEBHOOK_KEY: setting.text(),
    WEBHOOKS_ALLOW_PRIVATE: setting.flag(false),
  })
  const wakeups = redisWakeups({ url: config.REDIS_URL, logger })
  onStop('wake-ups', () => wakeups.close())
  const sender = createWebhookSender({
    databaseUrl: config.PAYMENT_DATABASE_URL,
    webhookKey: config.WEBHOOK_KEY,
    allowPrivate: config.WEBHOOKS_ALLOW_PRIVATE,
    clock: systemClock,
    logger,
    wakeups,
  })
  onStop('the sender', () => sender.stop())
  const bus = kafkaBus({ ...readKafkaConnection(process.env), clientId: SERVICE, logger })
  onStop('the bus', () => bus.close())
  await bus.subscribe(sender.consumer)
  sender.start()
})
