import { Fault, type Refusal, refuse } from '@corridor/platform'
import { feeOf, STANDARD_FEES } from '../domain/fee.ts'
import type { Payment } from '../domain/payment.ts'
import type { JournalToPost, Price, Verdict } from '../use-cases/ports.ts'
import { askBeneficiaries, without } from './ask-beneficiaries.ts'
import { beginningOf, type PricedFields, withTransfers } from './beginning.ts'
import { REVIEW_MS } from './process-review.ts'
import { failed, type ProcessDeps, type Processed, settledNow } from './processed.ts'
import { postedBefore, putOff } from './put-off.ts'

type Priced = Payment & PricedFields

interface Refused<Subject extends Payment = Payment> {
  readonly payment: Subject
  readonly refusal: Pick<Refusal, 'code' | 'message'>
}

/** Prices, judges and posts payments that have moved nothing yet as far as we know, or cancels them. */
export async function processPending(deps: ProcessDeps, due: readonly Payment[]): Promise<Processed[]> {
  const cancelled = await cancelUnposted(
    deps,
    due.filter(({ intent }) => intent === 'CANCEL'),
  )
  const asked = without(due, cancelled)
  const { known, waiting } = await askBeneficiaries(deps, asked, (ids) => deps.beneficiaries.read(ids))
  const removed = asked
    .filter(({ id, beneficiaryId }) => beneficiaryId !== null && known.has(id) && !known.get(id)?.active)
    .map((payment) => ({ payment, refusal: refuse('BENEFICIARY_REMOVED') }))
  const gone = (await failUnposted(deps, removed)).failed
  const price = await priceAll(deps, without(asked, waiting, gone))
  const judged = await judgeAll(deps, price.priced)
  const posted = await postAll(deps, judged.toPost)
  return [
    ...cancelled,
    ...waiting,
    ...gone,
    ...(await failOrWait(deps, asked, [...price.refused, ...posted.doubtful])),
    ...judged.ended,
    ...posted.ended,
  ]
}

/** Cancels payments under which nothing was posted, nor ever will be. The others are not cancelled but finished. */
async function cancelUnposted({ ledger }: ProcessDeps, payments: readonly Payment[]): Promise<Processed[]> {
  const posted = await postedBefore(ledger, payments)
  return payments
    .filter(({ id }) => !posted.has(id))
    .map((payment) => ({ ...payment, ...settledNow, status: 'CANCELLED', note: payment.intentNote }))
}

/**
 * Fails payments for what may have come to be since an earlier attempt, of which we know nothing: only where that has
 * posted nothing. Answers the others apart.
 */
async function failUnposted(
  { ledger }: ProcessDeps,
  refused: readonly Refused[],
): Promise<{ failed: Processed[]; posted: Refused[] }> {
  const before = await postedBefore(
    ledger,
    refused.map(({ payment }) => payment),
  )
  const isPosted = ({ payment }: Refused): boolean => before.has(payment.id)
  return {
    failed: refused.filter((one) => !isPosted(one)).map(({ payment, refusal }) => failed(payment, refusal)),
    posted: refused.filter(isPosted),
  }
}

/** What has posted before and cannot be finished now waits until it can, as it was: what it came to this time is not so. */
async function failOrWait(
  deps: ProcessDeps,
  asked: readonly Payment[],
  refused: readonly Refused[],
): Promise<Processed[]> {
  const { failed: ended, posted } = await failUnposted(deps, refused)
  for (const { payment, refusal } of posted) {
    const about = { payment: payment.id, code: refusal.code }
    deps.logger.error(about, 'what was posted for a payment cannot be finished yet')
    const asItWas = asked.filter(({ id }) => id === payment.id)
    ended.push(...(await putOff(deps, asItWas, refusal)))
  }
  return ended
}

