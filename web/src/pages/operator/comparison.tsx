import { Status } from '../../ui/status.tsx'
import { type Column, Table } from '../../ui/table.tsx'
import { Money } from '../../ui/values.tsx'
import { OUTCOME } from '../../ui/words.ts'

interface Change {
  readonly before: string
  readonly after: string
  readonly count: number
  readonly volume: readonly { readonly amount: string; readonly currency: string }[]
}

export interface Report {
  readonly evaluated: number
  readonly changed: number
  readonly changes: readonly Change[]
}

/** What one version decided against what was decided. */
export function Comparison({ report, none }: { report: Report; none: string }) {
  const { evaluated, changed, changes } = report
  if (evaluated === 0) return <p className="notice">{none}</p>
  return (
    <div className="stack tight">
      <p className={changed === 0 ? 'notice good' : 'notice'}>
        {changed === 0
          ? `Of ${evaluated} payments it would have decided each the same.`
          : `Of ${evaluated} payments it would have decided ${changed} otherwise.`}
      </p>
      {changes.length > 0 && (
        <Table
          caption="Decisions that change"
          columns={COLUMNS}
          rows={changes}
          keyOf={({ before, after }) => `${before} ${after}`}
        />
      )}
    </div>
  )
}

const COLUMNS: readonly Column<Change>[] = [
  { head: 'Was', cell: ({ before }) => <Status words={OUTCOME} state={before} /> },
  { head: 'Would be', cell: ({ after }) => <Status words={OUTCOME} state={after} /> },
  { head: 'Payments', end: true, cell: ({ count }) => <span className="numeric">{count}</span> },
  {
    head: 'Worth',
    end: true,
    cell: ({ volume }) => volume.map((money) => <Money key={money.currency} value={money} />),
  },
]
