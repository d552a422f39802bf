import type { Consumer, DeliveredEvent } from '@corridor/events'
import { inTransaction, isUuid, type Pool } from '@corridor/platform'
import { settle } from './commitments.ts'

/** Not in the ledger yet. */
const BEFORE_THE_LEDGER: ReadonlySet<string> = new Set(['payment.pending', 'payment.scheduled'])

/**
 * Follows payments, for what the house is committed to: a quote ends with its payment's arrival in the ledger, and what a
 * payment converted may be refunded until it is. Each step is done once however often it is told, so that no handled ids
 * are kept.
 */
export const paymentOutcomes = (pool: Pool): Consumer => ({
  name: 'forex.settlements',
  topics: ['payment.events'],
  async handle(event) {
    if (!isUuid(event.key) || BEFORE_THE_LEDGER.has(event.type)) return
    const outcome = {
      paymentId: event.key,
      refundableOn: isRefundable(event) ? event.occurredAt.toISOString().slice(0, 10) : null,
      refunded: event.type === 'payment.refunded',
    }
    await inTransaction(pool, (client) => settle(client, outcome))
  },
})

/** Transfers between two people: what went to a bank or to a wallet of one's own is not taken back from here. */
const isRefundable = ({ type, data }: DeliveredEvent): boolean =>
  type === 'payment.completed' && data.kind === 'TRANSFER' && data.payee !== null && data.payer !== data.payee
