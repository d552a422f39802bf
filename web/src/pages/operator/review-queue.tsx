import { useMemo } from 'react'
import { Link } from 'wouter'
import { graphql, type ResultOf } from '../../api/graphql.ts'
import { usePages } from '../../api/use-pages.ts'
import { Button } from '../../ui/button.tsx'
import { Empty, PageHead, Waiting } from '../../ui/states.tsx'
import { type Column, More, Table } from '../../ui/table.tsx'
import { DateTime, Money } from '../../ui/values.tsx'

const REVIEW_QUEUE = graphql(`
  query ReviewQueue($after: String) {
    payments(filter: { reviewQueue: true }, first: 20, after: $after) {
      edges {
        node {
          id
          createdAt
          payer { id displayName }
          payee { id displayName }
          beneficiary { id name }
          debit { amount currency }
          decision { id riskScore reasons { code message } }
        }
      }
      pageInfo { hasNextPage endCursor }
    }
  }
`)

type Queue = ResultOf<typeof REVIEW_QUEUE>['payments']
type InReview = Queue['edges'][number]['node']
const connectionOf = ({ payments }: ResultOf<typeof REVIEW_QUEUE>): Queue => payments

/** What the rules want a person to look at, the oldest first. */
export default function ReviewQueue() {
  const variables = useMemo(() => ({ after: null }), [])
  const { rows, error, hasMore, busy, more, reload } = usePages({ query: REVIEW_QUEUE, variables, connectionOf })
  return (
    <>
      <PageHead
        title="Review queue"
        lead="Payments that wait for a person, the oldest first. After 72 hours they lapse."
      >
        <Button onClick={reload} busy={busy}>
          Refresh
        </Button>
      </PageHead>
      <Waiting error={error} hasData={rows !== undefined} onRetry={reload} />
      {rows?.length === 0 && (
        <Empty title="Nothing waits for you">
          <p>Payments that the rules send to review appear here.</p>
        </Empty>
      )}
      {rows && rows.length > 0 && (
        <Table caption="Payments in review" columns={COLUMNS} rows={rows} keyOf={({ id }) => id} />
      )}
      <More hasMore={hasMore} busy={busy} onMore={more} />
    </>
  )
}

const COLUMNS: readonly Column<InReview>[] = [
  {
    head: 'Payment',
    cell: ({ id, payer, payee, beneficiary }) => (
      <Link href={`/review/${id}`}>
        {payer?.displayName ?? 'A customer'} to {beneficiary?.name ?? payee?.displayName ?? 'a recipient'}
      </Link>
    ),
  },
  { head: 'Since', cell: ({ createdAt }) => <DateTime at={createdAt} /> },
  {
    head: 'Why',
    cell: ({ decision }) => (
      <ul>
        {(decision?.reasons ?? []).map(({ code, message }) => (
          <li key={code}>{message}</li>
        ))}
      </ul>
    ),
  },
  { head: 'Risk', end: true, cell: ({ decision }) => <span className="numeric">{decision?.riskScore ?? '–'}</span> },
  { head: 'Amount', end: true, cell: ({ debit }) => debit && <Money value={debit} strong /> },
]
