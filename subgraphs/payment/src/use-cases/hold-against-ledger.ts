import { type Clock, inTransaction, type Logger, type Pool, type SqlClient, uuidv5 } from '@corridor/platform'
import { metrics } from '@opentelemetry/api'
import { allowedOf, allowedOfRefund, journalsOf, type Moved, movedBy } from '../domain/at-rest.ts'
import type { Payment } from '../domain/payment.ts'
import type { Refund } from '../domain/refund.ts'
import { readPayments } from './payment-store.ts'
import { openItem } from './reconciliation-store.ts'
import { readRefunds } from './refund-store.ts'

/** The actions that the ledger has in each of these journals. */
export type ReadActions = (journalIds: readonly string[]) => Promise<ReadonlyMap<string, readonly string[]>>

const UNCHANGED_MS = 60_000
const PAGE = 500

interface Difference {
  readonly id: string
  readonly subject: 'payment' | 'refund'
  readonly state: string
  readonly moved: Moved
}

/**
 * Holds payments and refunds that have ended, and have been unchanged for a minute, against the transfers that the ledger
 * has of them; each once, in the order of their last events. What differs is logged and becomes an item for somebody to
 * look into; nothing is frozen and nothing posted. Answers whether there is more.
 */
export async function holdAgainstLedger(deps: {
  readonly pool: Pool
  readonly actionsOf: ReadActions
  readonly clock: Clock
  readonly logger: Logger
}): Promise<boolean> {
  const { pool, actionsOf, clock, logger } = deps
  return await inTransaction(pool, async (client) => {
    const { ids, last, more } = await readNext(client, new Date(clock.now().getTime() - UNCHANGED_MS))
    if (last === null) return false
    const [payments, refunds] = [await readPayments(client, ids), await readRefunds(client, ids)]
    const subjects = [...payments.values(), ...[...refunds.values()].flat()]
    const actions = await actionsOf(subjects.flatMap(({ id }) => journalsOf(id)))
    for (const payment of payments.values()) {
      for (const found of differences(payment, refunds.get(payment.id) ?? [], actions)) {
        logger.error(
          { alert: 'payment.transfers_differ', paymentId: payment.id, ...found },
          'the ledger says otherwise',
        )
        await openItem(client, itemOf(payment, found, clock.now()))
        differing().add(1)
      }
    }
    await client.query('update held_against_ledger set position = $1', [last])
    return more
  })
}

function differences(
  payment: Payment,
  refunds: readonly Refund[],
  actions: ReadonlyMap<string, readonly string[]>,
): Difference[] {
  const subjects = [
    { id: payment.id, subject: 'payment', state: payment.status, allowed: allowedOf(payment) } as const,
    ...refunds.map((refund) => {
      return { id: refund.id, subject: 'refund', state: refund.status, allowed: allowedOfRefund(refund) } as const
    }),
  ]
  return subjects.flatMap(({ id, subject, state, allowed }) => {
    const moved = movedBy(id, actions)
    return allowed === null || allowed.includes(moved) ? [] : [{ id, subject, state, moved }]
  })
}

/** The payments whose last event comes next, up to the first event that is too young. */
async function readNext(
  client: SqlClient,
  until: Date,
): Promise<{ ids: string[]; last: bigint | null; more: boolean }> {
  const { rows } = await client.query<{ position: bigint; id: string; at: Date; isLast: boolean }>({
    name: 'payment-held-against-ledger',
    text: `select e.position, e.payment_id as id, e.at, p.version = e.version as "isLast"
           from (select * from payment_events
                 where position > (select position from held_against_ledger for update) order by position limit $1) e
           join payments p on p.id = e.payment_id order by e.position`,
    values: [PAGE],
  })
  const tooYoung = rows.findIndex(({ at }) => at > until)
  const seen = tooYoung === -1 ? rows : rows.slice(0, tooYoung)
  return {
    ids: seen.filter(({ isLast }) => isLast).map(({ id }) => id),
    last: seen.at(-1)?.position ?? null,
    more: seen.length === PAGE,
  }
}

function itemOf(payment: Payment, { id, state }: Difference, openedAt: Date) {
  const amount =
    payment.principalMinor === null
      ? { amountMinor: payment.askedDebitMinor ?? payment.askedCreditMinor ?? 0n, currency: payment.fromCurrency }
      : { amountMinor: payment.principalMinor, currency: payment.fromCurrency }
  return {
    id: uuidv5(`transfers-differ\n${state}`, id),
    kind: 'TRANSFERS_DIFFER',
    provider: 'ledger',
    paymentId: payment.id,
    ...amount,
    debitCode: null,
    creditCode: null,
    openedAt,
  } as const
}

/** Asked of the API each time: the process may start its export of metrics after this module was loaded. */
const differing = () =>
  metrics.getMeter('payment').createCounter('payment.transfers.differing', {
    description: 'Payments and refunds whose transfers in the ledger are not those that their state allows.',
  })
