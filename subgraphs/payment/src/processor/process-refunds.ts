import { accept, Fault, invariant, RefusalError, type Result } from '@corridor/platform'
import { hasArrived, type Payment } from '../domain/payment.ts'
import { journalIdOf, type PricedPayment, planRefund, transferIdOf } from '../domain/postings.ts'
import { unexplained } from '../domain/provider-word.ts'
import { givenBack, type Refund, returnedAtOriginalRate } from '../domain/refund.ts'
import type { PaymentChange } from '../use-cases/payment-store.ts'
import type { JournalToPost } from '../use-cases/ports.ts'
import type { ReconciliationItem } from '../use-cases/reconciliation-store.ts'
import { answerOf } from './answer-of.ts'
import { deadlineOf, providerOf } from './process-authorized.ts'
import { type ProcessDeps, retryAt } from './processed.ts'

/** A refund with its payment, and with all refunds of it. */
export interface RefundToProcess {
  readonly refund: Refund
  readonly payment: Payment
  readonly refunds: readonly Refund[]
}

/** A refund as it shall stand; with the payment, where it has changed, and with what it leaves for somebody to look into. */
export interface ProcessedRefund {
  readonly refund: Refund
  readonly payment: PaymentChange | null
  readonly item: ReconciliationItem | null
}

/**
 * Brings a refund one step further, outside any transaction and idempotent by its id. What its payee gives back, and what
 * a provider returns, is posted at once; a deposit is held, given to the provider, and posted when that confirms it.
 * Whatever one refund throws puts off that refund alone.
 */
export async function processRefund(deps: ProcessDeps, input: RefundToProcess): Promise<ProcessedRefund> {
  try {
    return await processOnce(deps, input)
  } catch (error) {
    const { refund } = input
    const now = deps.clock.now()
    const level = error instanceof Fault || error instanceof RefusalError ? 'warn' : 'error'
    deps.logger[level]({ error, refund: refund.id, attempts: refund.attempts }, 'a refund could not be processed yet')
    const dueAt = retryAt(now, refund.attempts)
    return only({ ...refund, attempts: refund.attempts + 1, dueAt })
  }
}

async function processOnce(deps: ProcessDeps, input: RefundToProcess): Promise<ProcessedRefund> {
  const { refund, payment } = input
  if (refund.status !== 'PENDING') return only({ ...refund, dueAt: null })
  // A provider's return may be heard before what it says is carried out.
  if (!hasArrived(payment.status)) {
    return only({ ...refund, attempts: refund.attempts + 1, dueAt: retryAt(deps.clock.now(), refund.attempts) })
  }
  if (payment.kind === 'DEPOSIT' && refund.transferIds.length > 0) return await throughProvider(deps, input)
  const returned = await returnedBy(deps, input)
  if (!returned.ok) return refused(deps, input, returned.code)
  if (returned.value <= 0n) return refused(deps, input, 'AMOUNT_TOO_SMALL')
  const priced = { ...refund, returnedMinor: returned.value }
  const held = payment.kind === 'DEPOSIT'
  const journal = journalOf(priced, payment, held ? 'hold' : 'post')
  const [posted] = await deps.ledger.post([journal])
  if (!posted) throw new Fault('SERVICE_UNAVAILABLE', 'The ledger left a refund out.')
  if (!posted.ok) return refused(deps, input, posted.code)
  const transferIds = journal.transfers.map(({ id }) => id)
  // Committed as held before the provider is first called.
  if (held) return only({ ...priced, transferIds, dueAt: deps.clock.now(), attempts: 0 })
  return completed({ ...input, refund: priced }, journal)
}

/** What the refund returns in the currency that had left: at the original or at the present rate, whichever is less. */
async function returnedBy(
  { prices }: ProcessDeps,
  { refund, payment, refunds }: RefundToProcess,
): Promise<Result<bigint>> {
  const { principalMinor, creditMinor, fromCurrency, toCurrency } = payment
  invariant(principalMinor !== null && creditMinor !== null, 'what has arrived is priced')
  invariant(givenBack(refunds) <= creditMinor, 'refunds never exceed what arrived')
  const refundedBeforeMinor = refunds
    .filter(({ status, number }) => status === 'COMPLETED' && number < refund.number)
    .reduce((sum, { amountMinor }) => sum + amountMinor, 0n)
  const { amountMinor } = refund
  const original = returnedAtOriginalRate({ principalMinor, creditMinor, refundedBeforeMinor, amountMinor })
  if (fromCurrency === toCurrency) return accept(original)
  const [price] = await prices.price([
    {
      // By the refund's own id: whenever it is asked again, the rate is the same.
      paymentId: refund.id,
      owner: payment.payer,
      fromCurrency,
      toCurrency,
      debitMinor: null,
      creditMinor: amountMinor,
      fxQuoteId: null,
      isRefund: true,
    },
  ])
  if (!price) throw new Fault('SERVICE_UNAVAILABLE', 'The forex service left a refund out.')
  if (!price.ok) {
    if (price.code === 'RATE_UNAVAILABLE' || price.code === 'RATE_STALE') throw new RefusalError(price)
    return price
  }
  const isWorse = price.value.principalMinor < original
  return accept(isWorse ? price.value.principalMinor : original)
}

