import { kafkaBus, readKafkaConnection } from '@corridor/events'
import {
  createForexConsumers,
  createRateProvider,
  DYNAMO_SETTINGS,
  dynamoOf,
  MARKET_SETTINGS,
  marketOf,
  POLICY_SETTINGS,
  preferredIntervalMs,
  standardPolicies,
} from '@corridor/forex'
import { readConfig, redisWakeups, runMain, setting, systemClock } from '@corridor/platform'
import { ForexPoller } from './forex-poller.ts'

/** Polls the providers that `FX_PROVIDER` names, and follows payments for what the house is committed to. */
await runMain('forex-poller', async ({ logger, onStop }) => {
  const config = readConfig(process.env, {
    FOREX_DATABASE_URL: setting.url(),
    REDIS_URL: setting.url(),
    ...MARKET_SETTINGS,
    ...DYNAMO_SETTINGS,
    ...POLICY_SETTINGS,
  })
  const clock = systemClock
  const market = marketOf(config)
  const provider = await createRateProvider(market, { clock, logger })
  const wakeups = redisWakeups({ url: config.REDIS_URL, logger })
  onStop('wake-ups', () => wakeups.close())
  const poller = new ForexPoller({
    databaseUrl: config.FOREX_DATABASE_URL,
    provider,
    policies: standardPolicies({ intervalMs: preferredIntervalMs(market) }, config.FX_POLICY),
    dynamo: dynamoOf(config),
    clock,
    wakeups,
    logger,
  })
  onStop('the poller', () => poller.stop())
  poller.start()

  const outcomes = createForexConsumers({ databaseUrl: config.FOREX_DATABASE_URL, service: 'forex-poller' })
  onStop('the outcomes of payments', () => outcomes.close())
  const bus = kafkaBus({ ...readKafkaConnection(process.env), clientId: 'forex-poller', logger })
  onStop('the bus', () => bus.close())
  for (const consumer of outcomes.consumers) await bus.subscribe(consumer)
})
