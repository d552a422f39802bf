import { kafkaBus, readKafkaConnection } from '@corridor/events'
import { readConfig, runMain, setting } from '@corridor/platform'
import { createRiskConsumers } from '@corridor/rule-engine'

const SERVICE = 'risk-counters'

/** Keeps what the rules know of customers and their payments in step with the events. */
await runMain(SERVICE, async ({ logger, onStop }) => {
  const { RULE_ENGINE_DATABASE_URL: databaseUrl } = readConfig(process.env, { RULE_ENGINE_DATABASE_URL: setting.url() })
  const connection = readKafkaConnection(process.env)
  const risk = createRiskConsumers({ databaseUrl, service: SERVICE })
  onStop('the consumers', () => risk.close())
  const bus = kafkaBus({ ...connection, clientId: SERVICE, logger })
  onStop('the bus', () => bus.close())
  for (const consumer of risk.consumers) await bus.subscribe(consumer)
})
