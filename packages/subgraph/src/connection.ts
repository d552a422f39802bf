import { accept, type Result, refuse } from '@corridor/platform'
import { Field, ObjectType } from 'type-graphql'
import { Shareable } from './directives.ts'

@Shareable()
@ObjectType()
export class PageInfo {
  @Field(() => Boolean)
  readonly hasNextPage!: boolean

  @Field(() => Boolean)
  readonly hasPreviousPage!: boolean

  @Field(() => String, { nullable: true })
  readonly startCursor?: string | null

  @Field(() => String, { nullable: true })
  readonly endCursor?: string | null
}

export const MAX_PAGE_SIZE = 100

/** A page that was asked for: `limit` rows behind the key in `after`, null for the first page. */
export interface Page {
  readonly limit: number
  readonly after: readonly string[] | null
}

export interface Edge<Node> {
  readonly node: Node
  readonly cursor: string
}

export interface Connection<Node> {
  readonly edges: readonly Edge<Node>[]
  readonly pageInfo: PageInfo
}

/** A cursor is the sort key of its row, opaque to clients. */
export const encodeCursor = (...key: readonly (string | bigint)[]): string =>
  Buffer.from(JSON.stringify(key.map(String))).toString('base64url')

const notACursor = (field: string) => refuse('BAD_USER_INPUT', `${field} is not a cursor of this list.`, field)

export function decodeCursor(cursor: string, parts: number, field = 'after'): Result<readonly string[]> {
  const refusal = notACursor(field)
  try {
    const key: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'))
    if (!Array.isArray(key) || key.length !== parts || !key.every((part) => typeof part === 'string')) return refusal
    return accept(key as string[]) // Just checked.
  } catch {
    // A text that is no JSON is refused like any other that is no cursor.
    return refusal
  }
}

/** A number as a sort key: what of a table's numbers there can be. */
export const isNumber = (part: string): boolean => /^\d{1,18}$/.test(part)

/** Reads `first` (1 to 100) and `after`, whose cursor has `keyParts` parts, each of them a key where `isKey` says which. */
export function pageOf({
  first,
  after,
  keyParts,
  isKey = () => true,
}: {
  first: number
  after?: string | null | undefined
  keyParts: number
  isKey?: (part: string) => boolean
}): Result<Page> {
  if (!Number.isInteger(first) || first < 1 || first > MAX_PAGE_SIZE) {
    return refuse('BAD_USER_INPUT', `first must be from 1 to ${MAX_PAGE_SIZE}.`, 'first')
  }
  if (after === undefined || after === null) return accept({ limit: first, after: null })
  const key = decodeCursor(after, keyParts)
  if (!key.ok) return key
  return key.value.every(isKey) ? accept({ limit: first, after: key.value }) : notACursor('after')
}

/** A connection from up to `limit + 1` rows, of which the last only says that there are more. */
export function toConnection<Row, Node>(
  rows: readonly Row[],
  page: Page,
  { node, cursor }: { node: (row: Row) => Node; cursor: (row: Row) => string },
): Connection<Node> {
  const edges = rows.slice(0, page.limit).map((row) => ({ node: node(row), cursor: cursor(row) }))
  return {
    edges,
    pageInfo: {
      hasNextPage: rows.length > page.limit,
      hasPreviousPage: page.after !== null,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
  }
}
