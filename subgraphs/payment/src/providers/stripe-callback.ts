import { isUuid } from '@corridor/platform'
import Stripe from 'stripe'
import type { ProviderWord } from '../domain/provider-word.ts'
import type { CallbackRead, CallbackReader } from './callback-reader.ts'
import { fromStripeAmount } from './stripe-amount.ts'
import { outcomeOfRefund, PAYMENT_ID } from './stripe-provider.ts'

const SIGNATURE_HEADER = 'stripe-signature'

/**
 * Reads Stripe's webhook events: signature and time are checked by the official client. Events that are of no payment of
 * ours, and steps on the way, are nothing.
 */
export const stripeCallbackReader =
  (stripe: Stripe, webhookSecret: string): CallbackReader =>
  async ({ headers, body }) => {
    const signature = headers[SIGNATURE_HEADER]
    if (typeof signature !== 'string') return { read: 'unsigned' }
    let event: Stripe.Event
    try {
      event = stripe.webhooks.constructEvent(body, signature, webhookSecret)
    } catch (error) {
      if (error instanceof Stripe.errors.StripeSignatureVerificationError) return { read: 'unsigned' }
      if (error instanceof SyntaxError) return { read: 'malformed' }
      throw error
    }
    return readEvent(stripe, event)
  }

async function readEvent(stripe: Stripe, event: Stripe.Event): Promise<CallbackRead> {
  switch (event.type) {
    case 'payment_intent.succeeded': {
      const { metadata, amount_received: amount, currency } = event.data.object
      return told(event.id, 'SETTLED', { subjectId: metadata[PAYMENT_ID], amount, currency })
    }
    case 'payment_intent.canceled': {
      const { metadata, amount, currency } = event.data.object
      return told(event.id, 'FAILED', { subjectId: metadata[PAYMENT_ID], amount, currency })
    }
    case 'checkout.session.expired': {
      const { metadata, amount_total: amount, currency } = event.data.object
      if (amount === null || currency === null) return { read: 'malformed' }
      return told(event.id, 'FAILED', { subjectId: metadata?.[PAYMENT_ID], amount, currency })
    }
    case 'refund.created':
    case 'refund.updated':
    case 'refund.failed': {
      const { metadata, amount, currency, status } = event.data.object
      const outcome = outcomeOfRefund(status)
      return outcome === null
        ? { read: 'nothing' }
        : told(event.id, outcome, { subjectId: metadata?.[PAYMENT_ID], amount, currency })
    }
    case 'charge.dispute.funds_withdrawn': {
      const { payment_intent: disputed, amount, currency } = event.data.object
      if (disputed === null) return { read: 'nothing' }
      const { metadata } = await stripe.paymentIntents.retrieve(typeof disputed === 'string' ? disputed : disputed.id)
      return told(event.id, 'CHARGEBACK', { subjectId: metadata[PAYMENT_ID], amount, currency })
    }
    default:
      return { read: 'nothing' }
  }
}

function told(
  eventId: string,
  word: ProviderWord,
  of: { subjectId: string | undefined; amount: number; currency: string },
): CallbackRead {
  const currency = of.currency.toUpperCase()
  const amountMinor = fromStripeAmount(of.amount, currency)
  // The account may be used for other things too.
  if (of.subjectId === undefined || !isUuid(of.subjectId)) return { read: 'nothing' }
  if (amountMinor === null) return { read: 'malformed' }
  return { read: 'told', told: { eventId, subjectId: of.subjectId, word, amountMinor, currency } }
}
