import { Fault, invariant, refuse } from '@corridor/platform'
import type { Payment } from '../domain/payment.ts'
import type { FundingProvider } from '../providers/funding-provider.ts'
import type { PayoutDetails } from '../use-cases/ports.ts'
import { resolveHolds } from './process-review.ts'
import { failed, type ProcessDeps, type Processed, settledNow } from './processed.ts'

/** Brings payments that are with a provider a step further: begun, asked after at their deadline, or ended as it said. */
export async function processAuthorized(deps: ProcessDeps, payments: readonly Payment[]): Promise<Processed[]> {
  const unstarted = payments.filter((payment) => payment.providerOutcome === null && payment.providerStartedAt === null)
  const payouts = await payoutsOf(deps, unstarted)
  const gone = unstarted.filter(({ id }) => payouts.get(id) === null)
  const asked = await Promise.all(
    payments
      .filter((payment) => !gone.includes(payment))
      .map((payment) => askProvider(deps, payment, payouts.get(payment.id) ?? null)),
  )
  const ended = await settle(
    deps,
    asked.filter(({ providerOutcome }) => providerOutcome !== null),
  )
  return [...(await giveBack(deps, gone)), ...asked.filter((payment) => payment.providerOutcome === null), ...ended]
}

/** Whom and where to pay, for payments to beneficiaries; null where he was removed meanwhile. */
async function payoutsOf(
  { beneficiaries }: ProcessDeps,
  payments: readonly Payment[],
): Promise<Map<string, PayoutDetails | null>> {
  const paid = payments.filter(({ beneficiaryId }) => beneficiaryId !== null)
  const details = await beneficiaries.payoutDetails(paid.map(({ beneficiaryId }) => beneficiaryId ?? ''))
  return new Map(paid.map(({ id }, index) => [id, details[index] ?? null]))
}

/** Nothing has gone out yet: what is held is given back. */
async function giveBack({ ledger }: ProcessDeps, payments: readonly Payment[]): Promise<Processed[]> {
  await resolveHolds(
    ledger,
    payments.map((payment) => ({ payment, capture: false })),
  )
  return payments.map((payment) => failed(payment, refuse('BENEFICIARY_REMOVED')))
}

/** Begins an authorised payment with its provider, or asks what became of it when its deadline has come. */
async function askProvider(deps: ProcessDeps, payment: Payment, payout: PayoutDetails | null): Promise<Processed> {
  if (payment.providerOutcome !== null) return payment
  const provider = providerOf(deps, payment)
  const { id: paymentId, toCurrency: currency } = payment
  invariant(payment.kind !== 'TRANSFER' && payment.creditMinor !== null, 'what a provider moves is priced')
  const asked = { paymentId, kind: payment.kind, currency, amountMinor: payment.creditMinor, refundOf: null }
  const now = deps.clock.now()
  const dueAt = new Date(now.getTime() + provider.deadlineMs)
  if (payment.providerStartedAt === null) {
    const { nextActionUrl, outcome = null } = await provider.start({ ...asked, payout })
    return { ...payment, providerStartedAt: now, providerOutcome: outcome, nextActionUrl, attempts: 0, dueAt }
  }
  const providerOutcome = await provider.outcomeOf(asked)
  if (providerOutcome !== null) return { ...payment, providerOutcome }
  deps.logger.error(
    { payment: paymentId, provider: provider.name },
    'a provider does not know what became of a payment',
  )
  return { ...payment, dueAt }
}

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