async function priceAll(
  deps: ProcessDeps,
  payments: readonly Payment[],
): Promise<{ priced: Priced[]; refused: Refused[] }> {
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
  const priced: Priced[] = []
  const refused: Refused[] = []
  for (const [index, payment] of payments.entries()) {
    const price = prices[index]
    if (!price) throw new Fault('SERVICE_UNAVAILABLE', 'The forex service left a payment out.')
    if (price.ok) priced.push(withPrice(payment, price.value))
    else refused.push({ payment, refusal: price })
  }
  return { priced, refused }
}

interface ToPost {
  readonly payment: Priced
  readonly verdict: Verdict
  readonly journal: JournalToPost
}

async function judgeAll(
  deps: ProcessDeps,
  priced: readonly Priced[],
): Promise<{ ended: Processed[]; toPost: ToPost[] }> {
  const verdicts = await deps.rules.decide(priced.map(toDecide), { prepare: false })
  const ended: Processed[] = []
  const toPost: ToPost[] = []
  for (const [index, payment] of priced.entries()) {
    const verdict = verdicts[index]
    if (!verdict) throw new Fault('SERVICE_UNAVAILABLE', 'The rule engine left a payment out.')
    const decided = { ...payment, decided: true }
    const held = verdict.outcome === 'REVIEW' || payment.kind !== 'TRANSFER'
    if (verdict.outcome === 'DECLINE') ended.push(declined(decided, verdict))
    // A deposit in review has nothing to hold: its money has not come.
    else if (verdict.outcome === 'REVIEW' && payment.kind === 'DEPOSIT') ended.push(inReview(decided, deps.clock.now()))
    else toPost.push({ payment: decided, verdict, journal: beginningOf(payment, held ? 'hold' : 'post') })
  }
  return { ended, toPost }
}

/** A refusal under the payment's own id is final. That something else stands under it says nothing of what that was. */
async function postAll(
  deps: ProcessDeps,
  toPost: readonly ToPost[],
): Promise<{ ended: Processed[]; doubtful: Refused[] }> {
  const results = await deps.ledger.post(toPost.map(({ journal }) => journal))
  const ended: Processed[] = []
  const doubtful: Refused[] = []
  for (const [index, { payment, verdict, journal }] of toPost.entries()) {
    const result = results[index]
    if (!result) throw new Fault('SERVICE_UNAVAILABLE', 'The ledger left a payment out.')
    if (result.ok) ended.push(withTransfers(moved(payment, verdict, deps.clock.now()), journal))
    else if (result.code === 'IDEMPOTENCY_MISMATCH') doubtful.push({ payment, refusal: result })
    else ended.push(failed(payment, result))
  }
  return { ended, doubtful }
}

function withPrice(payment: Payment, price: Price): Priced {
  const { principalMinor, creditMinor, fxQuoteId, referenceUsdMinor, referenceMid } = price
  const feeMinor = payment.feeMinor ?? feeOf(principalMinor, payment.feeBps ?? STANDARD_FEES.standardBps)
  return { ...payment, principalMinor, creditMinor, fxQuoteId, feeMinor, referenceUsdMinor, referenceMid }
}

const toDecide = (payment: Priced) => ({
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

function moved(payment: Payment, { outcome }: Verdict, now: Date): Processed {
  if (outcome === 'REVIEW') return inReview(payment, now)
  if (payment.kind === 'TRANSFER') return { ...payment, ...settledNow, status: 'COMPLETED' }
  return { ...payment, status: 'AUTHORIZED', attempts: 0, dueAt: now } // Due at once: to begin with the provider.
}

const inReview = (payment: Payment, now: Date): Processed => ({
  ...payment,
  status: 'IN_REVIEW',
  attempts: 0,
  // Whoever decides makes it due at once; its payer may have cancelled it before.
  dueAt: payment.intent === null ? new Date(now.getTime() + REVIEW_MS) : now,
})

const declined = (payment: Payment, { message }: Verdict): Processed => ({
  ...payment,
  ...settledNow,
  status: 'DECLINED',
  failureCode: 'RULES_DECLINED',
  failureMessage: message ?? 'The payment was declined.',
})
