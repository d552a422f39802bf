import { randomUUID } from 'node:crypto'
import type { ApiClient } from '../api-client.ts'
import {
  type BalanceData,
  DEPOSIT,
  FULL_PAYMENT,
  type FullPaymentData,
  OPEN_WALLET,
  PAYMENT_STATUS_CHANGED,
  type PaymentData,
  type PaymentEventData,
  PREPARE_PAYMENT,
  type QuoteData,
  SEND_PAYMENT,
  WALLET,
} from './operations.ts'

const WATCH_TIMEOUT_MS = 20_000
const AT_REST = new Set(['COMPLETED', 'DECLINED', 'FAILED', 'CANCELLED', 'REFUNDED', 'IN_REVIEW'])

/** What the subscription showed of one payment, up to its rest. */
export interface Watched {
  readonly statuses: readonly string[]
  /** Behind the last event seen. */
  readonly cursor: string
}

/** The steps of the journey for one customer, each one operation of the public API. */
export class CustomerJourney {
  constructor(readonly api: ApiClient) {}

  async openWallet(currency: string, name: string): Promise<string> {
    const input = { idempotencyKey: randomUUID(), currency, name }
    return (await this.api.request<{ openWallet: { id: string } }>(OPEN_WALLET, { input })).openWallet.id
  }

  /** Deposits, and watches the deposit to its end. */
  async deposit(walletId: string, amount: string, currency: string): Promise<Watched> {
    const input = { idempotencyKey: randomUUID(), walletId, amount: { amount, currency } }
    const { deposit } = await this.api.request<{ deposit: PaymentData }>(DEPOSIT, { input })
    return await this.watch({ id: deposit.id })
  }

  async prepare(input: Record<string, unknown>): Promise<QuoteData> {
    return (await this.api.request<{ preparePayment: QuoteData }>(PREPARE_PAYMENT, { input })).preparePayment
  }

  async send(input: Record<string, unknown>): Promise<PaymentData> {
    return (await this.api.request<{ sendPayment: PaymentData }>(SEND_PAYMENT, { input })).sendPayment
  }

  /**
   * Watches a payment to its rest: from its present state on, or, with `after`, every change behind that cursor, so that
   * none is missed however fast the payment goes.
   */
  async watch({ id, after }: { id: string; after?: string }): Promise<Watched> {
    const statuses: string[] = []
    let cursor = after ?? ''
    const variables = after === undefined ? { id } : { after }
    const events = this.api.subscribe<PaymentEventData>(PAYMENT_STATUS_CHANGED, variables)
    const timer = setTimeout(() => void events.return(), WATCH_TIMEOUT_MS)
    try {
      for await (const { paymentStatusChanged: event } of events) {
        if (event.payment.id !== id) continue
        cursor = event.cursor
        if (statuses.at(-1) !== event.status) statuses.push(event.status)
        if (AT_REST.has(event.status)) return { statuses, cursor }
      }
    } finally {
      clearTimeout(timer)
    }
    throw new Error(`The payment ${id} did not come to rest; seen: ${statuses.join(', ') || 'nothing'}.`)
  }

  async payment(id: string): Promise<FullPaymentData | null> {
    return (await this.api.request<{ payment: FullPaymentData | null }>(FULL_PAYMENT, { id })).payment
  }

  async balance(walletId: string): Promise<BalanceData | null> {
    const { wallet } = await this.api.request<{ wallet: { balance: BalanceData } | null }>(WALLET, { id: walletId })
    return wallet?.balance ?? null
  }
}
