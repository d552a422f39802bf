import { Link } from 'wouter'
import { useMay } from '../../session/context.tsx'
import { type Column, Table } from '../../ui/table.tsx'
import { Badge, Money } from '../../ui/values.tsx'
import { plainWords } from '../../ui/words.ts'
import type { PaymentData } from './payment.tsx'

type Transfer = NonNullable<PaymentData['transfers']>[number]

/** What the books call their accounts, in words. */
const ACCOUNTS: readonly (readonly [RegExp, string])[] = [
  [/^customer\.wallet$/, 'Wallet'],
  [/^fx\.position$/, 'Currency exchange'],
  [/^income\.fees$/, 'Fees'],
  [/^settlement\./, 'Bank or card provider'],
  [/^suspense\./, 'To be clarified'],
]
const accountName = (code: string): string => ACCOUNTS.find(([pattern]) => pattern.test(code))?.[1] ?? code

/** The movements in the books that the payment made, exactly. */
export function EntriesSection({ transfers }: { transfers: readonly Transfer[] }) {
  const mayAudit = useMay('ledger:audit')
  if (transfers.length === 0) return null
  const columns: readonly Column<Transfer>[] = [
    { head: 'From', cell: ({ debitAccountCode }) => accountName(debitAccountCode) },
    { head: 'To', cell: ({ creditAccountCode }) => accountName(creditAccountCode) },
    {
      head: 'State',
      cell: ({ state }) => <Badge tone={state === 'POSTED' ? 'good' : 'neutral'}>{plainWords(state)}</Badge>,
    },
    { head: 'Amount', end: true, cell: ({ amount }) => <Money value={amount} /> },
    ...(mayAudit
      ? [{ head: 'Proof', cell: ({ id }: Transfer) => <Link href={`/audit/transfers/${id}`}>Check</Link> }]
      : []),
  ]
  return (
    <section className="stack section" aria-labelledby="entries">
      <h2 id="entries">In the books</h2>
      <Table caption="Movements in the books" columns={columns} rows={transfers} keyOf={({ id }) => id} />
    </section>
  )
}
