import { useMemo } from 'react'
import { graphql, type ResultOf } from '../../api/graphql.ts'
import { usePages } from '../../api/use-pages.ts'
import { Button } from '../../ui/button.tsx'
import { ProblemNotice, Waiting } from '../../ui/states.tsx'
import { Status } from '../../ui/status.tsx'
import { type Column, More, Table } from '../../ui/table.tsx'
import { useSay } from '../../ui/toasts.tsx'
import { useAction } from '../../ui/use-action.ts'
import { DateTime } from '../../ui/values.tsx'

const DELIVERIES = graphql(`
  query WebhookDeliveries($webhookId: ID!, $after: String) {
    webhookDeliveries(webhookId: $webhookId, first: 10, after: $after) {
      edges { node { id eventType status attempts lastError nextAttemptAt } }
      pageInfo { hasNextPage endCursor }
    }
  }
`)

const REPLAY = graphql(`
  mutation ReplayDelivery($id: ID!) {
    replayWebhookDelivery(id: $id) { id status }
  }
`)

type Data = ResultOf<typeof DELIVERIES>
type Delivery = Data['webhookDeliveries']['edges'][number]['node']

const STATES = {
  PENDING: { text: 'Waiting', tone: 'info' },
  DELIVERED: { text: 'Delivered', tone: 'good' },
  DEAD: { text: 'Given up', tone: 'bad' },
} as const

const connectionOf = ({ webhookDeliveries }: Data): Data['webhookDeliveries'] => webhookDeliveries

export function WebhookDeliveries({ webhookId }: { webhookId: string }) {
  const variables = useMemo(() => ({ webhookId, after: null }), [webhookId])
  const { rows, error, hasMore, busy, more, reload } = usePages({ query: DELIVERIES, variables, connectionOf })
  const replay = useAction(REPLAY)
  const say = useSay()
  const again = async (id: string): Promise<void> => {
    if (!(await replay.run({ id }))) return
    say('It will be sent again.')
    reload()
  }
  const columns: readonly Column<Delivery>[] = [
    { head: 'Event', cell: ({ eventType }) => <span className="mono">{eventType}</span> },
    { head: 'State', cell: ({ status }) => <Status words={STATES} state={status} /> },
    { head: 'Attempts', end: true, cell: ({ attempts }) => attempts },
    { head: 'Last error', cell: ({ lastError }) => lastError ?? '—' },
    {
      head: 'Next attempt',
      cell: ({ nextAttemptAt }) => (nextAttemptAt ? <DateTime at={nextAttemptAt} /> : '—'),
    },
    {
      head: 'Actions',
      end: true,
      cell: ({ id, status }) =>
        status !== 'PENDING' && (
          <Button kind="plain" busy={replay.busy} onClick={() => void again(id)}>
            Send again
          </Button>
        ),
    },
  ]
  if (rows === undefined) return <Waiting error={error} hasData={false} onRetry={reload} />
  if (rows.length === 0) return <p className="quiet">Nothing was sent to it yet.</p>
  return (
    <>
      {replay.problem && <ProblemNotice problem={replay.problem} />}
      <Table caption="Deliveries, newest first" columns={columns} rows={rows} keyOf={({ id }) => id} />
      <More hasMore={hasMore} busy={busy} onMore={more} />
    </>
  )
}
