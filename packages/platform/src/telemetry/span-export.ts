import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { tracing } from '@opentelemetry/sdk-node'
import { byService } from './by-service.ts'
import { MAX_WAITING_SPANS, type SpanQueue } from './span-queue.ts'

const EXPORT_TIMEOUT_MS = 5_000
/** A trace is whole at the collector so soon after its end. */
const EXPORT_DELAY_MS = 1_000

/** Exports spans by OTLP over HTTP to `url`, in batches, through `queue`. */
export function exportingTo(url: string, queue: SpanQueue): tracing.SpanProcessor {
  const exporter = new OTLPTraceExporter({ url, timeoutMillis: EXPORT_TIMEOUT_MS })
  const batches = new tracing.BatchSpanProcessor(queue.counting(byService(exporter)), {
    maxQueueSize: MAX_WAITING_SPANS,
    scheduledDelayMillis: EXPORT_DELAY_MS,
    exportTimeoutMillis: EXPORT_TIMEOUT_MS,
  })
  return queue.before(batches)
}
