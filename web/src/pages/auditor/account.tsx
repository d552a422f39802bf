import { useMemo } from 'react'
import { useQuery } from 'urql'
import { Link } from 'wouter'
import { graphql, type ResultOf } from '../../api/graphql.ts'
import { usePages } from '../../api/use-pages.ts'
import { Empty, PageHead, Waiting } from '../../ui/states.tsx'
import { Status } from '../../ui/status.tsx'
import { type Column, More, Table } from '../../ui/table.tsx'
import { DateTime, Money } from '../../ui/values.tsx'
import { accountName } from './account-name.ts'
import { ACCOUNT_STATUS } from './account-status.ts'

const ACCOUNT = graphql(`
  query Account($id: ID!) {
    account(id: $id) {
      id
      code
      status
      posted { amount currency }
      held { amount currency }
      available { amount currency }
    }
  }
`)

const ENTRIES = graphql(`
  query AccountEntries($id: ID!, $after: String) {
    account(id: $id) {
      id
      entries(first: 25, after: $after) {
        edges {
          node {
            sequence
            direction
            at
            amount { amount currency }
            balanceAfter { amount currency }
            transfer { id debitAccountCode creditAccountCode }
          }
        }
        pageInfo { hasNextPage endCursor }
      }
    }
  }
`)

type Entries = NonNullable<NonNullable<ResultOf<typeof ENTRIES>['account']>['entries']>
type Entry = Entries['edges'][number]['node']
const connectionOf = ({ account }: ResultOf<typeof ENTRIES>): Entries | null => account?.entries ?? null

export default function AccountPage({ id = '' }: { id?: string }) {
  const [{ data, error }, reload] = useQuery({ query: ACCOUNT, variables: { id } })
  const account = data?.account
  if (!account) {
    return (
      <>
        <PageHead title="Account" />
        <Waiting error={error} hasData={data !== undefined} onRetry={reload} />
        {data && <Empty title="There is no such account." />}
      </>
    )
  }
  return (
    <>
      <PageHead title={accountName(account.code)} lead={<span className="mono">{account.id}</span>} />
      <div className="stack">
        <dl className="card facts">
          <dt>State</dt>
          <dd>
            <Status words={ACCOUNT_STATUS} state={account.status} />
          </dd>
          <dt>Balance</dt>
          <dd>
            <Money value={account.posted} strong />
          </dd>
          <dt>On hold</dt>
          <dd>
            <Money value={account.held} />
          </dd>
          <dt>Available</dt>
          <dd>
            <Money value={account.available} />
          </dd>
        </dl>
        <EntriesOf id={account.id} />
      </div>
    </>
  )
}

function EntriesOf({ id }: { id: string }) {
  const variables = useMemo(() => ({ id, after: null }), [id])
  const { rows, error, hasMore, busy, more, reload } = usePages({ query: ENTRIES, variables, connectionOf })
  return (
    <section className="stack section" aria-labelledby="entries">
      <h2 id="entries">Entries</h2>
      <Waiting error={error} hasData={rows !== undefined} onRetry={reload} />
      {rows?.length === 0 && <Empty title="Nothing was ever posted on this account." />}
      {rows && rows.length > 0 && (
        <Table caption="Entries, newest first" columns={COLUMNS} rows={rows} keyOf={({ sequence }) => sequence} />
      )}
      <More hasMore={hasMore} busy={busy} onMore={more} />
    </section>
  )
}

const COLUMNS: readonly Column<Entry>[] = [
  {
    head: 'Movement',
    cell: ({ transfer }) => (
      <Link href={`/audit/transfers/${transfer.id}`}>
        {accountName(transfer.debitAccountCode)} to {accountName(transfer.creditAccountCode)}
      </Link>
    ),
  },
  { head: 'When', cell: ({ at }) => <DateTime at={at} /> },
  { head: 'Debit', end: true, cell: (entry) => entry.direction === 'DEBIT' && <Money value={entry.amount} /> },
  { head: 'Credit', end: true, cell: (entry) => entry.direction === 'CREDIT' && <Money value={entry.amount} /> },
  { head: 'Balance after', end: true, cell: ({ balanceAfter }) => <Money value={balanceAfter} /> },
]
