import { type SqlClient, uuidv5 } from '@corridor/platform'
import { CAME_TO_NOTHING } from '../domain/at-rest.ts'
import { expectedOf, unexplained } from '../domain/provider-word.ts'
import { type PaymentChange, readPayments } from '../use-cases/payment-store.ts'
import { openItem } from '../use-cases/reconciliation-store.ts'

/**
 * Opens items for payments that have come to nothing although their providers have said before that they settled: such
 * money goes to suspense, as it does when they say so afterwards. Within the transaction that ends them, so that a word
 * comes either before it, and is seen here, or behind it.
 */
export async function openSettledInVain(
  client: SqlClient,
  written: readonly PaymentChange[],
  now: Date,
): Promise<void> {
  const ended = written.filter(({ provider, status }) => provider !== null && CAME_TO_NOTHING.has(status))
  if (ended.length === 0) return
  const payments = await readPayments(
    client,
    ended.map(({ id }) => id),
  )
  for (const payment of payments.values()) {
    const { id: paymentId, kind, provider, providerOutcome, toCurrency: currency } = payment
    const amountMinor = expectedOf(payment)
    if (provider === null || amountMinor === null || providerOutcome !== 'SETTLED') continue
    const about = { kind: 'LATE_SETTLEMENT', provider, paymentId, amountMinor, currency, openedAt: now } as const
    await openItem(client, {
      id: uuidv5('settled in vain', paymentId),
      ...about,
      ...unexplained(provider, kind === 'DEPOSIT'),
    })
  }
}
