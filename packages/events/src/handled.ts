import type { SqlClient } from '@corridor/platform'

/**
 * Marks an event as handled by `consumer`, in the transaction of its effect; false when it already was, and then the
 * effect must not be repeated.
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
  return rowCount === 1
}