function journalOf(refund: Refund, payment: Payment, role: 'post' | 'hold'): JournalToPost {
  const { amountMinor, returnedMinor } = refund
  invariant(returnedMinor !== null, 'a refund is posted when it is known what it returns')
  const id = journalIdOf(refund.id, role)
  const action = role === 'post' ? 'POST' : 'HOLD'
  const transfers = planRefund(pricedOf(payment), { amountMinor, returnedMinor }).map(
    (posting, index) => ({ ...posting, id: transferIdOf(id, index), action }) as const,
  )
  return { id, role, transfers }
}

function pricedOf(payment: Payment): PricedPayment {
  const { principalMinor, creditMinor, feeMinor } = payment
  invariant(principalMinor !== null && creditMinor !== null && feeMinor !== null, 'what has arrived is priced')
  return { ...payment, principalMinor, creditMinor, feeMinor }
}

/** A deposit that is held: given back by the provider, asked after at its deadline, or ended as it said. */
async function throughProvider(deps: ProcessDeps, input: RefundToProcess): Promise<ProcessedRefund> {
  const { refund, payment } = input
  const provider = providerOf(deps, payment)
  const { amountMinor } = refund
  const asked = { kind: 'REFUND', currency: payment.toCurrency, amountMinor, refundOf: payment.id } as const
  if (refund.providerOutcome === null && refund.providerStartedAt === null) {
    const { outcome = null } = await provider.start({ ...asked, paymentId: refund.id, payout: null })
    const now = deps.clock.now()
    const dueAt = outcome === null ? deadlineOf(provider, now) : now
    return only({ ...refund, providerStartedAt: now, providerOutcome: outcome, attempts: 0, dueAt })
  }
  const outcome = refund.providerOutcome
  if (outcome === null) {
    const about = { asked: { ...asked, paymentId: refund.id, reference: null }, of: payment.id }
    const answer = await answerOf(deps, provider, about)
    const now = deps.clock.now()
    // Committed before it is carried out, as what it says by itself is.
    if (answer === 'SETTLED' || answer === 'FAILED') return only({ ...refund, providerOutcome: answer, dueAt: now })
    return only({ ...refund, attempts: answer === 'OPEN' ? 0 : refund.attempts + 1, dueAt: deadlineOf(provider, now) })
  }
  const id = journalIdOf(refund.id, 'resolve')
  const action = outcome === 'SETTLED' ? 'CAPTURE' : 'VOID'
  const transfers = refund.transferIds.map(
    (resolves, index) => ({ id: transferIdOf(id, index), action, resolves }) as const,
  )
  const journal: JournalToPost = { id, role: 'resolve', transfers }
  const [posted] = await deps.ledger.post([journal])
  if (!posted?.ok) throw new Fault('INTERNAL_SERVER_ERROR', `A hold of the refund ${refund.id} was not resolved.`)
  return outcome === 'SETTLED' ? completed(input, journal) : ended(input, 'PROVIDER_FAILED')
}

/** A refund that cannot be made has ended; but what a provider returned is there, whatever we say. */
const refused = (deps: ProcessDeps, input: RefundToProcess, code: string): ProcessedRefund =>
  input.refund.source === 'PROVIDER' ? unaccepted(deps, input) : ended(input, code)

/** Money came back that its wallet does not take: it lies in suspense until somebody has looked. */
function unaccepted(deps: ProcessDeps, input: RefundToProcess): ProcessedRefund {
  const { refund, payment } = input
  invariant(payment.provider !== null, 'what a provider returns went out through one')
  const { provider, id: paymentId, toCurrency: currency } = payment
  const { amountMinor } = refund
  deps.logger.error({ payment: paymentId, refund: refund.id }, 'money that came back could not be credited')
  const posting = unexplained(provider, true)
  const item = { id: refund.id, kind: 'RETURN_REFUSED', provider, paymentId, amountMinor, currency } as const
  return { ...ended(input, 'CONFLICT'), item: { ...item, ...posting, openedAt: deps.clock.now() } }
}

function completed({ refund, payment, refunds }: RefundToProcess, { transfers }: JournalToPost): ProcessedRefund {
  const done: Refund = { ...refund, status: 'COMPLETED', dueAt: null, attempts: 0 }
  const refundedMinor = refunds
    .filter(({ id, status }) => status === 'COMPLETED' && id !== refund.id)
    .reduce((sum, { amountMinor }) => sum + amountMinor, refund.amountMinor)
  const forPayee = transfers.filter((transfer) => !('forPayee' in transfer) || transfer.forPayee)
  return {
    refund: done,
    item: null,
    payment: {
      ...payment,
      status: refundedMinor === payment.creditMinor ? 'REFUNDED' : 'PARTIALLY_REFUNDED',
      dueAt: null,
      transferIds: [...payment.transferIds, ...transfers.map(({ id }) => id)],
      payeeTransferIds: [...payment.payeeTransferIds, ...forPayee.map(({ id }) => id)],
    },
  }
}

const ended = ({ refund }: RefundToProcess, failureCode: string): ProcessedRefund =>
  only({ ...refund, status: 'FAILED', failureCode, dueAt: null, attempts: 0 })

const only = (refund: Refund): ProcessedRefund => ({ refund, payment: null, item: null })
