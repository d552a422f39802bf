import {
  accept,
  type Clock,
  inTransaction,
  type Logger,
  type Pool,
  type Result,
  refuse,
  type SqlClient,
  uuidv5,
  type Wakeups,
} from '@corridor/platform'
import { expectedOf, hear, hearOfRefund, type ItemKind, type SuspensePosting } from '../domain/provider-word.ts'
import { givenBack, type Refund } from '../domain/refund.ts'
import type { CallbackReader, CallbackRequest, Told as ToldByCallback } from '../providers/callback-reader.ts'
import { isAskedItem } from './asked-items.ts'
import { DUE_CHANNEL, ITEMS_CHANNEL, WITH_PROVIDER_CHANNEL } from './channels.ts'
import { lockPayment, readPayments } from './payment-store.ts'
import { openItem } from './reconciliation-store.ts'
import { insertRefund, lockRefund, readRefunds, settleRefund } from './refund-store.ts'

export interface CallbackDeps {
  readonly pool: Pool
  readonly clock: Clock
  readonly wakeups: Wakeups
  readonly logger: Logger
  /** By the provider's name. */
  readonly readers: Readonly<Record<string, CallbackReader>>
}

interface Told extends ToldByCallback {
  readonly provider: string
}

const EVENT_NAMESPACE = '2a7f5c0e-55b1-5f2d-8a3c-9d7e61f0b442'
const RETURN_REASON = 'The money came back.'

/**
 * Takes a provider's word for what became of a payment: signature checked, kept once under the provider's id of the
 * event, answered after the commit. The processor then moves the money. What no payment expects opens an item.
 */
export async function takeCallback(
  deps: CallbackDeps,
  provider: string,
  request: CallbackRequest,
): Promise<Result<null>> {
  const { pool, clock, wakeups, logger, readers } = deps
  const reader = Object.hasOwn(readers, provider) ? readers[provider] : undefined
  if (reader === undefined) return refuse('NOT_FOUND')
  const callback = await reader(request)
  if (callback.read === 'unsigned') return refuse('SIGNATURE_INVALID')
  if (callback.read === 'malformed') {
    return refuse('BAD_USER_INPUT', 'The callback names no payment, outcome and amount.')
  }
  if (callback.read === 'nothing') return accept(null)
  const { told } = callback
  const word = { ...told, provider }
  const taken = await inTransaction(pool, (client) => take(client, word, clock.now()))
  if (taken === 'UNKNOWN') {
    logger.error({ provider, payment: told.subjectId }, 'a provider spoke of a payment that is not ours')
    return refuse('NOT_FOUND')
  }
  if (taken === 'OPENED') {
    logger.error({ provider, payment: told.subjectId, word: told.word }, 'a provider said what no payment expects')
  }
  for (const channel of [DUE_CHANNEL, WITH_PROVIDER_CHANNEL]) wakeups.wake(channel)
  if (taken === 'OPENED') wakeups.wake(ITEMS_CHANNEL)
  return taken === 'REFUSED' ? refuse('BAD_USER_INPUT', 'This cannot be said of such a payment.') : accept(null)
}

type Taken = 'TAKEN' | 'OPENED' | 'UNKNOWN' | 'REFUSED'

async function take(client: SqlClient, told: Told, now: Date): Promise<Taken> {
  const payment = await lockPayment(client, told.subjectId)
  if (!payment) return await takeOfRefund(client, told, now)
  if (payment.provider !== told.provider) return 'UNKNOWN'
  const refunds = told.word === 'RETURNED' ? await readRefunds(client, [payment.id]) : new Map<string, Refund[]>()
  const returnedMinor = givenBack(refunds.get(payment.id) ?? [])
  const heard = hear({ ...payment, expectedMinor: expectedOf(payment), returnedMinor }, told)
  if (heard.do === 'refuse') return 'REFUSED'
  if (!(await isNew(client, told, now))) return 'TAKEN'
  switch (heard.do) {
    case 'nothing':
      return 'TAKEN'
    case 'settle':
      await client.query(
        `update payments set provider_outcome = $2, due_at = case when status = 'AUTHORIZED' then $3 else due_at end
         where id = $1`,
        [payment.id, heard.outcome, now],
      )
      return 'TAKEN'
    case 'return': {
      const { id: paymentId, leasedWalletId } = payment
      const refund = { id: idOf(told), paymentId, leasedWalletId, reason: RETURN_REASON }
      const asked = { source: 'PROVIDER', requestedBy: null, amountMinor: told.amountMinor } as const
      await insertRefund(client, { ...refund, ...asked }, now)
      return 'TAKEN'
    }
    case 'open':
      return await open(client, told, { ...heard, paymentId: payment.id, now })
  }
}

/** What a provider says of a refund that goes through it. */
async function takeOfRefund(client: SqlClient, told: Told, now: Date): Promise<Taken> {
  const refund = await lockRefund(client, told.subjectId)
  if (refund === null) return 'UNKNOWN'
  const payment = (await readPayments(client, [refund.paymentId])).get(refund.paymentId)
  if (payment?.provider !== told.provider) return 'UNKNOWN'
  const heard = hearOfRefund({ ...refund, payment }, told)
  if (heard.do === 'refuse') return 'REFUSED'
  if (!(await isNew(client, told, now))) return 'TAKEN'
  if (heard.do === 'open') return await open(client, told, { ...heard, paymentId: payment.id, now })
  if (heard.do === 'settle') await settleRefund(client, refund.id, heard.outcome, now)
  return 'TAKEN'
}

/** Opens an item for somebody to look into, with the posting that it makes. */
async function open(
  client: SqlClient,
  told: Told,
  heard: { kind: ItemKind; posting: SuspensePosting | null; paymentId: string; now: Date },
): Promise<Taken> {
  const { debitCode = null, creditCode = null } = heard.posting ?? {}
  const { provider, amountMinor, currency } = told
  const { kind, paymentId, now: openedAt } = heard
  const money = { amountMinor, currency, debitCode, creditCode }
  if (debitCode !== null && (await isAskedItem(client, { ...told, debitCode }))) return 'TAKEN'
  await openItem(client, { id: idOf(told), kind, provider, paymentId, ...money, openedAt })
  return 'OPENED'
}

const idOf = ({ provider, eventId }: Told): string => uuidv5(`${provider}\n${eventId}`, EVENT_NAMESPACE)

/** Keeps the provider's id of an event; false when it was kept before. */
async function isNew(client: SqlClient, told: Told, now: Date): Promise<boolean> {
  const { rowCount } = await client.query(
    `insert into provider_callbacks (provider, event_id, payment_id, outcome, received_at) values ($1, $2, $3, $4, $5)
     on conflict do nothing`,
    [told.provider, told.eventId, told.subjectId, told.word, now],
  )
  return rowCount === 1
}
