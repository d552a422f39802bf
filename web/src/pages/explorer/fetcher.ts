import type { Fetcher, FetcherParams } from '@graphiql/toolkit'
import { type ExecutionResult, getOperationAST, parse } from 'graphql'
import { createClient } from 'graphql-ws'
import type { Session } from '../../session/session.ts'

const GRAPHQL_PATH = '/graphql'

type Headers = Readonly<Record<string, string>>

/**
 * Sends what the explorer runs: subscriptions over a socket of their own, all else by POST. The session's token goes with
 * it, renewed where it must be, unless the reader has put another one in the headers.
 *
 * @param filledIn the token that the headers began with.
 */
export function createFetcher(session: Session, filledIn: string | null): Fetcher {
  const authorizationOf = async (headers: Headers = {}): Promise<string | undefined> => {
    const typed = headers.authorization ?? headers.Authorization
    if (typed !== undefined && typed !== bearer(filledIn)) return typed
    return bearer(await session.accessToken())
  }
  return (asked, { headers } = {}) => {
    const { isSubscription, ...params } = withKnownName(asked)
    return isSubscription ? listen(params, () => authorizationOf(headers)) : post(params, headers, authorizationOf)
  }
}

export const bearer = (token: string | null): string | undefined => (token === null ? undefined : `Bearer ${token}`)

async function post(
  params: FetcherParams,
  headers: Headers | undefined,
  authorizationOf: (headers?: Headers) => Promise<string | undefined>,
) {
  const authorization = await authorizationOf(headers)
  const reply = await fetch(GRAPHQL_PATH, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json', ...(authorization ? { authorization } : {}) },
    body: JSON.stringify(params),
  })
  return await reply.json()
}

/** One socket per run: it ends with it. */
function listen(params: FetcherParams, authorization: () => Promise<string | undefined>) {
  const client = createClient({
    url: GRAPHQL_PATH,
    retryAttempts: 0,
    lazyCloseTimeout: 0,
    connectionParams: async () => ({ authorization: await authorization() }),
  })
  const { query, operationName, variables } = params
  const results = client.iterate({ query, operationName, variables: (variables ?? {}) as Record<string, unknown> })
  return results as AsyncIterable<ExecutionResult> // As they came: the explorer prints them.
}

/**
 * The explorer names the operation that it saw last, which right after a change of tabs is not in the document: what is
 * named and not there is not named.
 */
function withKnownName(params: FetcherParams): FetcherParams & { readonly isSubscription: boolean } {
  try {
    const document = parse(params.query)
    const named = params.operationName ? getOperationAST(document, params.operationName) : null
    const operation = named ?? getOperationAST(document)
    return {
      ...params,
      operationName: named ? (params.operationName ?? null) : null,
      isSubscription: operation?.operation === 'subscription',
    }
  } catch {
    return { ...params, isSubscription: false } // Not GraphQL: the router says what is wrong with it.
  }
}
