import { Fault, invariant, RefusalError, refuse } from '@corridor/platform'
import { type FeePolicy, feeOf } from '../domain/fee.ts'
import type { Payment } from '../domain/payment.ts'
import { type JournalRole, journalIdOf, planPostings, transferIdOf } from '../domain/postings.ts'
import type { JournalToPost, Price, Verdict } from '../use-cases/ports.ts'
import { processAuthorized } from './process-authorized.ts'
import { processReviewed, REVIEW_MS, rateHasLapsed } from './process-review.ts'
import { failed, type ProcessDeps, type Processed, retryAt, settledNow } from './processed.ts'

const GIVE_UP_AFTER_MS = 15 * 60 * 1000
/**
 * Brings a group of due payments, in order, one step further, outside any transaction: one call to each domain for the
 * whole group. Every step is idempotent by the payment's id. When a call fails, each payment is tried alone, so that one
 * payment's fault is not its neighbours'; one that fails alone waits with growing delay.
 */
export async function processGroup(deps: ProcessDeps, payments: readonly Payment[]): Promise<Processed[]> {
  try {
    return await processOnce(deps, payments)
  } catch (error) {
    if (payments.length > 1) {
      const alone: Processed[] = []
      for (const payment of payments) alone.push(...(await processGroup(deps, [payment])))
      return alone
    }
    const [payment] = payments
    if (!payment) throw error
    deps.logger.warn({ error, payment: payment.id, attempts: payment.attempts }, 'a payment could not be processed yet')
    return [await later(deps, payment)]
  }
}

async function processOnce(deps: ProcessDeps, payments: readonly Payment[]): Promise<Processed[]> {
  const done = new Map<string, Processed>()
  const note = (processed: readonly Processed[]): void => {
    for (const payment of processed) done.set(payment.id, payment)
  }
  note(payments.filter(({ status }) => status === 'SCHEDULED').map((payment) => fallDue(payment, deps.clock.now())))
  const pending = payments.filter(({ status }) => status === 'PENDING')
  note(
    await cancelUnposted(
      deps,
      pending.filter(({ intent }) => intent === 'CANCEL'),
    ),
  )
  note(
    await processPending(
      deps,
      pending.filter(({ id }) => !done.has(id)),
    ),
  )
  note(
    await processInReview(
      deps,
      payments.filter(({ status }) => status === 'IN_REVIEW'),
    ),
  )
  note(
    await processAuthorized(
      deps,
      payments.filter(({ status }) => status === 'AUTHORIZED'),
    ),
  )
  // Whatever has another state has nothing due: it is left as it is, and no longer looked at.
  return payments.map((payment) => done.get(payment.id) ?? { ...payment, dueAt: null })
}

/** A scheduled payment becomes PENDING at its time, and is then priced like any other; or it was cancelled before. */
const fallDue = (payment: Payment, now: Date): Processed =>
  payment.intent === 'CANCEL'
    ? { ...payment, ...settledNow, status: 'CANCELLED', note: payment.intentNote }
    : { ...payment, status: 'PENDING', attempts: 0, dueAt: now }

/** Those of the payments whose beneficiary was removed meanwhile. */
async function removedMeanwhile({ beneficiaries }: ProcessDeps, payments: readonly Payment[]): Promise<Set<string>> {
  const waited = payments.filter(({ beneficiaryId }) => beneficiaryId !== null)
  const found = await beneficiaries.read(waited.map(({ beneficiaryId }) => beneficiaryId ?? ''))
  return new Set(waited.filter((_, index) => !found[index]?.active).map(({ id }) => id))
}

