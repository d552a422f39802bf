import { useQuery } from 'urql'
import { graphql, type ResultOf } from '../../api/graphql.ts'
import { useMay } from '../../session/context.tsx'
import { Empty, PageHead, Waiting } from '../../ui/states.tsx'
import { Status } from '../../ui/status.tsx'
import { Table } from '../../ui/table.tsx'
import { Badge, DateTime } from '../../ui/values.tsx'
import { plainWords } from '../../ui/words.ts'
import { Backtest } from './backtest.tsx'
import { Comparison } from './comparison.tsx'
import { LifeCycle } from './life-cycle.tsx'
import { expressionsOf, type ModelTable, tablesOf } from './rule-model.ts'
import { RULE_SET_STATUS } from './rule-set-words.ts'

const RULE_SET = graphql(`
  query RuleSet($name: String!, $version: Int!) {
    ruleSet(name: $name, version: $version) {
      name
      version
      status
      shadow
      proposedBy
      description
      model
      createdAt
      createdBy
      changes { action actor at }
      shadowReport { evaluated changed changes { before after count volume { amount currency } } }
    }
  }
`)

export type RuleSet = NonNullable<ResultOf<typeof RULE_SET>['ruleSet']>

/** One version of a rule set: its tables, how it did as a shadow, and what it would have done. */
export default function RuleSetPage({ name = '', version = '' }: { name?: string; version?: string }) {
  const [{ data, error }, reload] = useQuery({ query: RULE_SET, variables: { name, version: Number(version) || 0 } })
  const mayWrite = useMay('rules:write')
  const again = (): void => reload({ requestPolicy: 'network-only' })
  const ruleSet = data?.ruleSet
  if (!ruleSet) {
    return (
      <>
        <PageHead title="Rule set" />
        <Waiting error={error} hasData={data !== undefined} onRetry={again} />
        {data && <Empty title="There is no such rule set." />}
      </>
    )
  }
  return (
    <>
      <PageHead
        title={`${plainWords(ruleSet.name)}, version ${ruleSet.version}`}
        lead={
          <span className="row">
            <Status words={RULE_SET_STATUS} state={ruleSet.status} />
            {ruleSet.shadow && <Badge tone="info">Shadow</Badge>}
            {ruleSet.description}
          </span>
        }
      />
      {mayWrite && <LifeCycle ruleSet={ruleSet} onChange={again} />}
      {tablesOf(ruleSet.model).map((table) => (
        <DecisionTable key={table.id} table={table} />
      ))}
      <Expressions ruleSet={ruleSet} />
      <section className="stack section" aria-labelledby="shadow">
        <h2 id="shadow">As a shadow</h2>
        <p className="quiet">What this version decided beside the active one, with no effect.</p>
        <Comparison report={ruleSet.shadowReport} none="It has not run as a shadow yet." />
      </section>
      {mayWrite && <Backtest ruleSet={ruleSet} />}
      <History ruleSet={ruleSet} />
    </>
  )
}

function DecisionTable({ table: { id, name, takes, columns, rows } }: { table: ModelTable }) {
  return (
    <section className="stack section" aria-labelledby={`table-${id}`}>
      <h2 id={`table-${id}`}>{name}</h2>
      <p className="quiet">Takes {takes}.</p>
      <Table
        caption={name}
        columns={columns.map((column) => ({
          head: column.name,
          cell: ({ cells }: ModelTable['rows'][number]) =>
            column.isInput ? <code>{cells[column.id] ?? 'any'}</code> : <span>{cells[column.id] ?? ''}</span>,
        }))}
        rows={rows}
        keyOf={(row) => row.id}
      />
    </section>
  )
}

function Expressions({ ruleSet }: { ruleSet: RuleSet }) {
  return expressionsOf(ruleSet.model).map(({ id, name, expressions }) => (
    <section key={id} className="stack section" aria-labelledby={`expressions-${id}`}>
      <h2 id={`expressions-${id}`}>{name}</h2>
      <Table
        caption={name}
        columns={[
          { head: 'Field', cell: ({ key }) => key },
          { head: 'Is', cell: ({ value }) => <code>{value}</code> },
        ]}
        rows={expressions}
        keyOf={({ key }) => key}
      />
    </section>
  ))
}

function History({ ruleSet: { changes } }: { ruleSet: RuleSet }) {
  return (
    <section className="stack section" aria-labelledby="history">
      <h2 id="history">What happened to it</h2>
      <Table
        caption="History of this version, newest first"
        columns={[
          { head: 'What', cell: ({ action }) => plainWords(action) },
          { head: 'When', cell: ({ at }) => <DateTime at={at} /> },
          { head: 'By', cell: ({ actor }) => <span className="mono small">{actor}</span> },
        ]}
        rows={changes}
        keyOf={({ action, at }) => `${action} ${at}`}
      />
    </section>
  )
}
