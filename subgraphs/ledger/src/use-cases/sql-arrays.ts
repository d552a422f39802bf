type Plain = string | number | bigint

/**
 * Values that need no quotes (UUIDs, numbers, codes of our own) as PostgreSQL writes an array. `pg` would quote and
 * escape each of them, which costs more than the decision that they come from.
 */
export const plainArray = (values: readonly (Plain | undefined)[]): string => `{${values.join(',')}}`

/** As `plainArray`, with nulls. Empty where there is nothing else: `unnest` fills the shorter arrays up with nulls. */
export const sparseArray = (values: readonly (Plain | null | undefined)[]): string =>
  isEmpty(values) ? '{}' : `{${values.map((value) => value ?? 'NULL').join(',')}}`

/** Texts of any kind, which `pg` quotes; empty where there is none. */
export const textArray = (values: readonly (string | null)[]): readonly (string | null)[] | string =>
  isEmpty(values) ? '{}' : values

const isEmpty = (values: readonly unknown[]): boolean => values.every((value) => value == null)
