/**
 * Rows as one JSON parameter, the statement's first: PostgreSQL takes it apart faster than a parameter per column can be put
 * together. What else an object has is left behind.
 *
 * @param types PostgreSQL's type of each column
 */
export function jsonRows<Column extends string>(types: Readonly<Record<Column, string>>) {
  const columns = Object.keys(types) as Column[] // Its own keys.
  const plain = (row: Readonly<Record<Column, unknown>>): Record<string, unknown> => {
    const kept: Record<string, unknown> = {}
    for (const column of columns) {
      const value = row[column]
      kept[column] = typeof value === 'bigint' ? String(value) : value
    }
    return kept
  }
  return {
    /** The rows in SQL: `from ${recordset('r')}`. */
    recordset: (alias: string): string =>
      `json_to_recordset($1::json) as ${alias} (${columns.map((column) => `"${column}" ${types[column]}`).join(', ')})`,
    toJson: (rows: readonly Readonly<Record<Column, unknown>>[]): string => JSON.stringify(rows.map(plain)),
  }
}
