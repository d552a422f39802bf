import { inTransaction, type Pool, type SqlClient, uuidv5 } from '@corridor/platform'
import { lockPayment } from './payment-store.ts'
import { hasOtherAmount, openItem, type ReconciliationItem } from './reconciliation-store.ts'
import { lockRefund } from './refund-store.ts'

/** Another amount than was to be moved for a payment or refund, as its provider says when it is asked. */
export interface OtherAmount extends Omit<ReconciliationItem, 'id' | 'kind' | 'debitCode' | 'creditCode'> {
  /** The payment, or the refund of it. */
  readonly subjectId: string
  readonly debitCode: string
  readonly creditCode: string
}

const itemIdOf = (subjectId: string): string => uuidv5('asked', subjectId)

/** Opens an item for it, unless its provider has said so by itself: the subject is locked, as it is by whoever hears that. */
export async function openAskedItem(pool: Pool, { subjectId, ...other }: OtherAmount): Promise<void> {
  await inTransaction(pool, async (client) => {
    if ((await lockPayment(client, subjectId)) === null) await lockRefund(client, subjectId)
    if (await hasOtherAmount(client, other.paymentId, other)) return
    await openItem(client, { ...other, id: itemIdOf(subjectId), kind: 'OTHER_AMOUNT' })
  })
}

/** Whether a provider has answered the same before, and an item was opened for it. */
export async function isAskedItem(
  client: SqlClient,
  {
    subjectId,
    amountMinor,
    currency,
    debitCode,
  }: Pick<OtherAmount, 'subjectId' | 'amountMinor' | 'currency' | 'debitCode'>,
): Promise<boolean> {
  const { rowCount } = await client.query(
    `select 1 from reconciliation_items where id = $1 and amount_minor = $2 and currency = $3 and debit_code = $4`,
    [itemIdOf(subjectId), amountMinor, currency, debitCode],
  )
  return rowCount === 1
}
