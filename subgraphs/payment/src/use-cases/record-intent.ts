import {
  accept,
  type Clock,
  inTransaction,
  invariant,
  isText,
  isUuid,
  type Pool,
  type Result,
  refuse,
  type SqlClient,
  type Wakeups,
} from '@corridor/platform'
import type { Intent, Payment, PaymentStatus } from '../domain/payment.ts'
import { DUE_CHANNEL } from './channels.ts'
import { readPayments } from './payment-store.ts'

export interface IntentDeps {
  readonly pool: Pool
  readonly clock: Clock
  readonly wakeups: Wakeups
}

const MAX_NOTE_LENGTH = 500

/**
 * Decides a payment that the rules sent to review, by somebody who is neither its payer nor its payee. The first
 * decision that is committed stands; the processor then moves or gives back the money.
 */
export async function reviewPayment(
  deps: IntentDeps,
  { id, approve, note, reviewer }: { id: string; approve: boolean; note: string; reviewer: string },
): Promise<Result<Payment>> {
  const text = note.trim()
  if (!isText(text, MAX_NOTE_LENGTH)) {
    return refuse('BAD_USER_INPUT', `note has 1 to ${MAX_NOTE_LENGTH} characters.`, 'note')
  }
  const payment = await read(deps.pool, id)
  if (!payment) return refuse('NOT_FOUND', undefined, 'id')
  if ([payment.payer, payment.payee].includes(reviewer)) return refuse('FORBIDDEN', 'Nobody reviews his own payment.')
  const intent = approve ? 'APPROVE' : 'REFUSE'
  return await record(deps, { id, intent, by: reviewer, note: text, from: ['IN_REVIEW'] })
}

/** Cancels a payment of the caller's that has not moved money yet, and is not with a provider. */
export async function cancelPayment(
  deps: IntentDeps,
  { id, reason, payer }: { id: string; reason: string | null; payer: string },
): Promise<Result<Payment>> {
  if (reason !== null && !isText(reason, MAX_NOTE_LENGTH, 0)) {
    return refuse('BAD_USER_INPUT', `reason has at most ${MAX_NOTE_LENGTH} characters.`, 'reason')
  }
  const payment = await read(deps.pool, id)
  if (!payment || payment.payer !== payer) return refuse('NOT_FOUND', undefined, 'id')
  return await record(deps, {
    id,
    intent: 'CANCEL',
    by: payer,
    note: reason,
    from: ['SCHEDULED', 'PENDING', 'IN_REVIEW'],
  })
}

/**
 * The payments with the reviews among them expired that nobody decided in their time: like any other intent it is
 * committed before anything is done for it. What somebody decided at the last moment is left out; it is due anew.
 */
export async function expireReviews(client: SqlClient, due: readonly Payment[], now: Date): Promise<Payment[]> {
  const undecided = due.filter(({ status, intent }) => status === 'IN_REVIEW' && intent === null)
  if (undecided.length === 0) return [...due]
  const { rows } = await client.query<{ id: string }>(
    `update payments set intent = 'EXPIRE', intent_at = $2
     where id = any($1::uuid[]) and status = 'IN_REVIEW' and intent is null and due_at <= $2 returning id`,
    [undecided.map(({ id }) => id), now],
  )
  const expired = new Set(rows.map(({ id }) => id))
  return due.flatMap((payment): Payment[] => {
    if (expired.has(payment.id)) return [{ ...payment, intent: 'EXPIRE', intentAt: now }]
    return undecided.includes(payment) ? [] : [payment]
  })
}

const read = async (pool: Pool, id: string): Promise<Payment | null> =>
  isUuid(id) ? ((await readPayments(pool, [id])).get(id) ?? null) : null

async function record(
  { pool, clock, wakeups }: IntentDeps,
  input: { id: string; intent: Intent; by: string; note: string | null; from: readonly PaymentStatus[] },
): Promise<Result<Payment>> {
  const { id, intent, by, note, from } = input
  const now = clock.now()
  const recorded = await inTransaction(pool, (client) =>
    client.query(
      `update payments set intent = $2, intent_by = $3, intent_note = $4, intent_at = $5, due_at = $5
       where id = $1 and status = any($6) and intent is null`,
      [id, intent, by, note, now, from],
    ),
  )
  const payment = (await readPayments(pool, [id])).get(id)
  invariant(payment, 'payments are never removed')
  if (recorded.rowCount === 1) {
    wakeups.wake(DUE_CHANNEL)
    return accept(payment)
  }
  // The same wish again is granted already; any other came too late.
  if (payment.intent === intent && from.includes(payment.status)) return accept(payment)
  if (payment.intent !== null && from.includes(payment.status))
    return refuse('CONFLICT', 'It was decided already.', 'id')
  return refuse('INVALID_TRANSITION', `The payment is ${payment.status}.`, 'id')
}
