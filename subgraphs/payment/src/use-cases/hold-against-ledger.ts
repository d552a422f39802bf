import { type Clock, inTransaction, type Logger, type Pool, uuidv5 } from '@corridor/platform'
import { metrics } from '@opentelemetry/api'
import { allowedOf, allowedOfRefund, journalsOf, type Moved, movedBy } from '../domain/at-rest.ts'
import type { Payment } from '../domain/payment.ts'
import type { Refund } from '../domain/refund.ts'
import { readPayments } from './payment-store.ts'
import { openItem } from './reconciliation-store.ts'
import { readRefunds } from './refund-store.ts'

/** The actions that the ledger has in each of these journals. */
export type ReadActions = (journalIds: readonly string[]) => Promise<ReadonlyMap<string, readonly string[]>>

interface HoldDeps {
  readonly pool: Pool
  readonly actionsOf: ReadActions
  readonly clock: Clock
  readonly logger: Logger
}

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
 * look into; nothing is frozen and nothing posted. The ledger is asked outside any transaction: where somebody else has
 * held the same meanwhile, what was found is his. Answers whether there is more.
 */
export async function holdAgainstLedger(deps: HoldDeps): Promise<boolean> {
  const { pool, actionsOf, clock, logger } = deps
  const { ids, from, last, more } = await readNext(pool, new Date(clock.now().getTime() - UNCHANGED_MS))
  if (last === null) return false
  const [payments, refunds] = [await readPayments(pool, ids), await readRefunds(pool, ids)]
  const subjects = [...payments.values(), ...[...refunds.values()].flat()]
  const actions = await actionsOf(subjects.flatMap(({ id }) => journalsOf(id)))
  const found = [...payments.values()].flatMap((payment) =>
    differences(payment, refunds.get(payment.id) ?? [], actions).map((difference) => ({ payment, difference })),
  )
  const isOurs = await inTransaction(pool, async (client) => {
    const moved = await client.query('update held_against_ledger set position = $1 where position = $2', [last, from])
    if (moved.rowCount !== 1) return false
    for (const { payment, difference } of found) await openItem(client, itemOf(payment, difference, clock.now()))
    return true
  })
  if (!isOurs) return false
  for (const { payment, difference } of found) {
    const about = { alert: 'payment.transfers_differ', paymentId: payment.id, ...difference }
    logger.error(about, 'the ledger says otherwise')
    differing().add(1)
  }
  return more
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

interface Next {
  readonly ids: readonly string[]
  /** From which position it was read, and up to which; null where there is nothing. */
  readonly from: bigint | null
  readonly last: bigint | null
  readonly more: boolean
}

/** The payments whose last event comes next, up to the first event that is too young. */
async function readNext(pool: Pool, until: Date): Promise<Next> {
  const { rows } = await pool.query<{ from: bigint; position: bigint; id: string; at: Date; isLast: boolean }>({
    name: 'payment-held-against-ledger',
    text: `select h.position as "from", e.position, e.payment_id as id, e.at, p.version = e.version as "isLast"
           from held_against_ledger h
           cross join lateral (select * from payment_events where position > h.position order by position limit $1) e
           join payments p on p.id = e.payment_id order by e.position`,
    values: [PAGE],
  })
  const tooYoung = rows.findIndex(({ at }) => at > until)
  const seen = tooYoung === -1 ? rows : rows.slice(0, tooYoung)
  return {
    ids: seen.filter(({ isLast }) => isLast).map(({ id }) => id),
    from: rows[0]?.from ?? null,
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
