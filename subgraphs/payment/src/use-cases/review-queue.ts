import type { SqlClient } from '@corridor/platform'
import type { Payment } from '../domain/payment.ts'
import { readPayments } from './payment-store.ts'

/** Payments of anybody that wait for a decision, the oldest first. */
export async function readInReview(
  client: SqlClient,
  { after, limit }: { after: bigint; limit: number },
): Promise<Payment[]> {
  const { rows } = await client.query<{ id: string }>({
    name: 'payment-in-review',
    text: `select id from payments where status = 'IN_REVIEW' and intent is null and number > $1 order by number limit $2`,
    values: [after, limit],
  })
  const found = await readPayments(
    client,
    rows.map(({ id }) => id),
  )
  return [...found.values()].toSorted((one, other) => Number(one.number - other.number))
}
