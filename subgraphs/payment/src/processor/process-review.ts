import { Fault } from '@corridor/platform'
import type { Intent, Payment } from '../domain/payment.ts'
import { journalIdOf, transferIdOf } from '../domain/postings.ts'
import type { JournalToPost, LedgerPort } from '../use-cases/ports.ts'

const HOUR_MS = 60 * 60 * 1000
/** Who has decided nothing by then has refused. */
export const REVIEW_MS = 72 * HOUR_MS
/** How long a locked rate stands in review. */
const RATE_STANDS_MS = 24 * HOUR_MS

/** Whether the rate of a payment was locked too long ago. */
export const rateHasLapsed = ({ fxQuoteId, createdAt }: Payment, now: Date): boolean =>
  fxQuoteId !== null && now.getTime() - createdAt.getTime() > RATE_STANDS_MS

/** What a review comes to, decided before the ledger is asked. */
interface Verdict {
  readonly payment: Payment
  readonly capture: boolean
  readonly after: Pick<Payment, 'status' | 'failureCode' | 'failureMessage'>
}

/** Resolves what is held for payments: all of it is posted, or all of it given back. */
export async function resolveHolds(
  ledger: LedgerPort,
  payments: readonly { readonly payment: Payment; readonly capture: boolean }[],
): Promise<void> {
  const held = payments.filter(({ payment }) => payment.transferIds.length > 0)
  const posted = await ledger.post(held.map(toResolution))
  for (const [index, { payment }] of held.entries()) {
    const result = posted[index]
    if (!result?.ok)
      throw new Fault('INTERNAL_SERVER_ERROR', `A hold of ${payment.id} was not resolved: ${result?.code}`)
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
 * Carries out what was decided of transfers in review; a payment that nobody decided in time is refused by the system.
 * A rate that was locked does not stand for ever, and nothing is silently priced anew.
 */
export async function processReviewed(
  ledger: LedgerPort,
  payments: readonly Payment[],
  now: Date,
): Promise<(Payment & { readonly note: string | null })[]> {
  const verdicts = payments.map((payment) => verdictOf(payment, now))
  await resolveHolds(ledger, verdicts)
  return verdicts.map(({ payment, after }) => ({
    ...payment,
    ...after,
    dueAt: null,
    attempts: 0,
    note: payment.intentNote,
  }))
}

function verdictOf(payment: Payment, now: Date): Verdict {
  const intent: Intent = payment.intent ?? 'EXPIRE'
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
