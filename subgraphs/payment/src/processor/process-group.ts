import { type Clock, Fault, type Logger, type Refusal, RefusalError } from '@corridor/platform'
import { type FeePolicy, feeOf } from '../domain/fee.ts'
import type { Payment } from '../domain/payment.ts'
import { type JournalRole, journalIdOf, planPostings, transferIdOf } from '../domain/postings.ts'
import type { FundingProvider } from '../providers/funding-provider.ts'
import type { JournalToPost, LedgerPort, Price, PricePort, RulesPort, Verdict } from '../use-cases/ports.ts'

export interface ProcessDeps {
  readonly clock: Clock
  readonly logger: Logger
  readonly prices: PricePort
  readonly rules: RulesPort
  readonly ledger: LedgerPort
  readonly providers: Readonly<Record<string, FundingProvider>>
  readonly fees: FeePolicy
}

/** A payment as it shall stand. */
export type Processed = Payment

const GIVE_UP_AFTER_MS = 15 * 60 * 1000
const FIRST_BACKOFF_MS = 200
const MAX_BACKOFF_MS = 30_000

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
  for (const processed of await processPending(
    deps,
    payments.filter(({ status }) => status === 'PENDING'),
  )) {
    done.set(processed.id, processed)
  }
  const authorized = payments.filter(({ status }) => status === 'AUTHORIZED')
  for (const processed of await Promise.all(authorized.map((payment) => askProvider(deps, payment)))) {
    done.set(processed.id, processed)
  }
  const settled = [...done.values()].filter(({ status, providerOutcome }) => status === 'AUTHORIZED' && providerOutcome)
  for (const processed of await resolveHolds(deps, settled)) done.set(processed.id, processed)
  // Whatever has another state has nothing due: it is left as it is, and no longer looked at.
  return payments.map((payment) => done.get(payment.id) ?? { ...payment, dueAt: null })
}

async function processPending(deps: ProcessDeps, payments: readonly Payment[]): Promise<Processed[]> {
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
    const held = verdict.outcome === 'REVIEW' || payment.kind === 'DEPOSIT'
    if (verdict.outcome === 'DECLINE') outcomes.set(payment.id, declined(decided, verdict))
    // A deposit in review has nothing to hold: its money has not come.
    else if (verdict.outcome === 'REVIEW' && payment.kind === 'DEPOSIT') outcomes.set(payment.id, inReview(decided))
    else toPost.push({ payment: decided, verdict, journal: journalOf(payment, held ? 'hold' : 'post') })
  }
  const posted = await deps.ledger.post(toPost.map(({ journal }) => journal))
  for (const [index, { payment, verdict, journal }] of toPost.entries()) {
    const result = posted[index]
    if (!result) throw new Fault('SERVICE_UNAVAILABLE', 'The ledger left a payment out.')
    outcomes.set(
      payment.id,
      result.ok ? withTransfers(moved(payment, verdict, deps.clock.now()), journal) : failed(payment, result),
    )
  }
  return payments.flatMap(({ id }) => outcomes.get(id) ?? [])
}

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

const settledNow = { dueAt: null, attempts: 0 } as const

function moved(payment: Payment, { outcome }: Verdict, now: Date): Processed {
  if (outcome === 'REVIEW') return inReview(payment)
  if (payment.kind !== 'DEPOSIT') return { ...payment, ...settledNow, status: 'COMPLETED' }
  return { ...payment, status: 'AUTHORIZED', attempts: 0, dueAt: now } // Due at once: to begin with the provider.
}

const inReview = (payment: Payment): Processed => ({ ...payment, ...settledNow, status: 'IN_REVIEW' })

const failed = (payment: Payment, { code, message }: Pick<Refusal, 'code' | 'message'>): Processed => ({
  ...payment,
  ...settledNow,
  status: 'FAILED',
  failureCode: code,
  failureMessage: message,
})

const declined = (payment: Payment, { message }: Verdict): Processed => ({
  ...payment,
  ...settledNow,
  status: 'DECLINED',
  failureCode: 'RULES_DECLINED',
  failureMessage: message ?? 'The payment was declined.',
})

/** Begins an authorised payment with its provider, or asks what became of it when its deadline has come. */
async function askProvider({ providers, clock, logger }: ProcessDeps, payment: Payment): Promise<Processed> {
  if (payment.providerOutcome !== null) return payment
  const provider = providers[payment.provider ?? '']
  if (!provider) throw new Fault('INTERNAL_SERVER_ERROR', 'The provider of a payment is not configured.')
  const { id: paymentId, toCurrency: currency } = payment
  const amount = { paymentId, currency, amountMinor: payment.creditMinor ?? 0n }
  const now = clock.now()
  const dueAt = new Date(now.getTime() + provider.deadlineMs)
  if (payment.providerStartedAt === null) {
    const { nextActionUrl } = await provider.start(amount)
    return { ...payment, providerStartedAt: now, nextActionUrl, attempts: 0, dueAt }
  }
  const providerOutcome = await provider.outcomeOf(amount)
  if (providerOutcome !== null) return { ...payment, providerOutcome }
  logger.error({ payment: paymentId, provider: provider.name }, 'a provider does not know yet what became of a payment')
  return { ...payment, dueAt }
}

async function resolveHolds({ ledger }: ProcessDeps, payments: readonly Payment[]): Promise<Processed[]> {
  const journals = payments.map(({ id, transferIds, providerOutcome }): JournalToPost => {
    const journalId = journalIdOf(id, 'resolve')
    const action = providerOutcome === 'SETTLED' ? 'CAPTURE' : 'VOID'
    const transfers = transferIds.map(
      (resolves, index) => ({ id: transferIdOf(journalId, index), action, resolves }) as const,
    )
    return { id: journalId, role: 'resolve', transfers }
  })
  const posted = await ledger.post(journals)
  return payments.map((payment, index) => {
    const result = posted[index]
    if (!result?.ok) throw new Fault('INTERNAL_SERVER_ERROR', `A hold could not be resolved: ${result?.code}`)
    const done = { ...payment, ...settledNow, nextActionUrl: null }
    return payment.providerOutcome === 'SETTLED'
      ? { ...done, status: 'COMPLETED' }
      : failed(done, { code: 'PROVIDER_FAILED', message: 'The provider reported that the payment failed.' })
  })
}

/**
 * Puts a payment off. A PENDING one is given up after a quarter of an hour: its journals are retired first, so that a
 * late call can never post; if something was posted under them, it is not given up but finished.
 */
async function later({ clock, ledger, logger }: ProcessDeps, payment: Payment): Promise<Processed> {
  const now = clock.now()
  const dueAt = new Date(now.getTime() + Math.min(FIRST_BACKOFF_MS * 2 ** payment.attempts, MAX_BACKOFF_MS))
  const waiting = { ...payment, attempts: payment.attempts + 1, dueAt }
  if (payment.status !== 'PENDING' || now.getTime() - payment.createdAt.getTime() < GIVE_UP_AFTER_MS) return waiting
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
