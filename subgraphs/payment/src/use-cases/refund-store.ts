import type { SqlClient } from '@corridor/platform'
import type { ProviderOutcome } from '../domain/payment.ts'
import type { Refund } from '../domain/refund.ts'
import { jsonRows } from './json-rows.ts'
import type { Errand } from './payment-store.ts'

const COLUMNS = `id, number, payment_id as "paymentId", source, requested_by as "requestedBy",
  leased_wallet_id as "leasedWalletId", amount_minor as "amountMinor", returned_minor as "returnedMinor", status, reason,
  transfer_ids as "transferIds", provider_started_at as "providerStartedAt", provider_outcome as "providerOutcome",
  failure_code as "failureCode", attempts, due_at as "dueAt", created_at as "createdAt"`

/** What refunds before it came to decides what a refund returns. */
export const FIRST_OF_PAYMENT = `not exists (
  select 1 from refunds e where e.payment_id = r.payment_id and e.number < r.number and e.status = 'PENDING')`

export type NewRefund = Pick<
  Refund,
  'id' | 'paymentId' | 'source' | 'requestedBy' | 'leasedWalletId' | 'amountMinor' | 'reason'
>

/** Writes a refund, due at once; one that is there already stays as it is. */
export async function insertRefund(client: SqlClient, refund: NewRefund, now: Date): Promise<void> {
  await client.query(
    `insert into refunds (id, payment_id, source, requested_by, leased_wallet_id, amount_minor, reason, due_at, created_at,
       updated_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $8, $8) on conflict (id) do nothing`,
    [
      refund.id,
      refund.paymentId,
      refund.source,
      refund.requestedBy,
      refund.leasedWalletId,
      refund.amountMinor,
      refund.reason,
      now,
    ],
  )
}

/** A refund, locked until the transaction ends; null where there is none. */
export async function lockRefund(client: SqlClient, id: string): Promise<Refund | null> {
  const { rows } = await client.query<Refund & { id: string }>({
    name: 'payment-refund-lock',
    text: `select ${COLUMNS} from refunds where id = $1 for no key update`,
    values: [id],
  })
  return rows[0] ?? null
}

/** Writes a refund's outcome, which was not known, for the processor to carry out. */
export async function settleRefund(client: SqlClient, id: string, outcome: ProviderOutcome, now: Date): Promise<void> {
  await client.query(`update refunds set provider_outcome = $2, due_at = $3 where id = $1 and status = 'PENDING'`, [
    id,
    outcome,
    now,
  ])
}

/** The refunds of payments, in order. */
export async function readRefunds(client: SqlClient, paymentIds: readonly string[]): Promise<Map<string, Refund[]>> {
  if (paymentIds.length === 0) return new Map()
  const { rows } = await client.query<Refund & { id: string }>({
    name: 'payment-refunds',
    text: `select ${COLUMNS} from refunds where payment_id = any($1::uuid[]) order by number`,
    values: [paymentIds],
  })
  return Map.groupBy(rows, ({ paymentId }) => paymentId)
}

/** Which refunds an errand is for, as SQL: deposits are given back through their providers. */
export const REFUNDS_OF: Readonly<Record<Errand, string>> = {
  IN_HOUSE: `not exists (select 1 from payments p where p.id = r.payment_id and p.kind = 'DEPOSIT')`,
  WITH_PROVIDER: `exists (select 1 from payments p where p.id = r.payment_id and p.kind = 'DEPOSIT')`,
}

/** The refunds of these wallets that have something due, in order: of one payment each behind those before it. */
export async function readDueRefunds(
  client: SqlClient,
  { errand, walletIds, now, limit }: { errand: Errand; walletIds: readonly string[]; now: Date; limit: number },
): Promise<Refund[]> {
  if (walletIds.length === 0) return []
  const { rows } = await client.query<Refund & { id: string }>({
    name: `payment-refunds-due-${errand}`,
    text: `select ${COLUMNS} from refunds r where leased_wallet_id = any($1::uuid[]) and due_at <= $2 and ${FIRST_OF_PAYMENT}
             and ${REFUNDS_OF[errand]}
           order by number limit $3`,
    values: [walletIds, now, limit],
  })
  return rows
}

const CHANGED = jsonRows({
  id: 'uuid',
  status: 'text',
  returnedMinor: 'bigint',
  transferIds: 'uuid[]',
  providerStartedAt: 'timestamptz',
  providerOutcome: 'text',
  failureCode: 'text',
  attempts: 'integer',
  dueAt: 'timestamptz',
})

/** Writes refunds as the processor leaves them; a callback that came meanwhile keeps them due. */
export async function writeRefunds(client: SqlClient, refunds: readonly Refund[], now: Date): Promise<void> {
  if (refunds.length === 0) return
  await client.query({
    name: 'payment-refunds-write',
    text: `update refunds r set status = c.status, returned_minor = c."returnedMinor", transfer_ids = c."transferIds",
             provider_started_at = c."providerStartedAt", provider_outcome = coalesce(r.provider_outcome, c."providerOutcome"),
             failure_code = c."failureCode", attempts = c.attempts, updated_at = $2,
             due_at = case when r.provider_outcome is not null and c."providerOutcome" is null then r.due_at else c."dueAt" end
           from ${CHANGED.recordset('c')}
           where r.id = c.id and r.status = 'PENDING'`,
    values: [CHANGED.toJson(refunds), now],
  })
}
