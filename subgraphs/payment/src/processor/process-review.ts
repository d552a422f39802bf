import { Fault, invariant } from '@corridor/platform'
import type { Payment } from '../domain/payment.ts'
import { journalIdOf, transferIdOf } from '../domain/postings.ts'
import type { JournalToPost, LedgerPort } from '../use-cases/ports.ts'
import { beginningOf, withTransfers } from './beginning.ts'
import { failed, type ProcessDeps, type Processed, settledNow } from './processed.ts'

const HOUR_MS = 60 * 60 * 1000
/** Who has decided nothing by then has refused. */
export const REVIEW_MS = 72 * HOUR_MS
/** How long a locked rate stands in review. */
const RATE_STANDS_MS = 24 * HOUR_MS

/**
 * Whether the rate of a payment was locked too long ago when it was approved: whoever repeats the step judges alike. A
 * scheduled payment is priced when it falls due.
 */
const rateHasLapsed = ({ fxQuoteId, scheduledFor, createdAt, intentAt }: Payment, now: Date): boolean =>
  fxQuoteId !== null && (intentAt ?? now).getTime() - (scheduledFor ?? createdAt).getTime() > RATE_STANDS_MS

/** What a review comes to, decided before the ledger is asked. */
interface Verdict {
  readonly payment: Payment
  readonly capture: boolean
  readonly after: Pick<Payment, 'status' | 'failureCode' | 'failureMessage'>
}

/** The fault of one payment: its neighbours are tried without it. */
const ALONE = { retryable: false } as const

/** Resolves what is held for payments: all of it is posted, or all of it given back. */
export async function resolveHolds(
  ledger: LedgerPort,
  payments: readonly { readonly payment: Payment; readonly capture: boolean }[],
): Promise<void> {
  const held = payments.filter(({ payment }) => payment.transferIds.length > 0)
  const posted = await ledger.post(held.map(toResolution))
  for (const [index, { payment }] of held.entries()) {
    const result = posted[index]
    if (result?.ok) continue
    throw new Fault('INTERNAL_SERVER_ERROR', `A hold of ${payment.id} was not resolved: ${result?.code}`, ALONE)
  }
}

function toResolution({ payment, capture }: { payment: Payment; capture: boolean }): JournalToPost {
  const id = journalIdOf(payment.id, 'resolve')
  const action = capture ? 'CAPTURE' : 'VOID'
  const transfers = payment.transferIds.map(
    (resolves, index) => ({ id: transferIdOf(id, index), action, resolves }) as const,
  )
  return { id, role: 'resolve', transfers }
}

/**
 * Carries out decisions on payments in review. What goes through a provider, once approved, begins as if it had needed no
 * review: a withdrawal is held already, a deposit is held now.
 */
export async function processInReview(deps: ProcessDeps, payments: readonly Payment[]): Promise<Processed[]> {
  const now = deps.clock.now()
  const begins = (payment: Payment): boolean =>
    payment.kind !== 'TRANSFER' && payment.intent === 'APPROVE' && !rateHasLapsed(payment, now)
  const leaving = payments
    .filter((payment) => begins(payment) && payment.kind !== 'DEPOSIT')
    .map((payment): Processed => ({ ...payment, ...begun(payment, now) }))
  const arriving = await holdDeposits(
    deps,
    payments.filter((payment) => begins(payment) && payment.kind === 'DEPOSIT'),
  )
  const others = payments.filter((payment) => !begins(payment))
  return [...leaving, ...arriving, ...(await endReviews(deps.ledger, others, now))]
}

async function holdDeposits({ ledger, clock }: ProcessDeps, payments: readonly Payment[]): Promise<Processed[]> {
  const deposits = payments.map((payment) => {
    const { principalMinor, creditMinor, feeMinor, referenceUsdMinor } = payment
    invariant(
      principalMinor !== null && creditMinor !== null && feeMinor !== null && referenceUsdMinor !== null,
      'what is in review is priced',
    )
    return { ...payment, principalMinor, creditMinor, feeMinor, referenceUsdMinor }
  })
  const journals = deposits.map((payment) => beginningOf(payment, 'hold'))
  const held = await ledger.post(journals)
  return deposits.map((payment, index): Processed => {
    const [result, journal] = [held[index], journals[index]]
    if (!result || !journal) throw new Fault('SERVICE_UNAVAILABLE', 'The ledger left a payment out.')
    if (!result.ok) return { ...failed(payment, result), note: payment.intentNote }
    return withTransfers({ ...payment, ...begun(payment, clock.now()) }, journal)
  })
}

/** With its provider, after a review. */
const begun = ({ intentNote: note }: Payment, dueAt: Date) =>
  ({ status: 'AUTHORIZED', attempts: 0, dueAt, note }) as const

/** Nothing of a payment is silently priced anew: one whose rate had lapsed when it was approved ends. */
async function endReviews(ledger: LedgerPort, payments: readonly Payment[], now: Date): Promise<Processed[]> {
  const verdicts = payments.map((payment) => verdictOf(payment, now))
  await resolveHolds(ledger, verdicts)
  return verdicts.map(({ payment, after }) => ({ ...payment, ...after, ...settledNow, note: payment.intentNote }))
}

function verdictOf(payment: Payment, now: Date): Verdict {
  const { intent } = payment
  invariant(intent !== null, 'a review is due when somebody has decided, or its time is committed to be over')
  const ended = (
    status: Payment['status'],
    failureCode: string | null = null,
    failureMessage: string | null = null,
  ): Verdict => ({ payment, capture: status === 'COMPLETED', after: { status, failureCode, failureMessage } })
  switch (intent) {
    case 'APPROVE':
      return rateHasLapsed(payment, now)
        ? ended('FAILED', 'QUOTE_EXPIRED', 'The rate was locked too long ago.')
        : ended('COMPLETED')
    case 'REFUSE':
      return ended('DECLINED', 'RULES_DECLINED', 'The payment was declined in review.')
    case 'CANCEL':
      return ended('CANCELLED')
    case 'EXPIRE':
      return ended('FAILED', 'REVIEW_EXPIRED', 'Nobody decided the review in time.')
  }
}
