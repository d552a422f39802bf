import { counter, gauge, histogram, onRead, type Pool } from '@corridor/platform'
import { PAYMENT_STATUSES, type PaymentStatus } from './domain/payment.ts'

const WAITING = ['SCHEDULED', 'PENDING', 'IN_REVIEW', 'AUTHORIZED'] as const satisfies readonly PaymentStatus[]
const MILLISECONDS = 1_000
const MAX_REASONS = 80

const taken = counter({
  name: 'corridor.payment.taken',
  unit: '{payment}',
  description: 'Payments that were taken in.',
})
const transitions = counter({
  name: 'corridor.payment.transitions',
  unit: '{payment}',
  description: 'Payments that came into a state from another.',
  attributes: { status: PAYMENT_STATUSES },
})
const timeInState = histogram({
  name: 'corridor.payment.state.duration',
  unit: 's',
  description: 'Time that a payment spent in the state that it left.',
  attributes: { status: WAITING },
  bounds: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 900, 3_600, 86_400, 259_200],
})
const declines = counter({
  name: 'corridor.payment.declines',
  unit: '{payment}',
  description: 'Payments that were declined or failed, by the code of the reason.',
  attributes: { status: ['DECLINED', 'FAILED'], reason: { first: MAX_REASONS } },
})
/** Told from the start, so that the first one is seen as an increase. */
const differing = counter({
  name: 'corridor.payment.transfers.differing',
  unit: '{difference}',
  description: 'Payments and refunds whose transfers in the ledger are not those that their state allows.',
}).of({})
const waiting = gauge({
  name: 'corridor.payment.waiting',
  unit: '{payment}',
  description: 'Payments in a state that something must follow.',
  attributes: { status: WAITING },
  inStatus: true,
})
const overdue = gauge({
  name: 'corridor.payment.overdue',
  unit: 's',
  description: 'How long something that was to follow at once has not followed, at most, by the state it is in.',
  attributes: { status: WAITING },
  inStatus: true,
})

const refundsOverdue = gauge({
  name: 'corridor.payment.refunds.overdue',
  unit: 's',
  description: 'How long a refund that was to follow at once has not followed, at most.',
  inStatus: true,
}).of({})

export const countTaken = (payments: number): void => taken.of({}).add(payments)

export const countDiffering = (differences: number): void => differing.add(differences)

/** Counts a change of state that was written. */
export function countTransition(
  before: { readonly status: PaymentStatus; readonly updatedAt: Date },
  after: { readonly status: PaymentStatus; readonly failureCode: string | null },
  now: Date,
): void {
  const { status } = after
  transitions.of({ status }).add()
  timeInState.of({ status: before.status }).record((now.getTime() - before.updatedAt.getTime()) / MILLISECONDS)
  if (status === 'DECLINED' || status === 'FAILED') declines.of({ status, reason: after.failureCode ?? 'NONE' }).add()
}

/**
 * Keeps the payments that wait known; read by the index of what is due, whenever somebody looks. The answer ends it. When
 * something is tried next moves on with each attempt in vain: what waits is measured from where its waiting began.
 */
export const observeWaiting = (pool: Pool): (() => void) =>
  onRead({
    name: 'payments',
    async read() {
      const { rows } = await pool.query<{ status: string; payments: number; seconds: number }>({
        name: 'payment-waiting',
        text: `select status, count(*)::int as payments,
                 greatest(extract(epoch from clock_timestamp() - min(case
                   when status = 'PENDING' then coalesce(scheduled_for, created_at)
                   when status = 'AUTHORIZED' and attempts > 0 then coalesce(provider_asked_at, due_at)
                   else due_at end)), 0)::float8 as seconds
               from payments where due_at is not null group by status`,
      })
      const found = new Map(rows.map((row) => [row.status, row]))
      for (const status of WAITING) {
        waiting.of({ status }).set(found.get(status)?.payments ?? 0)
        overdue.of({ status }).set(found.get(status)?.seconds ?? 0)
      }
      refundsOverdue.set(await readRefundsOverdue(pool))
    },
  })

/** In seconds; 0 when none is. */
async function readRefundsOverdue(pool: Pool): Promise<number> {
  const { rows } = await pool.query<{ seconds: number }>({
    name: 'payment-refunds-overdue',
    text: `select coalesce(greatest(extract(epoch from clock_timestamp() - min(case
             when attempts > 0 then coalesce(provider_started_at, created_at) else due_at end)), 0), 0)::float8 as seconds
           from refunds where due_at is not null`,
  })
  return rows[0]?.seconds ?? 0
}
