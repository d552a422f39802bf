import { useQuery } from 'urql'
import { Link } from 'wouter'
import { graphql, type ResultOf } from '../../api/graphql.ts'
import { Empty, PageHead, Waiting } from '../../ui/states.tsx'
import { Status } from '../../ui/status.tsx'
import { type Column, Table } from '../../ui/table.tsx'
import { Badge, DateTime } from '../../ui/values.tsx'
import { plainWords } from '../../ui/words.ts'
import { DryRun } from './dry-run.tsx'
import { RULE_SET_STATUS } from './rule-set-words.ts'

const RULE_SETS = graphql(`
  query RuleSets {
    ruleSets { name version status shadow description createdAt }
  }
`)

type RuleSet = ResultOf<typeof RULE_SETS>['ruleSets'][number]

/** Every version of the rules, and a payment to try them on. */
export default function RuleSetsPage() {
  const [{ data, error }, reload] = useQuery({ query: RULE_SETS })
  const rows = data?.ruleSets ?? []
  return (
    <>
      <PageHead title="Rules" lead="What decides whether a payment passes, waits for a person, or is declined." />
      <Waiting error={error} hasData={data !== undefined} onRetry={reload} />
      {data && rows.length === 0 && <Empty title="There are no rules yet." />}
      {rows.length > 0 && (
        <Table caption="Rule sets" columns={COLUMNS} rows={rows} keyOf={({ name, version }) => `${name} ${version}`} />
      )}
      <DryRun />
    </>
  )
}

const COLUMNS: readonly Column<RuleSet>[] = [
  {
    head: 'Rule set',
    cell: ({ name, version, description }) => (
      <div>
        <Link href={`/rules/${name}/${version}`}>
          {plainWords(name)}, version {version}
        </Link>
        {description && <p className="small quiet">{description}</p>}
      </div>
    ),
  },
  {
    head: 'State',
    cell: ({ status, shadow }) => (
      <span className="row">
        <Status words={RULE_SET_STATUS} state={status} />
        {shadow && <Badge tone="info">Shadow</Badge>}
      </span>
    ),
  },
  { head: 'Saved', cell: ({ createdAt }) => <DateTime at={createdAt} /> },
]
