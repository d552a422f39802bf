import { currentTraceparent, type SqlClient, uuidv7 } from '@corridor/platform'
import type { NewEvent } from './event.ts'

/**
 * Writes the events of a change in the transaction of the change, in one statement. Wake the relay after the commit:
 * `wakeups.wake(queueChannel(domain))`.
 */
export async function enqueueEvents(client: SqlClient, events: readonly NewEvent[]): Promise<void> {
  if (events.length === 0) return
  const traceparent = currentTraceparent()
  await client.query({
    name: 'enqueue-events',
    text: `insert into event_queue (id, topic, key, type, data, traceparent)
           select e.id, e.topic, e.key, e.type, e.data, e.traceparent
           from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::jsonb[], $6::text[])
             with ordinality as e (id, topic, key, type, data, traceparent, position)
           order by e.position`,
    values: [
      events.map((event) => event.id ?? uuidv7()),
      events.map((event) => event.topic),
      events.map((event) => event.key),
      events.map((event) => event.type),
      events.map((event) => JSON.stringify(event.data)),
      events.map((event) => (event.traceparent === undefined ? traceparent : event.traceparent)),
    ],
  })
}

/** Where the relay of a domain listens for new rows. */
export const queueChannel = (domain: string): string => `queue:${domain}`
