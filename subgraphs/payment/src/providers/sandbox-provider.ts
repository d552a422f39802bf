import type { Clock, Logger } from '@corridor/platform'
import { Webhook } from 'standardwebhooks'
import { request } from 'undici'
import type { ProviderWord } from '../domain/provider-word.ts'
import type { FundingProvider, ProviderPayment } from './funding-provider.ts'

export interface SandboxOptions {
  /** Where the platform takes callbacks: http://localhost:4000/callbacks/sandbox */
  readonly callbackUrl: string
  readonly callbackSecret: string
  readonly clock: Clock
  readonly logger: Logger
  readonly settleAfterMs?: number
  /** How long it may be silent before it is asked. */
  readonly deadlineMs?: number
}

const DEFAULT_SETTLE_AFTER_MS = 300
const DEADLINE_MS = 10_000
const CALLBACK_TIMEOUT_MS = 5_000
const OK = 200

/** Amounts whose last four digits, in minor units, choose what happens: 13.13 dollars or 1313 yen fail. */
const ENDINGS: Readonly<Record<string, Course>> = {
  '1313': 'FAILS',
  '1414': 'NEVER_ANSWERS',
  '1515': 'ANSWERS_TWICE',
  '1616': 'ANSWERS_LATE',
  '1717': 'COMES_BACK',
}
type Course = 'SETTLES' | 'FAILS' | 'NEVER_ANSWERS' | 'ANSWERS_TWICE' | 'ANSWERS_LATE' | 'COMES_BACK'

/** The secret as Standard Webhooks takes it. */
export const callbackKey = (secret: string): string => Buffer.from(secret).toString('base64')

/**
 * A provider that settles every payment after a moment, but for those whose amount chooses another course. Its callbacks
 * are signed as Standard Webhooks says. What it answers depends on the payment alone, so that it outlives a restart; a
 * callback that was lost is made up for when it is asked at its deadline.
 */
export function sandboxProvider(options: SandboxOptions): FundingProvider & { close(): Promise<void> } {
  const { callbackUrl, clock, logger, settleAfterMs = DEFAULT_SETTLE_AFTER_MS } = options
  const webhook = new Webhook(callbackKey(options.callbackSecret))
  const timers = new Set<NodeJS.Timeout>()
  const sending = new Set<Promise<void>>()

  const callBack = async (payment: Asked, outcome: ProviderWord, occasion: string): Promise<void> => {
    const { paymentId, amountMinor, currency } = payment
    const id = `sandbox-${paymentId}${occasion}`
    const now = clock.now()
    const body = JSON.stringify({ paymentId, outcome, amountMinor: String(amountMinor), currency })
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

  const callBackLater = (
    payment: Asked,
    outcome: ProviderWord,
    { afterMs = settleAfterMs, occasion = '' } = {},
  ): void => {
    const timer = setTimeout(() => {
      timers.delete(timer)
      const sent = callBack(payment, outcome, occasion).finally(() => sending.delete(sent))
      sending.add(sent)
    }, afterMs)
    timers.add(timer)
  }

  return {
    name: 'sandbox',
    deadlineMs: options.deadlineMs ?? DEADLINE_MS,
    async start(payment) {
      const course = courseOf(payment)
      if (course === 'NEVER_ANSWERS' || course === 'ANSWERS_LATE') return { nextActionUrl: null }
      callBackLater(payment, course === 'FAILS' ? 'FAILED' : 'SETTLED')
      if (course === 'ANSWERS_TWICE') callBackLater(payment, 'SETTLED', { occasion: '-again' })
      if (course === 'COMES_BACK' && payment.kind !== 'REFUND') {
        const word = payment.kind === 'DEPOSIT' ? 'CHARGEBACK' : 'RETURNED'
        callBackLater(payment, word, { afterMs: 2 * settleAfterMs, occasion: '-back' })
      }
      return { nextActionUrl: null }
    },
    async outcomeOf(payment) {
      const course = courseOf(payment)
      if (course === 'NEVER_ANSWERS') return null
      if (course === 'ANSWERS_LATE') {
        callBackLater(payment, 'SETTLED')
        return null
      }
      return course === 'FAILS' ? 'FAILED' : { amountMinor: payment.amountMinor, currency: payment.currency }
    },
    async close() {
      for (const timer of timers) clearTimeout(timer)
      await Promise.all(sending)
    },
  }
}

type Asked = Omit<ProviderPayment, 'payout'>

const courseOf = ({ amountMinor }: Asked): Course => ENDINGS[String(amountMinor % 10_000n)] ?? 'SETTLES'
