import { type Clock, inTransaction, type Logger, type Pool, type SqlClient, uuidv5 } from '@corridor/platform'
import { allowedOf, allowedOfRefund, journalsOf, type Moved, movedBy } from '../domain/at-rest.ts'
import type { Payment } from '../domain/payment.ts'
import type { RefundStatus } from '../domain/refund.ts'
import { countDiffering } from '../payment-metrics.ts'
import { readPayments } from './payment-store.ts'
import { openItem } from './reconciliation-store.ts'

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

/** A payment or refund, with what its state allows it to have moved; null: it has not ended. */
interface Subject {
  readonly subject: 'payment' | 'refund'
  readonly id: string
  readonly paymentId: string
  readonly state: string
  readonly allowed: readonly Moved[] | null
  readonly amountMinor: bigint
  readonly currency: string
}

/**
 * Holds payments and refunds that have ended, and have been unchanged for a minute, against the transfers that the ledger
 * has of them, each once. What differs is logged and becomes an item for somebody to look into; nothing is frozen and
 * nothing posted. The ledger is asked outside any transaction: where somebody else has held the same meanwhile, what was
 * found is his. Answers whether there is more.
 */
export async function holdAgainstLedger(deps: HoldDeps): Promise<boolean> {
  const until = new Date(deps.clock.now().getTime() - UNCHANGED_MS)
  const morePayments = await holdPayments(deps, until)
  const moreRefunds = await holdRefunds(deps, until)
  return morePayments || moreRefunds
}

/** In the order of their last events. */
async function holdPayments(deps: HoldDeps, until: Date): Promise<boolean> {
  const { ids, from, last, more } = await readNext(deps.pool, until)
  if (last === null) return false
  const payments = await readPayments(deps.pool, ids)
  await hold(deps, [...payments.values()].map(subjectOf), async (client) => {
    const moved = await client.query('update held_against_ledger set position = $1 where position = $2', [last, from])
    return moved.rowCount === 1
  })
  return more
}

/** Each by itself, since one that failed tells no event of its payment. */
async function holdRefunds(deps: HoldDeps, until: Date): Promise<boolean> {
  const refunds = await readRefundsToHold(deps.pool, until)
  if (refunds.length === 0) return false
  await hold(deps, refunds, async (client) => {
    const held = await client.query(
      'update refunds set held_against_ledger = true where id = any($1::uuid[]) and not held_against_ledger',
      [refunds.map(({ id }) => id)],
    )
    // Of those that somebody else has held, the items are the same.
    return (held.rowCount ?? 0) > 0
  })
  return refunds.length === PAGE
}

/** `claim` notes that these are held; false where somebody else has done so meanwhile. */
async function hold(
  { pool, actionsOf, clock, logger }: HoldDeps,
  subjects: readonly Subject[],
  claim: (client: SqlClient) => Promise<boolean>,
): Promise<void> {
  const actions = await actionsOf(subjects.flatMap(({ id }) => journalsOf(id)))
  const found = subjects.flatMap((subject) => {
    const moved = movedBy(subject.id, actions)
    return subject.allowed === null || subject.allowed.includes(moved) ? [] : [{ ...subject, moved }]
  })
  const isOurs = await inTransaction(pool, async (client) => {
    if (!(await claim(client))) return false
    for (const difference of found) await openItem(client, itemOf(difference, clock.now()))
    return true
  })
  if (!isOurs) return
  for (const { subject, id, paymentId, state, moved } of found) {
    const about = { alert: 'payment.transfers_differ', [subject]: id, paymentId, status: state, finding: moved }
    logger.error(about, 'the ledger says otherwise')
  }
  countDiffering(found.length)
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

async function readRefundsToHold(pool: Pool, until: Date): Promise<Subject[]> {
  type Row = Pick<Subject, 'id' | 'paymentId' | 'amountMinor' | 'currency'> & { readonly state: RefundStatus }
  const { rows } = await pool.query<Row & { id: string }>({
    name: 'payment-refunds-to-hold',
    text: `select r.id, r.payment_id as "paymentId", r.status as state, r.amount_minor as "amountMinor", p.to_currency as currency
           from refunds r join payments p on p.id = r.payment_id
           where r.status <> 'PENDING' and not r.held_against_ledger and r.updated_at <= $1 order by r.number limit $2`,
    values: [until, PAGE],
  })
  return rows.map((row) => ({ ...row, subject: 'refund', allowed: allowedOfRefund({ status: row.state }) }))
}

/** A payment with what left, or as far as it was known. */
function subjectOf(payment: Payment): Subject {
  const { id, status: state, principalMinor, askedDebitMinor, askedCreditMinor, fromCurrency, toCurrency } = payment
  const debitMinor = principalMinor ?? askedDebitMinor
  const amount =
    debitMinor === null
      ? { amountMinor: askedCreditMinor ?? 0n, currency: toCurrency }
      : { amountMinor: debitMinor, currency: fromCurrency }
  return { subject: 'payment', id, paymentId: id, state, allowed: allowedOf(payment), ...amount }
}

const itemOf = ({ id, paymentId, state, amountMinor, currency }: Subject, openedAt: Date) =>
  ({
    id: uuidv5(`transfers-differ\n${state}`, id),
    kind: 'TRANSFERS_DIFFER',
    provider: 'ledger',
    paymentId,
    amountMinor,
    currency,
    debitCode: null,
    creditCode: null,
    openedAt,
  }) as const
