import { useCallback, useEffect, useRef, useState } from 'react'
import { type AnyVariables, type CombinedError, type TypedDocumentNode, useClient } from 'urql'

export interface Connection<Node> {
  readonly edges: readonly { readonly node: Node }[]
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null }
}

export interface Pages<Node> {
  /** Undefined until the first page is there. */
  readonly rows: readonly Node[] | undefined
  readonly error: CombinedError | undefined
  readonly hasMore: boolean
  readonly busy: boolean
  readonly more: () => void
  /** The first page anew; what is shown stays until it is there. */
  readonly reload: () => void
}

interface Loaded<Node> {
  readonly rows: readonly Node[]
  readonly endCursor: string | null
  readonly hasMore: boolean
}

/**
 * A connection, page by page behind its cursors. The operation takes `$after`.
 *
 * @param connectionOf must be the same function at every call.
 */
export function usePages<Data, Variables extends AnyVariables, Node>({
  query,
  variables,
  connectionOf,
}: {
  query: TypedDocumentNode<Data, Variables>
  variables: Variables
  connectionOf: (data: Data) => Connection<Node> | null
}): Pages<Node> {
  const client = useClient()
  const [loaded, setLoaded] = useState<Loaded<Node>>()
  const [error, setError] = useState<CombinedError>()
  const [busy, setBusy] = useState(false)
  const latest = useRef(0)
  const key = JSON.stringify(variables)

  const load = useCallback(
    async (before: Loaded<Node> | undefined): Promise<void> => {
      latest.current += 1
      const mine = latest.current
      setBusy(true)
      const asked = { ...JSON.parse(key), after: before?.endCursor ?? null } as Variables // Made from them just above.
      const result = await client.query(query, asked, { requestPolicy: 'network-only' }).toPromise()
      if (mine !== latest.current) return // Something else is wanted by now.
      setBusy(false)
      setError(result.error)
      const connection = result.data ? connectionOf(result.data) : null
      if (connection === null) return
      const { edges, pageInfo } = connection
      const rows = [...(before?.rows ?? []), ...edges.map(({ node }) => node)]
      setLoaded({ rows, endCursor: pageInfo.endCursor, hasMore: pageInfo.hasNextPage })
    },
    [client, query, key, connectionOf],
  )

  useEffect(() => {
    void load(undefined)
    return () => {
      latest.current += 1
    }
  }, [load])

  const more = useCallback(() => void load(loaded), [load, loaded])
  const reload = useCallback(() => void load(undefined), [load])
  return { rows: loaded?.rows, error, hasMore: loaded?.hasMore ?? false, busy, more, reload }
}
