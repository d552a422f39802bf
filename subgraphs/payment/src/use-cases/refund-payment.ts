import type { Money } from '@corridor/money'
import {
  accept,
  type Clock,
  type IdempotencyKeys,
  inTransactionOrRefuse,
  invariant,
  isText,
  isUuid,
  type Pool,
  type Result,
  refuse,
  type SqlClient,
  uuidv5,
  type Wakeups,
} from '@corridor/platform'
import { hasArrived, type Payment } from '../domain/payment.ts'
import { givenBack, REFUND_WINDOW_MS } from '../domain/refund.ts'
import { DUE_CHANNEL, WITH_PROVIDER_CHANNEL } from './channels.ts'
import { lockPayment, readPayments } from './payment-store.ts'
import { insertRefund, readRefunds } from './refund-store.ts'
import type { CallerKey } from './take-in.ts'

export interface RefundDeps {
  readonly pool: Pool
  readonly clock: Clock
  readonly wakeups: Wakeups
  readonly keys: IdempotencyKeys
}

export interface RefundRequest {
  readonly paymentId: string
  /** In the currency that arrived; null for all of what is left. */
  readonly amount: Money | null
  readonly reason: string
}

export interface Refunder extends CallerKey {
  /** Whether he may refund what others were paid. */
  readonly isReviewer: boolean
  /** Whether he may see payments of others. */
  readonly isStaff: boolean
}

const REFUND_NAMESPACE = '8f0c0f2e-2a55-5f4e-9d61-0f7d52b6a1c3'
const MAX_REASON_LENGTH = 500

/**
 * Takes in the refund of a payment that has arrived: a transfer by its payee or a reviewer, a deposit by the owner of its
 * wallet. The processor then moves the money. Answers the payment.
 */
export async function refundPayment(
  deps: RefundDeps,
  caller: Refunder,
  { paymentId, amount, reason }: RefundRequest,
): Promise<Result<Payment>> {
  const text = reason.trim()
  if (!isText(text, MAX_REASON_LENGTH)) {
    return refuse('BAD_USER_INPUT', `input.reason has 1 to ${MAX_REASON_LENGTH} characters.`, 'input.reason')
  }
  if (!isUuid(paymentId)) return refuse('NOT_FOUND', undefined, 'input.paymentId')
  const { pool, clock, wakeups, keys } = deps
  const { scope, key } = caller
  const id = uuidv5(`${scope}\n${key}`, REFUND_NAMESPACE)
  const input = { paymentId, amount, reason: text }
  const taken = await inTransactionOrRefuse(pool, async (client) => {
    const claim = await keys.claim(client, { scope, key, operation: 'refundPayment', input, resultId: id })
    if (!claim.ok || !claim.value.first) return claim
    const payment = await lockPayment(client, paymentId)
    if (!payment) return refuse('NOT_FOUND', undefined, 'input.paymentId')
    const amountMinor = await judge(client, { payment, caller, amount, now: clock.now() })
    if (!amountMinor.ok) return amountMinor
    const leasedWalletId = payment.toWalletId
    invariant(leasedWalletId !== null, 'what its payee gives back arrived in a wallet')
    const refund = {
      id,
      paymentId,
      source: 'CALLER',
      requestedBy: caller.subject,
      leasedWalletId,
      reason: text,
    } as const
    await insertRefund(client, { ...refund, amountMinor: amountMinor.value }, clock.now())
    return claim
  })
  if (!taken.ok) return taken
  for (const channel of [DUE_CHANNEL, WITH_PROVIDER_CHANNEL]) wakeups.wake(channel)
  const payment = (await readPayments(pool, [paymentId])).get(paymentId)
  invariant(payment, 'payments are never removed')
  return accept(payment)
}

/** Whether this may be refunded by this caller, and how much of it. */
async function judge(
  client: SqlClient,
  input: { payment: Payment; caller: Refunder; amount: Money | null; now: Date },
): Promise<Result<bigint>> {
  const { payment, caller, amount, now } = input
  const allowed = mayRefund(payment, caller)
  if (!allowed.ok) return allowed
  if (amount !== null && amount.currency !== payment.toCurrency) {
    return refuse('CURRENCY_MISMATCH', `What arrived is in ${payment.toCurrency}.`, 'input.amount.currency')
  }
  if (payment.fromCurrency !== payment.toCurrency) {
    if (payment.payer === payment.payee) {
      return refuse('INVALID_TRANSITION', 'A conversion between wallets of one owner is not given back.')
    }
    if (now.getTime() - (await arrivedAt(client, payment)).getTime() > REFUND_WINDOW_MS) {
      return refuse('REFUND_WINDOW_CLOSED', undefined, 'input.paymentId')
    }
  }
  const refunds = (await readRefunds(client, [payment.id])).get(payment.id) ?? []
  const leftMinor = (payment.creditMinor ?? 0n) - givenBack(refunds)
  const wanted = amount?.amountMinor ?? leftMinor
  return wanted > leftMinor || leftMinor === 0n
    ? refuse('REFUND_EXCEEDS_PAYMENT', undefined, 'input.amount')
    : accept(wanted)
}

function mayRefund(payment: Payment, { subject, isReviewer, isStaff }: Refunder): Result<null> {
  const { kind, status, payer, payee } = payment
  const arrived = hasArrived(status)
  const sees = isStaff || subject === payer || (subject === payee && arrived)
  if (!sees) return refuse('NOT_FOUND', undefined, 'input.paymentId')
  if (kind === 'WITHDRAWAL' || kind === 'PAYOUT') {
    return refuse('INVALID_TRANSITION', 'Money that has left the platform is given back by its provider alone.')
  }
  // Nobody decides for himself that what he paid comes back.
  const his = kind === 'DEPOSIT' ? subject === payer : subject === payee || (isReviewer && subject !== payer)
  if (!his) return refuse('FORBIDDEN', 'A payment is given back by whom it reached.')
  return arrived ? accept(null) : refuse('INVALID_TRANSITION', `The payment is ${status}.`, 'input.paymentId')
}

/** When the payment completed; its event may not have its position yet. */
async function arrivedAt(client: SqlClient, { id, updatedAt }: Payment): Promise<Date> {
  const { rows } = await client.query<{ at: Date }>(
    `select at from payment_events where payment_id = $1 and status = 'COMPLETED'
     union all select at from payment_event_queue where payment_id = $1 and status = 'COMPLETED'`,
    [id],
  )
  return rows[0]?.at ?? updatedAt
}
