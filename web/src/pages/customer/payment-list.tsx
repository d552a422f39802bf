import { useEffect, useMemo } from 'react'
import { Link } from 'wouter'
import { graphql, type ResultOf, type VariablesOf } from '../../api/graphql.ts'
import { usePages } from '../../api/use-pages.ts'
import { useServices } from '../../session/context.tsx'
import { useEvents } from '../../session/use-events.ts'
import { useReconnected } from '../../session/use-reconnected.ts'
import { Empty, Waiting } from '../../ui/states.tsx'
import { Status } from '../../ui/status.tsx'
import { type Column, More, Table } from '../../ui/table.tsx'
import { DateTime, Money } from '../../ui/values.tsx'
import { PAYMENT_KIND, PAYMENT_STATUS } from '../../ui/words.ts'

const PAYMENTS = graphql(`
  query Payments($filter: PaymentFilter, $after: String) {
    payments(filter: $filter, first: 20, after: $after) {
      edges {
        node {
          id
          kind
          status
          createdAt
          reference
          payer { id displayName }
          payee { id displayName }
          beneficiary { id name }
          from { id name }
          to { id name }
          debit { amount currency }
          credit { amount currency }
        }
      }
      pageInfo { hasNextPage endCursor }
    }
  }
`)

/** What becomes of all of the caller's payments from now on. */
const MY_PAYMENTS_CHANGED = graphql(`
  subscription MyPaymentsChanged($after: String) {
    paymentStatusChanged(after: $after) {
      cursor
      status
      payment { id }
    }
  }
`)

export type PaymentFilter = NonNullable<VariablesOf<typeof PAYMENTS>['filter']>
type Payment = ResultOf<typeof PAYMENTS>['payments']['edges'][number]['node']

const connectionOf = ({ payments }: ResultOf<typeof PAYMENTS>): ResultOf<typeof PAYMENTS>['payments'] => payments

/** The payments that the filter lets through, newest first, each with its state of this moment. */
export function PaymentList({ filter, empty }: { filter: PaymentFilter; empty: string }) {
  const variables = useMemo(() => ({ filter, after: null }), [filter])
  const { rows, error, hasMore, busy, more, reload } = usePages({ query: PAYMENTS, variables, connectionOf })
  const states = useLiveStates()
  useReconnected(reload) // A loss before the first event leaves no cursor to go on behind.
  const unread = [...states].filter(([id]) => !isReadInFull(rows?.find((row) => row.id === id))).join()
  // Each is looked for once per state; it may be one that the filter keeps out.
  useEffect(() => {
    if (unread !== '') reload()
  }, [unread, reload])

  if (rows === undefined) return <Waiting error={error} hasData={false} onRetry={reload} />
  if (rows.length === 0) return <Empty title={empty} />
  const shown = rows.map((row) => ({ ...row, status: states.get(row.id) ?? row.status }))
  return (
    <>
      <Table caption="Payments, newest first" columns={COLUMNS} rows={shown} keyOf={({ id }) => id} compact />
      <More hasMore={hasMore} busy={busy} onMore={more} />
    </>
  )
}

/** Amounts come with a later state than the payment itself. */
const isReadInFull = (row: Payment | undefined): boolean => row !== undefined && (row.debit ?? row.credit) !== null

type States = ReadonlyMap<string, Payment['status']>

const NO_STATES: States = new Map()

function useLiveStates(): States {
  return useEvents({
    query: MY_PAYMENTS_CHANGED,
    variables: { after: null },
    initial: NO_STATES,
    fold: (before, { paymentStatusChanged: event }): States => new Map(before).set(event.payment.id, event.status),
  }).state
}

const COLUMNS: readonly Column<Payment>[] = [
  { head: 'Payment', cell: (row) => <Link href={`/payments/${row.id}`}>{<Title payment={row} />}</Link> },
  { head: 'When', cell: ({ createdAt }) => <DateTime at={createdAt} /> },
  { head: 'State', cell: ({ status }) => <Status words={PAYMENT_STATUS} state={status} /> },
  { head: 'Amount', end: true, cell: (row) => <SignedAmount payment={row} /> },
]

/** Who it came from or goes to, as the caller sees it. */
function Title({ payment }: { payment: Payment }) {
  const me = useServices().session.signedIn?.userId
  const { kind, payer, payee, beneficiary, from, to } = payment
  if (kind === 'DEPOSIT') return <>{`Deposit to ${to?.name ?? 'your wallet'}`}</>
  if (kind === 'WITHDRAWAL') return <>{`Withdrawal from ${from?.name ?? 'your wallet'}`}</>
  if (payer?.id === me && payee?.id === me) return <>{`${from?.name ?? 'Wallet'} to ${to?.name ?? 'wallet'}`}</>
  if (payer?.id === me) return <>{`To ${beneficiary?.name ?? payee?.displayName ?? 'a recipient'}`}</>
  if (payee?.id === me) return <>{`From ${payer?.displayName ?? 'a sender'}`}</>
  return (
    <>{`${PAYMENT_KIND[kind] ?? kind}: ${payer?.displayName ?? 'someone'} to ${payee?.displayName ?? 'someone'}`}</>
  )
}

/** What it took from the caller or gave him. */
function SignedAmount({ payment: { kind, payer, debit, credit } }: { payment: Payment }) {
  const me = useServices().session.signedIn?.userId
  const isOut = payer?.id === me && kind !== 'DEPOSIT'
  const amount = isOut ? debit : credit
  if (!amount) return <span className="quiet">Not priced yet</span>
  return (
    <span className={isOut ? 'numeric' : 'numeric incoming'}>
      {isOut ? '−' : '+'}
      <Money value={amount} />
    </span>
  )
}