async function processPending(deps: ProcessDeps, asked: readonly Payment[]): Promise<Processed[]> {
  if (asked.length === 0) return []
  const now = deps.clock.now()
  const removed = await removedMeanwhile(deps, asked)
  const gone = asked
    .filter(({ id }) => removed.has(id))
    .map((payment) => failed(payment, refuse('BENEFICIARY_REMOVED')))
  const payments = asked.filter(({ id }) => !removed.has(id))
  const prices = await deps.prices.price(
    payments.map((payment) => ({
      paymentId: payment.id,
      owner: payment.payer,
      fromCurrency: payment.fromCurrency,
      toCurrency: payment.toCurrency,
      debitMinor: payment.fxQuoteId === null ? payment.askedDebitMinor : null,
      creditMinor: payment.fxQuoteId === null ? payment.askedCreditMinor : null,
      fxQuoteId: payment.fxQuoteId,
    })),
  )
  const outcomes = new Map<string, Processed>()
  const priced: (Payment & PricedFields)[] = []
  for (const [index, payment] of payments.entries()) {
    const price = prices[index]
    if (!price) throw new Fault('SERVICE_UNAVAILABLE', 'The forex service left a payment out.')
    if (price.ok) priced.push(withPrice(payment, price.value, deps.fees))
    else outcomes.set(payment.id, failed(payment, price))
  }
  const verdicts = await deps.rules.decide(priced.map(toDecide), { prepare: false })
  const toPost: { payment: Payment & PricedFields; verdict: Verdict; journal: JournalToPost }[] = []
  for (const [index, payment] of priced.entries()) {
    const verdict = verdicts[index]
    if (!verdict) throw new Fault('SERVICE_UNAVAILABLE', 'The rule engine left a payment out.')
    const decided = { ...payment, decided: true }
    const held = verdict.outcome === 'REVIEW' || payment.kind !== 'TRANSFER'
    if (verdict.outcome === 'DECLINE') outcomes.set(payment.id, declined(decided, verdict))
    // A deposit in review has nothing to hold: its money has not come.
    else if (verdict.outcome === 'REVIEW' && payment.kind === 'DEPOSIT')
      outcomes.set(payment.id, inReview(decided, now))
    else toPost.push({ payment: decided, verdict, journal: journalOf(payment, held ? 'hold' : 'post') })
  }
  const posted = await deps.ledger.post(toPost.map(({ journal }) => journal))
  for (const [index, { payment, verdict, journal }] of toPost.entries()) {
    const result = posted[index]
    if (!result) throw new Fault('SERVICE_UNAVAILABLE', 'The ledger left a payment out.')
    outcomes.set(payment.id, result.ok ? withTransfers(moved(payment, verdict, now), journal) : failed(payment, result))
  }
  return [...gone, ...payments.flatMap(({ id }) => outcomes.get(id) ?? [])]
}

/**
 * Cancels payments under which nothing was posted: their journals are given up first, so that nothing ever will be. The
 * others are not cancelled but finished.
 */
async function cancelUnposted({ ledger }: ProcessDeps, payments: readonly Payment[]): Promise<Processed[]> {
  if (payments.length === 0) return []
  const roles = ['post', 'hold'] as const
  const posted = await ledger.retire(payments.flatMap(({ id }) => roles.map((role) => journalIdOf(id, role))))
  return payments.flatMap((payment, index): Processed[] =>
    posted[2 * index] || posted[2 * index + 1]
      ? []
      : [{ ...payment, ...settledNow, status: 'CANCELLED', note: payment.intentNote }],
  )
}

/**
 * Carries out decisions on payments in review. What goes through a provider, once approved, begins as if it had needed no
 * review: a withdrawal is held already, a deposit is held now.
 */
async function processInReview(deps: ProcessDeps, payments: readonly Payment[]): Promise<Processed[]> {
  const now = deps.clock.now()
  const begins = (payment: Payment): boolean =>
    payment.kind !== 'TRANSFER' && payment.intent === 'APPROVE' && !rateHasLapsed(payment, now)
  const out = payments.filter((payment) => begins(payment) && payment.kind !== 'DEPOSIT')
  const leaving = out.map((payment): Processed => ({ ...payment, ...begun(payment, now) }))
  const deposits = payments
    .filter(({ kind, intent }) => kind === 'DEPOSIT' && intent === 'APPROVE')
    .map((payment) => {
      const { principalMinor, creditMinor, feeMinor, referenceUsdMinor } = payment
      invariant(
        principalMinor !== null && creditMinor !== null && feeMinor !== null && referenceUsdMinor !== null,
        'what is in review is priced',
      )
      return { ...payment, principalMinor, creditMinor, feeMinor, referenceUsdMinor }
    })
  const journals = deposits.map((payment) => journalOf(payment, 'hold'))
  const held = await deps.ledger.post(journals)
  const arriving = deposits.flatMap((payment, index): Processed[] => {
    const [result, journal] = [held[index], journals[index]]
    if (!result || !journal) throw new Fault('SERVICE_UNAVAILABLE', 'The ledger left a payment out.')
    const note = payment.intentNote
    if (!result.ok) return [{ ...failed(payment, result), note }]
    return [withTransfers({ ...payment, ...begun(payment, now) }, journal)]
  })
  const others = payments.filter((payment) => !begins(payment))
  return [...leaving, ...arriving, ...(await processReviewed(deps.ledger, others, now))]
}

