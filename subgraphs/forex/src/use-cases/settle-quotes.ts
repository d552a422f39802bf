import type { Consumer, DeliveredEvent } from '@corridor/events'
import { CallGroup, inTransaction, isUuid, type Pool } from '@corridor/platform'
import { type Outcome, settle } from './commitments.ts'

const SERVICE = 'forex-service'
/** Not in the ledger yet. */
const BEFORE_THE_LEDGER: ReadonlySet<string> = new Set(['payment.pending', 'payment.scheduled'])

/**
 * Follows payments, for what the house is committed to: a quote ends with its payment's arrival in the ledger, and what a
 * payment converted may be refunded until it is. Each step is done once however often it is told, so that no handled ids
 * are kept.
 */
export function paymentOutcomes(pool: Pool): Consumer {
  // Events that come side by side share a transaction; those of one payment follow each other.
  const group = new CallGroup<Outcome, undefined>({
    span: { service: SERVICE, name: 'settle quotes' },
    answer: async (outcomes) => {
      await inTransaction(pool, (client) => settle(client, outcomes))
      return outcomes.map(() => undefined)
    },
    keyOf: ({ paymentId }) => paymentId,
    groupsAtOnce: 1,
  })
  return {
    name: 'forex.settlements',
    service: SERVICE,
    topics: ['payment.events'],
    async handle(event) {
      if (!isUuid(event.key) || BEFORE_THE_LEDGER.has(event.type)) return
      await group.submit({
        paymentId: event.key,
        refundableOn: isRefundable(event) ? event.occurredAt.toISOString().slice(0, 10) : null,
        refunded: event.type === 'payment.refunded',
      })
    },
  }
}

/** Transfers between two people: what went to a bank or to a wallet of one's own is not taken back from here. */
const isRefundable = ({ type, data }: DeliveredEvent): boolean =>
  type === 'payment.completed' && data.kind === 'TRANSFER' && data.payee !== null && data.payer !== data.payee
