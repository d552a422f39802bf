import { useMemo } from 'react'
import { useSearchParams } from 'wouter'
import { graphql, type ResultOf } from '../../api/graphql.ts'
import { usePages } from '../../api/use-pages.ts'
import { TextField } from '../../ui/fields.tsx'
import { Empty, PageHead, Waiting } from '../../ui/states.tsx'
import { type Column, More, Table } from '../../ui/table.tsx'
import { DateTime } from '../../ui/values.tsx'

const ACCESS_LOG = graphql(`
  query AccessLog($subject: ID, $actor: ID, $after: String) {
    auditLog(subject: $subject, actor: $actor, first: 50, after: $after) {
      edges { node { id actor subject action fields at } }
      pageInfo { hasNextPage endCursor }
    }
  }
`)

type Log = ResultOf<typeof ACCESS_LOG>['auditLog']
const connectionOf = ({ auditLog }: ResultOf<typeof ACCESS_LOG>): Log => auditLog

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
const idOrNull = (text: string | null): string | null => (text !== null && UUID.test(text.trim()) ? text.trim() : null)

/** Who read or changed what of whom. */
export default function AccessLogPage() {
  const [params, setParams] = useSearchParams()
  const subject = idOrNull(params.get('subject'))
  const actor = idOrNull(params.get('actor'))
  const variables = useMemo(() => ({ subject, actor, after: null }), [subject, actor])
  const { rows, error, hasMore, busy, more, reload } = usePages({ query: ACCESS_LOG, variables, connectionOf })
  const field = (name: 'subject' | 'actor') => ({
    value: params.get(name) ?? '',
    autoComplete: 'off',
    problem: params.get(name) && !idOrNull(params.get(name)) ? 'This is no id of a person.' : null,
    onChange: (event: { target: { value: string } }) =>
      setParams(
        (before) => {
          const after = new URLSearchParams(before)
          if (event.target.value === '') after.delete(name)
          else after.set(name, event.target.value)
          return after
        },
        { replace: true },
      ),
  })
  return (
    <>
      <PageHead title="Access log" lead="Who read or changed personal data, and whose." />
      <div className="stack">
        <search className="card filters">
          <TextField label="About the person" {...field('subject')} />
          <TextField label="By the person" {...field('actor')} />
        </search>
        <Waiting error={error} hasData={rows !== undefined} onRetry={reload} />
        {rows?.length === 0 && <Empty title="Nothing was recorded that fits." />}
        {rows && rows.length > 0 && (
          <Table caption="Access log, newest first" columns={COLUMNS} rows={rows} keyOf={({ id }) => id} />
        )}
        <More hasMore={hasMore} busy={busy} onMore={more} />
      </div>
    </>
  )
}

const COLUMNS: readonly Column<Log['edges'][number]['node']>[] = [
  { head: 'When', cell: ({ at }) => <DateTime at={at} /> },
  { head: 'What', cell: ({ action }) => action },
  {
    head: 'Fields',
    cell: ({ fields }) => (fields.length === 0 ? <span className="quiet">None</span> : fields.join(', ')),
  },
  { head: 'By', cell: ({ actor }) => <span className="mono small">{actor}</span> },
  { head: 'About', cell: ({ subject }) => <span className="mono small">{subject}</span> },
]
