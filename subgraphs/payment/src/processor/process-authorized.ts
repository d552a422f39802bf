import { Fault, invariant, refuse } from '@corridor/platform'
import type { Payment } from '../domain/payment.ts'
import type { FundingProvider } from '../providers/funding-provider.ts'
import type { PayoutDetails } from '../use-cases/ports.ts'
import { answerOf } from './answer-of.ts'
import { askBeneficiaries, without } from './ask-beneficiaries.ts'
import { resolveHolds } from './process-review.ts'
import { failed, type ProcessDeps, type Processed, settledNow } from './processed.ts'
import { putOff } from './put-off.ts'

/**
 * Brings payments that are with a provider a step further: begun, asked after at their deadline, or ended as it said.
 * What it says is committed before it is carried out.
 */
export async function processAuthorized(deps: ProcessDeps, payments: readonly Payment[]): Promise<Processed[]> {
  const told = payments.filter(({ providerOutcome }) => providerOutcome !== null)
  const open = without(payments, told)
  const unstarted = open.filter(({ providerStartedAt }) => providerStartedAt === null)
  const { known, waiting } = await askBeneficiaries(deps, unstarted, (ids) => deps.beneficiaries.payoutDetails(ids))
  const gone = unstarted.filter(({ id, providerAskedAt }) => providerAskedAt === null && known.get(id) === null)
  const ended = [...(await settle(deps, told)), ...(await giveBack(deps, gone))]
  const fresh = without(unstarted, waiting, gone).filter(({ providerAskedAt }) => providerAskedAt === null)
  const ours = fresh.length === 0 ? new Set() : await deps.aboutToBegin(fresh)
  const toAsk = without(
    open,
    waiting,
    gone,
    fresh.filter(({ id }) => !ours.has(id)),
  )
  const asked = await Promise.all(toAsk.map((payment) => askProvider(deps, payment, known.get(payment.id) ?? null)))
  return [...waiting, ...ended, ...asked]
}

/** The provider was never told to pay: what is held is given back. */
async function giveBack({ ledger }: ProcessDeps, payments: readonly Payment[]): Promise<Processed[]> {
  await resolveHolds(
    ledger,
    payments.map((payment) => ({ payment, capture: false })),
  )
  return payments.map((payment) => failed(payment, refuse('BENEFICIARY_REMOVED')))
}

/** Begins a payment with its provider, or asks what became of it. Whatever comes of one puts off that one alone. */
async function askProvider(deps: ProcessDeps, payment: Payment, payout: PayoutDetails | null): Promise<Processed> {
  try {
    // Whom nobody can be told of any more, the provider may have paid already: it is asked.
    const canBegin = payment.beneficiaryId === null || payout !== null
    return payment.providerStartedAt === null && canBegin
      ? await begin(deps, payment, payout)
      : await askAfter(deps, payment)
  } catch (error) {
    const [waiting] = await putOff(deps, [payment], error)
    invariant(waiting, 'each that is put off is answered')
    return waiting
  }
}

async function begin(deps: ProcessDeps, payment: Payment, payout: PayoutDetails | null): Promise<Processed> {
  const provider = providerOf(deps, payment)
  const { nextActionUrl, outcome = null, reference = null } = await provider.start({ ...askedOf(payment), payout })
  const now = deps.clock.now()
  return {
    ...payment,
    providerStartedAt: now,
    providerOutcome: outcome,
    providerReference: reference,
    nextActionUrl,
    attempts: 0,
    dueAt: outcome === null ? deadlineOf(provider, now) : now,
  }
}

async function askAfter(deps: ProcessDeps, payment: Payment): Promise<Processed> {
  const provider = providerOf(deps, payment)
  const asked = { ...askedOf(payment), reference: payment.providerReference }
  const outcome = await answerOf(deps, provider, { asked, of: payment.id })
  const now = deps.clock.now()
  if (outcome === 'SETTLED' || outcome === 'FAILED') return { ...payment, providerOutcome: outcome, dueAt: now }
  // Attempts in vain tell a payment that nobody knows of from one whose payer takes his time.
  return { ...payment, attempts: outcome === 'OPEN' ? 0 : payment.attempts + 1, dueAt: deadlineOf(provider, now) }
}

function askedOf({ id: paymentId, kind, toCurrency: currency, creditMinor: amountMinor }: Payment) {
  invariant(kind !== 'TRANSFER' && amountMinor !== null, 'what a provider moves is priced')
  return { paymentId, kind, currency, amountMinor, refundOf: null }
}

export const deadlineOf = ({ deadlineMs }: FundingProvider, now: Date): Date => new Date(now.getTime() + deadlineMs)

export function providerOf({ providers }: ProcessDeps, { provider: name }: Pick<Payment, 'provider'>): FundingProvider {
  const provider = providers[name ?? '']
  if (!provider) throw new Fault('INTERNAL_SERVER_ERROR', 'The provider of a payment is not configured.')
  return provider
}

/** Ends authorised payments as their providers said. */
async function settle({ ledger }: ProcessDeps, payments: readonly Payment[]): Promise<Processed[]> {
  await resolveHolds(
    ledger,
    payments.map((payment) => ({ payment, capture: payment.providerOutcome === 'SETTLED' })),
  )
  return payments.map((payment) => {
    const done = { ...payment, ...settledNow, nextActionUrl: null }
    return payment.providerOutcome === 'SETTLED'
      ? { ...done, status: 'COMPLETED' }
      : failed(done, { code: 'PROVIDER_FAILED', message: 'The provider reported that the payment failed.' })
  })
}
