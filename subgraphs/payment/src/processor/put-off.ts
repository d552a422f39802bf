import { Fault, RefusalError } from '@corridor/platform'
import type { Payment } from '../domain/payment.ts'
import { journalIdOf } from '../domain/postings.ts'
import type { LedgerPort } from '../use-cases/ports.ts'
import { failed, type ProcessDeps, type Processed, retryAt } from './processed.ts'

const GIVE_UP_AFTER_MS = 15 * 60 * 1000
const ROLES = ['post', 'hold'] as const

/**
 * Gives up the journals by which payments begin, so that a late call can never post them. Answers the payments of which
 * one had been posted before: those must be finished.
 */
export async function postedBefore(ledger: LedgerPort, payments: readonly Payment[]): Promise<ReadonlySet<string>> {
  if (payments.length === 0) return new Set()
  const posted = await ledger.retire(payments.flatMap(({ id }) => ROLES.map((role) => journalIdOf(id, role))))
  return new Set(payments.filter((_, index) => posted[2 * index] || posted[2 * index + 1]).map(({ id }) => id))
}

/**
 * Puts payments off, with growing delay. PENDING ones are given up after a quarter of an hour, unless something was
 * posted for them: then they are not given up but finished.
 */
export async function putOff(
  deps: Pick<ProcessDeps, 'clock' | 'ledger' | 'logger'>,
  payments: readonly Payment[],
  error: unknown,
): Promise<Processed[]> {
  const now = deps.clock.now()
  deps.logger.warn({ error, payments: payments.map(({ id }) => id) }, 'payments could not be processed yet')
  const late = payments.filter(
    ({ status, scheduledFor, createdAt }) =>
      status === 'PENDING' && now.getTime() - (scheduledFor ?? createdAt).getTime() >= GIVE_UP_AFTER_MS,
  )
  const givenUp = await unposted(deps, late)
  return payments.map((payment) =>
    givenUp.has(payment.id)
      ? failed(payment, { code: 'SERVICE_UNAVAILABLE', message: 'A part of the platform was not available in time.' })
      : { ...payment, attempts: payment.attempts + 1, dueAt: retryAt(now, payment.attempts) },
  )
}

/** Those of the payments for which nothing was posted, nor ever will be; none while the ledger does not say so. */
async function unposted(
  { ledger, logger }: Pick<ProcessDeps, 'ledger' | 'logger'>,
  payments: readonly Payment[],
): Promise<ReadonlySet<string>> {
  try {
    const posted = await postedBefore(ledger, payments)
    return new Set(payments.map(({ id }) => id).filter((id) => !posted.has(id)))
  } catch (error) {
    if (!(error instanceof Fault) && !(error instanceof RefusalError)) throw error
    const ids = payments.map(({ id }) => id)
    logger.error({ error, payments: ids }, 'payments cannot be given up while the ledger is away')
    return new Set()
  }
}
