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
        spans.map((span) => Object.create(span, { resource: { value: resourceOf(span) } }) as tracing.ReadableSpan), // The span, with one property of its own.
        done,
      ),
    shutdown: () => exporter.shutdown(),
    forceFlush: async () => exporter.forceFlush?.(),
  }
}
