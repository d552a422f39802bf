import { FREE_PORTS, startProcesses } from '@corridor/embedded'
import { silentLogger } from '@corridor/platform'
import { inject } from 'vitest'
import { testPlatform } from '../journey/platform.ts'
import { describeTraces } from './trace-suite.ts'

describeTraces('in a process per part, through Kafka', async (collectorUrl) => {
  process.env.OTEL_EXPORTER_OTLP_ENDPOINT = collectorUrl // Handed on to the processes, and read by nobody here.
  return testPlatform((dataDirectory) =>
    startProcesses({
      dataDirectory,
      ports: FREE_PORTS,
      external: {
        redisUrl: `${inject('redisUrl')}/6`,
        kafka: { brokers: inject('kafkaBrokers'), prefix: 'traces.' },
        allowPrivateWebhooks: true,
      },
      logger: silentLogger,
    }),
  )
})
