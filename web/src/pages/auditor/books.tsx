import { useState } from 'react'
import { useQuery } from 'urql'
import { graphql, type ResultOf } from '../../api/graphql.ts'
import { TextField } from '../../ui/fields.tsx'
import { browserLocale, formatDecimal } from '../../ui/format.ts'
import { PageHead, Waiting } from '../../ui/states.tsx'
import { type Column, Table } from '../../ui/table.tsx'
import { Badge, DateTime } from '../../ui/values.tsx'
import { plainWords } from '../../ui/words.ts'

const BOOKS = graphql(`
  query Books($at: DateTime) {
    trialBalance(at: $at) { currency debits credits balanced }
    ledgerInvariants { name description holds checkedAt rowsChecked detail }
    latestBlock { number size blockHash sealedAt }
  }
`)

type Books = ResultOf<typeof BOOKS>
type Line = Books['trialBalance'][number]
type Invariant = Books['ledgerInvariants'][number]

/** Whether debits and credits agree, and whether all that must hold of the books does. */
export default function BooksPage() {
  const [day, setDay] = useState('')
  const [{ data, error }, reload] = useQuery({ query: BOOKS, variables: { at: endOf(day) } })
  return (
    <>
      <PageHead title="Books" lead="Every debit has its credit. Here is the sum of all of them, and what is checked." />
      <div className="stack">
        <section className="stack section" aria-labelledby="trial-balance">
          <div className="row apart">
            <h2 id="trial-balance">Trial balance</h2>
            <TextField
              label="At the end of"
              type="date"
              value={day}
              onChange={(event) => setDay(event.target.value)}
              hint="Empty: now"
            />
          </div>
          <Waiting error={error} hasData={data !== undefined} onRetry={reload} />
          {data && (
            <Table
              caption="Trial balance"
              columns={LINES}
              rows={data.trialBalance}
              keyOf={({ currency }) => currency}
            />
          )}
        </section>
        {data && <Checks invariants={data.ledgerInvariants} />}
        {data?.latestBlock && <Head block={data.latestBlock} />}
      </div>
    </>
  )
}

/** The last instant of that day here; null for none. */
function endOf(day: string): string | null {
  const date = new Date(`${day}T23:59:59.999`)
  return Number.isNaN(date.getTime()) ? null : date.toISOString()
}

const number = (decimal: string): string => formatDecimal(decimal, browserLocale())

const LINES: readonly Column<Line>[] = [
  { head: 'Currency', cell: ({ currency }) => currency },
  { head: 'Debits', end: true, cell: ({ debits }) => <span className="numeric">{number(debits)}</span> },
  { head: 'Credits', end: true, cell: ({ credits }) => <span className="numeric">{number(credits)}</span> },
  {
    head: 'Balanced',
    cell: ({ balanced }) => <Badge tone={balanced ? 'good' : 'bad'}>{balanced ? 'Balanced' : 'Differs'}</Badge>,
  },
]

function Checks({ invariants }: { invariants: readonly Invariant[] }) {
  const broken = invariants.filter(({ holds }) => !holds).length
  return (
    <section className="stack section" aria-labelledby="checks">
      <h2 id="checks">What must always hold</h2>
      <p className={broken === 0 ? 'notice good' : 'notice bad'} role={broken === 0 ? undefined : 'alert'}>
        {broken === 0
          ? `All ${invariants.length} checks hold.`
          : `${broken} of ${invariants.length} checks do not hold.`}
      </p>
      <Table caption="Checks of the books" columns={CHECKS} rows={invariants} keyOf={({ name }) => name} />
    </section>
  )
}

const CHECKS: readonly Column<Invariant>[] = [
  {
    head: 'Check',
    cell: ({ name, description, detail }) => (
      <div>
        <strong>{plainWords(name)}</strong>
        <p className="small quiet">{description}</p>
        {detail && <p className="small">{detail}</p>}
      </div>
    ),
  },
  { head: 'Result', cell: ({ holds }) => <Badge tone={holds ? 'good' : 'bad'}>{holds ? 'Holds' : 'Broken'}</Badge> },
  { head: 'Rows', end: true, cell: ({ rowsChecked }) => <span className="numeric">{number(rowsChecked)}</span> },
  { head: 'Checked', cell: ({ checkedAt }) => <DateTime at={checkedAt} /> },
]

function Head({ block }: { block: NonNullable<Books['latestBlock']> }) {
  return (
    <section className="stack section" aria-labelledby="head">
      <h2 id="head">The newest sealed block</h2>
      <p className="quiet">
        Keep its hash somewhere else: with it you can prove later that nothing before it was changed.
      </p>
      <dl className="card facts">
        <dt>Block</dt>
        <dd className="numeric">{number(block.number)}</dd>
        <dt>Sealed</dt>
        <dd>
          <DateTime at={block.sealedAt} />
        </dd>
        <dt>Transfers in it</dt>
        <dd className="numeric">{block.size}</dd>
        <dt>Hash</dt>
        <dd className="mono">{block.blockHash}</dd>
      </dl>
    </section>
  )
}
