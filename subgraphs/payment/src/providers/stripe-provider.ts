import { Fault, type Logger } from '@corridor/platform'
import Stripe from 'stripe'
import type { ProviderOutcome } from '../domain/payment.ts'
import type { FundingProvider, ProviderPayment, Settled, Started } from './funding-provider.ts'
import { fromStripeAmount, toStripeAmount } from './stripe-amount.ts'

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
      const priced = { ...payment, amount }
      return reachable(() =>
        kind === 'DEPOSIT' ? startDeposit(stripe, options, priced) : startRefund(stripe, options, priced),
      )
    },
    outcomeOf: (payment) => reachable(() => outcomeOf(stripe, payment)),
  }
}

type Priced = Pick<ProviderPayment, 'paymentId' | 'currency' | 'refundOf'> & { readonly amount: number }

async function startDeposit(
  stripe: Stripe,
  { returnUrl, logger }: StripeOptions,
  { paymentId, currency, amount }: Priced,
): Promise<Started> {
  const metadata = { [PAYMENT_ID]: paymentId }
  const price = { currency: currency.toLowerCase(), unit_amount: amount, product_data: { name: 'Deposit' } }
  try {
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
    return { nextActionUrl: session.url, reference: session.id }
  } catch (error) {
    if (!isRefusal(error)) throw error
    logger.error({ payment: paymentId, error }, 'stripe refuses a deposit')
    return { nextActionUrl: null, outcome: 'FAILED' }
  }
}

async function startRefund(
  stripe: Stripe,
  { logger }: StripeOptions,
  { paymentId, refundOf, amount }: Priced,
): Promise<Started> {
  const intent = await intentOf(stripe, refundOf ?? '')
  if (intent === null) throw new Fault('SERVICE_UNAVAILABLE', 'Stripe does not show the deposit yet.')
  // An earlier call of ours may have begun it and its answer been lost: Stripe forgets our key after a day, the refund never.
  if ((await refundOfIntent(stripe, intent, paymentId)) !== null) return { nextActionUrl: null }
  try {
    await stripe.refunds.create(
      { payment_intent: intent.id, amount, metadata: { [PAYMENT_ID]: paymentId } },
      { idempotencyKey: `refund-${paymentId}` },
    )
  } catch (error) {
    if (!isRefusal(error)) throw error
    logger.error({ refund: paymentId, error }, 'stripe refuses a refund')
    return { nextActionUrl: null, outcome: 'FAILED' }
  }
  return { nextActionUrl: null }
}

/** A request that Stripe will never grant: disputed, given back already, below its minimum. Nothing has moved by it. */
const isRefusal = (error: unknown): boolean => error instanceof Stripe.errors.StripeInvalidRequestError

async function outcomeOf(
  stripe: Stripe,
  { paymentId, kind, refundOf, reference }: Parameters<FundingProvider['outcomeOf']>[0],
): Promise<Settled | 'FAILED' | 'OPEN' | null> {
  if (kind === 'REFUND') {
    const deposit = await intentOf(stripe, refundOf ?? '')
    const refund = deposit === null ? null : await refundOfIntent(stripe, deposit, paymentId)
    if (refund === null) return null
    const outcome = outcomeOfRefund(refund.status)
    return outcome === 'SETTLED' ? settled(refund.amount, refund.currency) : (outcome ?? 'OPEN')
  }
  if (kind !== 'DEPOSIT') return 'FAILED'
  const intent = await intentOf(stripe, paymentId)
  const outcome = intent === null ? null : outcomeOfIntent(intent.status)
  if (intent !== null && outcome === 'SETTLED') return settled(intent.amount_received, intent.currency)
  if (outcome === 'FAILED') return outcome
  if (reference === null) return intent === null ? null : 'OPEN'
  // A page that nobody has paid on has no payment intent, and ends by itself.
  const { status } = await stripe.checkout.sessions.retrieve(reference)
  return status === 'expired' ? 'FAILED' : 'OPEN'
}

function settled(amount: number, stripeCurrency: string): Settled {
  const currency = stripeCurrency.toUpperCase()
  return { amountMinor: fromStripeAmount(amount, currency), currency }
}

async function refundOfIntent(
  stripe: Stripe,
  { id }: Stripe.PaymentIntent,
  paymentId: string,
): Promise<Stripe.Refund | null> {
  // However many there are: a page at a time, until it is found.
  for await (const refund of stripe.refunds.list({ payment_intent: id, limit: 100 })) {
    if (refund.metadata?.[PAYMENT_ID] === paymentId) return refund
  }
  return null
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

/** Stripe away, slow or at its limit is a fault that passes; whatever else it says is for somebody to look into. */
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
