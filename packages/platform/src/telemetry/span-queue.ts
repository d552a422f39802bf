import type { Meter } from '@opentelemetry/api'
import { core, type tracing } from '@opentelemetry/sdk-node'

/** With the collector away at most this many spans wait, those on their way included; further ones are dropped. */
export const MAX_WAITING_SPANS = 4_096

/**
 * What stands between the ends of spans and their export: bounded, and counted. Nothing ever waits for it.
 */
export class SpanQueue {
  #waiting = 0
  #dropped = 0
  #failed = 0

  /** Spans that are not exported yet. */
  get waiting(): number {
    return this.#waiting
  }

  /** Spans that found no room. */
  get dropped(): number {
    return this.#dropped
  }

  /** Spans that the collector did not take. */
  get failed(): number {
    return this.#failed
  }

  /** The way in: hands on to `next` as many spans as may wait. */
  before(next: tracing.SpanProcessor): tracing.SpanProcessor {
    return {
      onStart: () => undefined,
      onEnd: (span) => {
        if (this.#waiting === MAX_WAITING_SPANS) {
          this.#dropped += 1
          return
        }
        this.#waiting += 1
        next.onEnd(span)
      },
      forceFlush: () => next.forceFlush(),
      shutdown: () => next.shutdown(),
    }
  }

  /** The way out: what `exporter` has done with makes room. */
  counting(exporter: tracing.SpanExporter): tracing.SpanExporter {
    return {
      export: (spans, done) =>
        exporter.export(spans, (result) => {
          this.#waiting -= spans.length
          if (result.code !== core.ExportResultCode.SUCCESS) this.#failed += spans.length
          done(result)
        }),
      shutdown: () => exporter.shutdown(),
      forceFlush: async () => exporter.forceFlush?.(),
    }
  }
}

/** Shows what waits and what was lost. */
export function observeSpans(meter: Meter, queue: SpanQueue): void {
  const waiting = meter.createObservableGauge('corridor.spans.waiting', {
    unit: '{span}',
    description: 'Spans that are not exported yet.',
  })
  const lost = meter.createObservableCounter('corridor.spans.lost', {
    unit: '{span}',
    description: 'Spans that found no room, or that the collector did not take.',
  })
  waiting.addCallback((result) => result.observe(queue.waiting))
  lost.addCallback((result) => {
    result.observe(queue.dropped, { reason: 'no_room' })
    result.observe(queue.failed, { reason: 'not_taken' })
  })
}
