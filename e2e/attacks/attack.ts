/** A request that nobody means well, and what it must meet. */
export interface Attack {
  readonly name: string
  readonly method?: 'POST' | 'GET' | 'PUT' | 'DELETE' | 'PATCH' | 'OPTIONS'
  readonly path?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Buffer
  /** Codes of errors, any of which is right; `data` is an answer without errors, for what is odd and harmless. */
  readonly meets: readonly string[]
}

export const TOO_COMPLEX = ['QUERY_TOO_COMPLEX']
export const INVALID = ['GRAPHQL_VALIDATION_FAILED']
export const UNPARSED = ['GRAPHQL_PARSE_FAILED', 'QUERY_TOO_COMPLEX']
export const BAD_REQUEST = ['BAD_REQUEST', 'BAD_USER_INPUT']
export const NOT_FOUND = ['NOT_FOUND']

export const json = (value: unknown): Pick<Attack, 'body' | 'headers'> => ({
  body: JSON.stringify(value),
  headers: { 'content-type': 'application/json' },
})
export const raw = (body: string | Buffer, type = 'application/json'): Pick<Attack, 'body' | 'headers'> => ({
  body,
  headers: { 'content-type': type },
})
export const query = (name: string, document: string, meets: readonly string[], variables?: unknown): Attack => ({
  name,
  ...json({ query: document, ...(variables === undefined ? {} : { variables }) }),
  meets,
})
