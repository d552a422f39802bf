import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { ApiClient, ApiError } from '@corridor/embedded'

/** One way that money goes, again and again. */
export interface Route {
  readonly client: ApiClient
  readonly fromWalletId: string
  readonly toWalletId: string
  readonly currency: string
}

/** A payment that the platform has said yes to. */
export interface Sent {
  readonly route: Route
  readonly input: Readonly<Record<string, unknown>>
  readonly paymentId: string
}

/** Codes after which a client may try the same again. */
const RETRYABLE: ReadonlySet<string> = new Set(['SERVICE_UNAVAILABLE', 'TOO_MANY_REQUESTS'])
const PAUSE_MS = 150
const RETRY_MS = 100
const SEND = 'mutation ($input: SendPaymentInput!) { sendPayment(input: $input) { id } }'

/** Sends payments along routes until it is stopped, each under a key of its own until it is taken. */
export class Load {
  /** Answers that no fault excuses. */
  readonly refusals: ApiError[] = []
  readonly sent: Sent[] = []
  /** Attempts that failed in a way that lets a client try again. */
  failures = 0
  private stopping = false
  private readonly working: Promise<void>[]

  constructor(routes: readonly Route[]) {
    this.working = routes.map((route) => this.work(route))
  }

  /** Takes no new payment on, and brings those under way to their answer. */
  async stop(): Promise<void> {
    this.stopping = true
    await Promise.all(this.working)
  }

  private async work(route: Route): Promise<void> {
    for (let number = 1; !this.stopping; number += 1) {
      const { fromWalletId, toWalletId, currency } = route
      const debit = { amount: `1.${String(number % 100).padStart(2, '0')}`, currency }
      const input = { idempotencyKey: randomUUID(), fromWalletId, toWalletId, debit }
      const paymentId = await this.untilTaken(route.client, input)
      if (paymentId === null) return
      this.sent.push({ route, input, paymentId })
      await delay(PAUSE_MS)
    }
  }

  /** The payment's id, however often the question had to be put; null when the answer is a refusal. */
  private async untilTaken(client: ApiClient, input: Readonly<Record<string, unknown>>): Promise<string | null> {
    for (;;) {
      const answer = await sendOnce(client, input)
      if (typeof answer === 'string') return answer
      const refusals = answer.filter(({ code }) => !RETRYABLE.has(code))
      this.refusals.push(...refusals)
      if (refusals.length > 0) return null
      this.failures += 1
      await delay(RETRY_MS)
    }
  }
}

/** The id of the payment, or what the platform answered instead; nothing when it did not answer. */
export async function sendOnce(
  client: ApiClient,
  input: Readonly<Record<string, unknown>>,
): Promise<string | readonly ApiError[]> {
  try {
    const { data, errors } = await client.send<{ sendPayment: { id: string } | null }>(SEND, { input })
    return data?.sendPayment?.id ?? errors
  } catch {
    // The router itself was away, or left while it was answering.
    return []
  }
}
