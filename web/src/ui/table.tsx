import type { ReactNode } from 'react'

export interface Column<T> {
  readonly head: string
  readonly cell: (row: T) => ReactNode
  /** Amounts stand at the end, so that their digits stand under each other. */
  readonly end?: boolean
}

/**
 * Rows under each other; on a narrow screen each row is a card with its labels, or, `compact` and of four columns that
 * speak for themselves, two lines.
 */
export function Table<T>({
  caption,
  columns,
  rows,
  keyOf,
  compact = false,
}: {
  caption: string
  columns: readonly Column<T>[]
  rows: readonly T[]
  keyOf: (row: T) => string
  compact?: boolean
}) {
  return (
    <div className="table-frame">
      <table className={compact ? 'table compact' : 'table'}>
        <caption className="visually-hidden">{caption}</caption>
        <thead>
          <tr>
            {columns.map(({ head, end }) => (
              <th key={head} scope="col" className={end ? 'end' : undefined}>
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={keyOf(row)}>
              {columns.map(({ head, cell, end }) => (
                <td key={head} data-label={head} className={end ? 'end' : undefined}>
                  {cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

/** Goes on behind the last row that is shown. */
export function More({ hasMore, busy, onMore }: { hasMore: boolean; busy: boolean; onMore: () => void }) {
  if (!hasMore) return null
  return (
    <div className="pager">
      <button type="button" className="button" aria-disabled={busy || undefined} onClick={() => busy || onMore()}>
        {busy ? 'Loading…' : 'Show more'}
      </button>
    </div>
  )
}
