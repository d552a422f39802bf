import type { SqlClient } from '@corridor/platform'
import type { Topic } from './event.ts'

/**
 * Marks an event as handled by `consumer`, in the transaction of its effect; false when it already was, and then the
 * effect must not be repeated. It is forgotten `HANDLED_RETENTION_MS` after the event came last.
 */
export async function handleOnce(
  client: SqlClient,
  { consumer, eventId }: { consumer: string; eventId: string },
): Promise<boolean> {
  const { rowCount } = await client.query({
    name: 'handle-once',
    text: 'insert into handled_events (consumer, event_id) values ($1, $2) on conflict do nothing',
    values: [consumer, eventId],
  })
  if (rowCount === 1) return true
  await client.query({
    name: 'handled-again',
    text: 'update handled_events set handled_at = now() where consumer = $1 and event_id = $2',
    values: [consumer, eventId],
  })
  return false
}

/** The events of a topic that the relay has yet to deliver, by id. */
export async function queuedEventIds(client: SqlClient, topic: Topic): Promise<readonly string[]> {
  const { rows } = await client.query<{ id: string }>('select id from event_queue where topic = $1', [topic])
  return rows.map(({ id }) => id)
}

/** Whether the effect of all these events is committed in this database. */
export async function areHandled(
  client: SqlClient,
  { consumer, eventIds }: { consumer: string; eventIds: readonly string[] },
): Promise<boolean> {
  const { rowCount } = await client.query(
    'select 1 from handled_events where consumer = $1 and event_id = any($2::uuid[])',
    [consumer, eventIds],
  )
  return rowCount === eventIds.length
}
