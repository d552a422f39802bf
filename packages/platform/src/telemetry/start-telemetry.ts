import { metrics as metricsApi } from '@opentelemetry/api'
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto'
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { core, metrics, NodeSDK, resources, tracing } from '@opentelemetry/sdk-node'
import * as setting from '../config.ts'
import { readConfig } from '../config.ts'
import { byService } from './by-service.ts'
import { observeProcess } from './process-metrics.ts'

/** Settings of telemetry; the names are OpenTelemetry's own where it has one. */
const SETTINGS = {
  OTEL_EXPORTER_OTLP_ENDPOINT: setting.optional(setting.url()),
  /** Share of new traces that are recorded, 0 to 1. A trace that a caller began is followed as he decided. */
  OTEL_TRACES_SAMPLER_ARG: setting.optional(setting.text()),
  /** Where Prometheus may fetch; absent: nowhere. */
  METRICS_PORT: setting.optional(setting.port()),
  METRICS_HOST: setting.text('127.0.0.1'),
}

export interface Telemetry {
  /** Sends what is left, and stops. */
  stop(): Promise<void>
}

/** With the collector away, at most this many spans wait; more are dropped, and nothing waits for them. */
const MAX_WAITING_SPANS = 4_096
const EXPORT_TIMEOUT_MS = 5_000
const EXPORT_INTERVAL_MS = 10_000

/**
 * Starts traces and metrics of this process as the environment says. Without an endpoint and a metrics port it does
 * nothing, and spans cost nothing. Only `traceparent` is passed on: baggage would carry data of callers to anywhere.
 */
export function startTelemetry(service: string, env: Readonly<Record<string, string | undefined>>): Telemetry | null {
  const config = readConfig(env, SETTINGS)
  const endpoint = config.OTEL_EXPORTER_OTLP_ENDPOINT
  if (endpoint === undefined && config.METRICS_PORT === undefined) return null
  const readers: metrics.MetricReader[] = []
  if (config.METRICS_PORT !== undefined) {
    readers.push(new PrometheusExporter({ port: config.METRICS_PORT, host: config.METRICS_HOST }))
  }
  if (endpoint !== undefined) {
    const exporter = new OTLPMetricExporter({ url: at(endpoint, 'v1/metrics'), timeoutMillis: EXPORT_TIMEOUT_MS })
    readers.push(new metrics.PeriodicExportingMetricReader({ exporter, exportIntervalMillis: EXPORT_INTERVAL_MS }))
  }
  const sdk = new NodeSDK({
    resource: resources.resourceFromAttributes({ 'service.name': service, 'service.namespace': 'corridor' }),
    autoDetectResources: false,
    instrumentations: [],
    textMapPropagator: new core.W3CTraceContextPropagator(),
    sampler: new tracing.ParentBasedSampler({
      root: new tracing.TraceIdRatioBasedSampler(ratioOf(config.OTEL_TRACES_SAMPLER_ARG)),
    }),
    spanProcessors: endpoint === undefined ? [] : [exporting(endpoint)],
    metricReaders: readers,
  })
  sdk.start()
  const stopObserving = observeProcess(metricsApi.getMeter(service))
  return {
    stop: async () => {
      stopObserving()
      await sdk.shutdown()
    },
  }
}

function exporting(endpoint: string): tracing.SpanProcessor {
  const exporter = new OTLPTraceExporter({ url: at(endpoint, 'v1/traces'), timeoutMillis: EXPORT_TIMEOUT_MS })
  return new tracing.BatchSpanProcessor(byService(exporter), {
    maxQueueSize: MAX_WAITING_SPANS,
    exportTimeoutMillis: EXPORT_TIMEOUT_MS,
  })
}

const at = (endpoint: string, path: string): string => `${endpoint.replace(/\/$/, '')}/${path}`

function ratioOf(text: string | undefined): number {
  const ratio = text === undefined ? 1 : Number(text)
  if (!(ratio >= 0 && ratio <= 1)) throw new setting.ConfigError(['OTEL_TRACES_SAMPLER_ARG must be from 0 to 1'])
  return ratio
}