/** With its provider, after a review. */
const begun = ({ intentNote: note }: Payment, dueAt: Date) =>
  ({ status: 'AUTHORIZED', attempts: 0, dueAt, note }) as const

interface PricedFields {
  readonly principalMinor: bigint
  readonly creditMinor: bigint
  readonly feeMinor: bigint
  readonly referenceUsdMinor: bigint
}

function withPrice(payment: Payment, price: Price, fees: FeePolicy): Payment & PricedFields {
  const { principalMinor, creditMinor, fxQuoteId, referenceUsdMinor, referenceMid } = price
  const feeMinor = payment.feeMinor ?? feeOf({ ...payment, principalMinor }, fees)
  return { ...payment, principalMinor, creditMinor, fxQuoteId, feeMinor, referenceUsdMinor, referenceMid }
}

const toDecide = (payment: Payment & PricedFields) => ({
  subjectId: payment.id,
  kind: payment.kind,
  customerId: payment.payer,
  currency: payment.fromCurrency,
  amountUsdMinor: payment.referenceUsdMinor,
  counterpartyId: payment.kind === 'TRANSFER' ? payment.payee : null,
  destinationCountry: payment.destinationCountry,
  fromAccountId: payment.fromWalletId,
  toAccountId: payment.toWalletId,
})

function journalOf(payment: Payment & PricedFields, role: 'post' | 'hold'): JournalToPost {
  const id = journalIdOf(payment.id, role)
  const action = role === 'post' ? 'POST' : 'HOLD'
  const transfers = planPostings(payment).map(
    (posting, index) => ({ ...posting, id: transferIdOf(id, index), action }) as const,
  )
  return { id, role, transfers }
}

function withTransfers(payment: Processed, { transfers }: JournalToPost): Processed {
  const forPayee = transfers.filter((transfer) => 'forPayee' in transfer && transfer.forPayee)
  return {
    ...payment,
    transferIds: [...payment.transferIds, ...transfers.map(({ id }) => id)],
    payeeTransferIds: [...payment.payeeTransferIds, ...forPayee.map(({ id }) => id)],
  }
}

function moved(payment: Payment, { outcome }: Verdict, now: Date): Processed {
  if (outcome === 'REVIEW') return inReview(payment, now)
  if (payment.kind === 'TRANSFER') return { ...payment, ...settledNow, status: 'COMPLETED' }
  return { ...payment, status: 'AUTHORIZED', attempts: 0, dueAt: now } // Due at once: to begin with the provider.
}

const inReview = (payment: Payment, now: Date): Processed => ({
  ...payment,
  status: 'IN_REVIEW',
  attempts: 0,
  dueAt: new Date(now.getTime() + REVIEW_MS), // Whoever decides makes it due at once.
})

const declined = (payment: Payment, { message }: Verdict): Processed => ({
  ...payment,
  ...settledNow,
  status: 'DECLINED',
  failureCode: 'RULES_DECLINED',
  failureMessage: message ?? 'The payment was declined.',
})

/**
 * Puts a payment off. A PENDING one is given up after a quarter of an hour: its journals are retired first, so that a
 * late call can never post; if something was posted under them, it is not given up but finished.
 */
async function later({ clock, ledger, logger }: ProcessDeps, payment: Payment): Promise<Processed> {
  const now = clock.now()
  const waiting = { ...payment, attempts: payment.attempts + 1, dueAt: retryAt(now, payment.attempts) }
  if (
    payment.status !== 'PENDING' ||
    now.getTime() - (payment.scheduledFor ?? payment.createdAt).getTime() < GIVE_UP_AFTER_MS
  )
    return waiting
  try {
    const roles: readonly JournalRole[] = ['post', 'hold']
    const posted = await ledger.retire(roles.map((role) => journalIdOf(payment.id, role)))
    if (posted.some(Boolean)) return waiting
    return failed(payment, {
      code: 'SERVICE_UNAVAILABLE',
      message: 'A part of the platform was not available in time.',
    })
  } catch (error) {
    if (!(error instanceof Fault) && !(error instanceof RefusalError)) throw error
    logger.error({ error, payment: payment.id }, 'a payment cannot be given up while the ledger is away')
    return waiting
  }
}
