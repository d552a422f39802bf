import { Fault, type Logger } from '@corridor/platform'
import Stripe from 'stripe'
import type { ProviderOutcome } from '../domain/payment.ts'
import type { FundingProvider, ProviderPayment } from './funding-provider.ts'
import { toStripeAmount } from './stripe-amount.ts'

export interface StripeOptions {
  readonly secretKey: string
  /** Where the customer goes when he has paid, or has not. */
  readonly returnUrl: string
  readonly logger: Logger
  /** Another address of the API, for tests. */
  readonly apiBase?: URL
}

/** Under this name the payment's id travels with everything that Stripe keeps of it. */
export const PAYMENT_ID = 'corridor_payment_id'

const DEADLINE_MS = 15 * 60_000
const TIMEOUT_MS = 10_000
const RETRIES = 2

/** The official client, for the provider and for whoever reads its callbacks. */
export const stripeClient = ({ secretKey, apiBase }: Pick<StripeOptions, 'secretKey' | 'apiBase'>): Stripe =>
  new Stripe(secretKey, {
    timeout: TIMEOUT_MS,
    maxNetworkRetries: RETRIES,
    telemetry: false,
    ...(apiBase === undefined
      ? {}
      : { host: apiBase.hostname, port: apiBase.port, protocol: apiBase.protocol === 'http:' ? 'http' : 'https' }),
  })

/**
 * Deposits by Stripe: a hosted Checkout page whose payment intent carries our id, and refunds of them. Every call has an
 * idempotency key made from the payment's id. It moves nothing out: withdrawals and payouts fail at once, and what is
 * held for them is given back.
 */
export function stripeProvider(options: StripeOptions): FundingProvider {
  const stripe = stripeClient(options)
  return {
    name: 'stripe',
    deadlineMs: DEADLINE_MS,
    async start(payment) {
      const { paymentId, kind, amountMinor, currency } = payment
      const amount = toStripeAmount(amountMinor, currency)
      if (amount === null || (kind !== 'DEPOSIT' && kind !== 'REFUND')) {
        options.logger.error({ payment: paymentId, kind }, 'stripe cannot move this')
        return { nextActionUrl: null, outcome: 'FAILED' }
      }
      return reachable(() =>
        kind === 'DEPOSIT'
          ? startDeposit(stripe, options, { ...payment, amount })
          : startRefund(stripe, { ...payment, amount }),
      )
    },
    outcomeOf: (payment) => reachable(() => outcomeOf(stripe, payment)),
  }
}

type Priced = Pick<ProviderPayment, 'paymentId' | 'currency' | 'refundOf'> & { readonly amount: number }

async function startDeposit(
  stripe: Stripe,
  { returnUrl }: StripeOptions,
  { paymentId, currency, amount }: Priced,
): Promise<{ nextActionUrl: string | null }> {
  const metadata = { [PAYMENT_ID]: paymentId }
  const price = { currency: currency.toLowerCase(), unit_amount: amount, product_data: { name: 'Deposit' } }
  const session = await stripe.checkout.sessions.create(
    {
      mode: 'payment',
      client_reference_id: paymentId,
      line_items: [{ quantity: 1, price_data: price }],
      payment_intent_data: { metadata },
      metadata,
      success_url: returnUrl,
      cancel_url: returnUrl,
    },
    { idempotencyKey: `deposit-${paymentId}` },
  )
  return { nextActionUrl: session.url }
}

async function startRefund(
  stripe: Stripe,
  { paymentId, refundOf, amount }: Priced,
): Promise<{ nextActionUrl: string | null }> {
  const intent = await intentOf(stripe, refundOf ?? '')
  if (intent === null) throw new Fault('SERVICE_UNAVAILABLE', 'Stripe does not show the deposit yet.')
  await stripe.refunds.create(
    { payment_intent: intent.id, amount, metadata: { [PAYMENT_ID]: paymentId } },
    { idempotencyKey: `refund-${paymentId}` },
  )
  return { nextActionUrl: null }
}

async function outcomeOf(
  stripe: Stripe,
  { paymentId, kind, refundOf }: Omit<ProviderPayment, 'payout'>,
): Promise<ProviderOutcome | null> {
  if (kind === 'REFUND') {
    const intent = await intentOf(stripe, refundOf ?? '')
    if (intent === null) return null
    const { data } = await stripe.refunds.list({ payment_intent: intent.id, limit: 100 })
    const refund = data.find(({ metadata }) => metadata?.[PAYMENT_ID] === paymentId)
    return refund === undefined ? null : outcomeOfRefund(refund.status)
  }
  if (kind !== 'DEPOSIT') return 'FAILED'
  const intent = await intentOf(stripe, paymentId)
  return intent === null ? null : outcomeOfIntent(intent.status)
}

/** What Stripe has of a payment, found by the id that it carries. Its search is behind by up to a minute. */
async function intentOf(stripe: Stripe, paymentId: string): Promise<Stripe.PaymentIntent | null> {
  const query = `metadata['${PAYMENT_ID}']:'${paymentId.replaceAll(/[^0-9a-f-]/g, '')}'`
  const { data } = await stripe.paymentIntents.search({ query, limit: 1 })
  return data[0] ?? null
}

/** Anything but these two may still become either: the customer tries another card, the bank is slow. */
export const outcomeOfIntent = (status: Stripe.PaymentIntent.Status): ProviderOutcome | null =>
  status === 'succeeded' ? 'SETTLED' : status === 'canceled' ? 'FAILED' : null

export const outcomeOfRefund = (status: string | null): ProviderOutcome | null =>
  status === 'succeeded' ? 'SETTLED' : status === 'failed' || status === 'canceled' ? 'FAILED' : null

/** Stripe away, slow or at its limit is a fault that passes; what it refuses for good is a bug of ours and is thrown. */
async function reachable<T>(action: () => Promise<T>): Promise<T> {
  try {
    return await action()
  } catch (cause) {
    const passing =
      cause instanceof Stripe.errors.StripeConnectionError ||
      cause instanceof Stripe.errors.StripeAPIError ||
      cause instanceof Stripe.errors.StripeRateLimitError
    if (passing) throw new Fault('SERVICE_UNAVAILABLE', 'Stripe did not answer.', { cause })
    throw cause
  }
}
