import { FREE_PORTS, startPlatform } from '@corridor/embedded'
import { silentLogger, startTelemetry } from '@corridor/platform'
import { testPlatform } from '../journey/platform.ts'
import { describeTraces } from './trace-suite.ts'

describeTraces('in one process', async (collectorUrl) => {
  const telemetry = startTelemetry('platform', { OTEL_EXPORTER_OTLP_ENDPOINT: collectorUrl }, silentLogger)
  const started = await testPlatform((dataDirectory) =>
    startPlatform({
      dataDirectory,
      ports: FREE_PORTS,
      logger: silentLogger,
      settleAfterMs: 50,
      external: { allowPrivateWebhooks: true },
    }),
  )
  return {
    ...started,
    async stop() {
      await started.stop()
      await telemetry?.stop()
    },
  }
})
