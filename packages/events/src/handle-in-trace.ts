import { contextOf, inSpan } from '@corridor/platform'
import { SpanKind } from '@opentelemetry/api'
import type { Consumer } from './bus.ts'
import type { DeliveredEvent } from './event.ts'
import { countConsumed } from './event-metrics.ts'

/** The consumer's effect, as part of the trace in which the event was written. */
export const handleInTrace = (consumer: Consumer, event: DeliveredEvent): Promise<void> =>
  inSpan(
    {
      service: consumer.service ?? consumer.name,
      name: `consume ${event.type}`,
      kind: SpanKind.CONSUMER,
      attributes: { 'messaging.destination.name': event.topic, 'messaging.message.id': event.id },
      parent: contextOf(event.traceparent),
    },
    () => countConsumed(consumer.name, consumer.handle(event)),
  )
