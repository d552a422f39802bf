import { isAway } from '@corridor/platform'
import type { Payment, PaymentStatus } from '../domain/payment.ts'
import { processAuthorized } from './process-authorized.ts'
import { processPending } from './process-pending.ts'
import { processInReview } from './process-review.ts'
import { type ProcessDeps, type Processed, settledNow } from './processed.ts'
import { putOff } from './put-off.ts'

const UNDER_WAY: ReadonlySet<PaymentStatus> = new Set(['SCHEDULED', 'PENDING', 'IN_REVIEW', 'AUTHORIZED'])

/**
 * Brings a group of due payments, in order, one step further, outside any transaction: one call to each domain for the
 * whole group. Every step is idempotent by the payment's id. Answers them as they shall stand, but for those that there
 * was no time for.
 */
export async function processGroup(deps: ProcessDeps, payments: readonly Payment[]): Promise<Processed[]> {
  const of = (status: PaymentStatus): Payment[] => payments.filter((payment) => payment.status === status)
  const done = of('SCHEDULED').map((payment) => fallDue(payment, deps.clock.now()))
  done.push(...(await bring(deps, of('PENDING'), processPending)))
  done.push(...(await bring(deps, of('IN_REVIEW'), processInReview)))
  done.push(...(await bring(deps, of('AUTHORIZED'), processAuthorized)))
  // An intent that came as a payment ended has made it due once more: there is nothing left to do for it.
  done.push(...payments.filter(({ status }) => !UNDER_WAY.has(status)).map((payment) => ({ ...payment, dueAt: null })))
  return done
}

/**
 * Brings payments of one state further. While what they need is away they wait together, since each alone would fare no
 * better; else each is tried alone, so that one payment's fault is not its neighbours'.
 */
async function bring(
  deps: ProcessDeps,
  payments: readonly Payment[],
  process: (deps: ProcessDeps, payments: readonly Payment[]) => Promise<Processed[]>,
): Promise<Processed[]> {
  if (payments.length === 0) return []
  try {
    return await process(deps, payments)
  } catch (error) {
    if (payments.length === 1 || isAway(error)) return await putOff(deps, payments, error)
    const alone: Processed[] = []
    for (const payment of payments) {
      if (alone.length > 0 && deps.isOver()) break
      alone.push(...(await bring(deps, [payment], process)))
    }
    return alone
  }
}

/** A scheduled payment becomes PENDING at its time, and is then priced like any other; or it was cancelled before. */
const fallDue = (payment: Payment, now: Date): Processed =>
  payment.intent === 'CANCEL'
    ? { ...payment, ...settledNow, status: 'CANCELLED', note: payment.intentNote }
    : { ...payment, status: 'PENDING', attempts: 0, dueAt: now }
