/** A column as milliseconds since 1970: the driver under the ORM hands instants of its own SQL on as text. */
export const millisecondsOf = (column: string): string => `floor(extract(epoch from ${column}) * 1000)::float8`
