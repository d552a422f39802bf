/**
 * Whether a text has so many UTF-16 units and PostgreSQL keeps it as it is: it takes no NUL, nor, in JSON, half of a
 * surrogate pair.
 */
export const isText = (text: string, maxLength: number, minLength = 1): boolean =>
  text.length >= minLength && text.length <= maxLength && text.isWellFormed() && !text.includes('\0')
