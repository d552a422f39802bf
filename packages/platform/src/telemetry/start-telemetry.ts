import { metrics as metricsApi } from '@opentelemetry/api'
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto'
import { core, metrics, NodeSDK, resources } from '@opentelemetry/sdk-node'
import * as setting from '../config.ts'
import { readConfig } from '../config.ts'
import type { Logger } from '../logger.ts'
import { metricProducer } from '../metrics/otlp.ts'
import { isByParent, SAMPLER_NAMES, samplerOf } from './sampling.ts'
import { exportingTo } from './span-export.ts'
import { observeSpans, SpanQueue } from './span-queue.ts'
import { letParentsDecide } from './spans.ts'

/** Settings of telemetry; the names are OpenTelemetry's own where it has one. */
const SETTINGS = {
  OTEL_EXPORTER_OTLP_ENDPOINT: setting.optional(setting.url()),
  /** By default a trace that a caller began is followed as he decided. */
  OTEL_TRACES_SAMPLER: setting.oneOf(SAMPLER_NAMES, 'parentbased_traceidratio'),
  /** Share of new traces that are recorded, 0 to 1; absent: all. */
  OTEL_TRACES_SAMPLER_ARG: setting.optional(setting.text()),
}

export interface Telemetry {
  /** What waits to be exported, and what was lost. */
  readonly spans: Pick<SpanQueue, 'waiting' | 'dropped' | 'failed'>
  /** Sends what is left, and stops; what nobody takes in time is given up, and that is told in the log. */
  stop(): Promise<void>
}

const EXPORT_TIMEOUT_MS = 5_000
const EXPORT_INTERVAL_MS = 10_000
/** Well within the time in which a process must have stopped. */
const STOP_TIMEOUT_MS = 2_000

/**
 * Starts the export of traces and metrics of this process as the environment says. Without an endpoint it does nothing,
 * and spans cost nothing. Only `traceparent` is passed on: baggage would carry data of callers to anywhere.
 */
export function startTelemetry(
  service: string,
  env: Readonly<Record<string, string | undefined>>,
  logger: Logger,
): Telemetry | null {
  const config = readConfig(env, SETTINGS)
  const endpoint = config.OTEL_EXPORTER_OTLP_ENDPOINT
  if (endpoint === undefined) return null
  const spans = new SpanQueue()
  const sdk = new NodeSDK({
    resource: resources.resourceFromAttributes({ 'service.name': service, 'service.namespace': 'corridor' }),
    autoDetectResources: false,
    instrumentations: [],
    textMapPropagator: new core.W3CTraceContextPropagator(),
    sampler: samplerOf(config.OTEL_TRACES_SAMPLER, config.OTEL_TRACES_SAMPLER_ARG),
    spanProcessors: [exportingTo(at(endpoint, 'v1/traces'), spans)],
    metricReaders: [metricReader(at(endpoint, 'v1/metrics'))],
  })
  letParentsDecide(isByParent(config.OTEL_TRACES_SAMPLER))
  sdk.start()
  observeSpans(metricsApi.getMeter(service), spans)
  return {
    spans,
    async stop() {
      try {
        await inTime(sdk.shutdown())
      } catch (error) {
        logger.warn({ error }, 'what was left of traces and metrics was not taken')
      }
    },
  }
}

async function inTime(stopped: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not within ${STOP_TIMEOUT_MS} ms`)), STOP_TIMEOUT_MS)
  })
  await Promise.race([stopped, late]).finally(() => clearTimeout(timer))
}

const metricReader = (url: string): metrics.PeriodicExportingMetricReader =>
  new metrics.PeriodicExportingMetricReader({
    exporter: new OTLPMetricExporter({ url, timeoutMillis: EXPORT_TIMEOUT_MS }),
    exportIntervalMillis: EXPORT_INTERVAL_MS,
    metricProducers: [metricProducer()],
  })

const at = (endpoint: string, path: string): string => `${endpoint.replace(/\/$/, '')}/${path}`
