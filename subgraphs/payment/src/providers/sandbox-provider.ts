import type { Clock, Logger } from '@corridor/platform'
import { Webhook } from 'standardwebhooks'
import { request } from 'undici'
import type { ProviderOutcome } from '../domain/payment.ts'
import type { FundingProvider, ProviderPayment } from './funding-provider.ts'

export interface SandboxOptions {
  /** Where the platform takes callbacks: http://localhost:4000/callbacks/sandbox */
  readonly callbackUrl: string
  readonly callbackSecret: string
  readonly clock: Clock
  readonly logger: Logger
  readonly settleAfterMs?: number
}

const DEFAULT_SETTLE_AFTER_MS = 300
const DEADLINE_MS = 10_000
const CALLBACK_TIMEOUT_MS = 5_000
const OK = 200
/** A payment that ends in this many minor units fails, so that failure can be tried: 13.13, or 1313 yen. */
const FAILING_ENDING = 1_313n

/** The secret as Standard Webhooks takes it. */
export const callbackKey = (secret: string): string => Buffer.from(secret).toString('base64')

/**
 * A provider that settles every payment after a moment, but for those whose amount ends in 1313 minor units, which
 * fail. Its callbacks are signed as Standard Webhooks says. What it answers depends on the payment alone, so that it
 * outlives a restart; a callback that was lost is made up for when it is asked at its deadline.
 */
export function sandboxProvider(options: SandboxOptions): FundingProvider & { close(): Promise<void> } {
  const { callbackUrl, clock, logger, settleAfterMs = DEFAULT_SETTLE_AFTER_MS } = options
  const webhook = new Webhook(callbackKey(options.callbackSecret))
  const timers = new Set<NodeJS.Timeout>()
  const sending = new Set<Promise<void>>()

  const callBack = async (payment: ProviderPayment): Promise<void> => {
    const id = `sandbox-${payment.paymentId}`
    const now = clock.now()
    const { paymentId, amountMinor, currency } = payment
    const body = JSON.stringify({ paymentId, outcome: outcomeOf(payment), amountMinor: String(amountMinor), currency })
    try {
      const answer = await request(callbackUrl, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'webhook-id': id,
          'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
          'webhook-signature': webhook.sign(id, now, body),
        },
        body,
        headersTimeout: CALLBACK_TIMEOUT_MS,
        bodyTimeout: CALLBACK_TIMEOUT_MS,
      })
      await answer.body.dump()
      if (answer.statusCode !== OK) logger.warn({ status: answer.statusCode, paymentId }, 'sandbox: callback not taken')
    } catch (error) {
      logger.warn({ error, paymentId }, 'sandbox: callback not delivered')
    }
  }

  return {
    name: 'sandbox',
    deadlineMs: DEADLINE_MS,
    async start(payment) {
      const timer = setTimeout(() => {
        timers.delete(timer)
        const sent = callBack(payment).finally(() => sending.delete(sent))
        sending.add(sent)
      }, settleAfterMs)
      timers.add(timer)
      return { nextActionUrl: null }
    },
    outcomeOf: async (payment) => outcomeOf(payment),
    async close() {
      for (const timer of timers) clearTimeout(timer)
      await Promise.all(sending)
    },
  }
}

const outcomeOf = ({ amountMinor }: ProviderPayment): ProviderOutcome =>
  amountMinor % 10_000n === FAILING_ENDING ? 'FAILED' : 'SETTLED'
