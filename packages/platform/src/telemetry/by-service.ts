import { resources, type tracing } from '@opentelemetry/sdk-node'

/**
 * Exports each span under the service whose name its tracer has, so that services that share a process keep theirs: the
 * SDK has one resource per process, and Jaeger shows a resource as a service.
 */
export function byService(exporter: tracing.SpanExporter): tracing.SpanExporter {
  const known = new Map<string, resources.Resource>()
  const resourceOf = (span: tracing.ReadableSpan): resources.Resource => {
    const { name } = span.instrumentationScope
    let found = known.get(name)
    if (found === undefined) {
      found = span.resource.merge(resources.resourceFromAttributes({ 'service.name': name }))
      known.set(name, found)
    }
    return found
  }
  return {
    export: (spans, done) =>
      exporter.export(
        spans.map((span) => withResource(span, resourceOf(span))),
        done,
      ),
    shutdown: () => exporter.shutdown(),
    forceFlush: async () => exporter.forceFlush?.(),
  }
}

/** A copy: an object that only had the span as its prototype would make reading each span slow, as each has another shape. */
const withResource = (span: tracing.ReadableSpan, resource: resources.Resource): tracing.ReadableSpan => ({
  name: span.name,
  kind: span.kind,
  spanContext: () => span.spanContext(),
  ...(span.parentSpanContext === undefined ? {} : { parentSpanContext: span.parentSpanContext }),
  startTime: span.startTime,
  endTime: span.endTime,
  status: span.status,
  attributes: span.attributes,
  links: span.links,
  events: span.events,
  duration: span.duration,
  ended: span.ended,
  resource,
  instrumentationScope: span.instrumentationScope,
  droppedAttributesCount: span.droppedAttributesCount,
  droppedEventsCount: span.droppedEventsCount,
  droppedLinksCount: span.droppedLinksCount,
})
