import { Client, cacheExchange, fetchExchange, subscriptionExchange } from 'urql'
import type { Session } from '../session/session.ts'
import { LiveConnection } from './live-connection.ts'

const GRAPHQL_PATH = '/graphql'
const UNAUTHENTICATED = 401

export interface Api {
  readonly client: Client
  readonly live: LiveConnection
}

/** The router's endpoint for queries, mutations and subscriptions, each with the token of the session. */
export function createApi(session: Session): Api {
  const token = (): Promise<string | null> => session.accessToken()
  const live = new LiveConnection({ url: GRAPHQL_PATH, token })
  const client = new Client({
    url: GRAPHQL_PATH,
    preferGetMethod: false,
    fetch: (input, init) => fetchWithToken(session, input, init),
    exchanges: [
      cacheExchange,
      fetchExchange,
      subscriptionExchange({
        forwardSubscription: ({ query = '', variables = {} }) => ({
          subscribe: (sink) => ({
            unsubscribe: live.read(
              { query, variables },
              {
                next: (result) => sink.next(result as Parameters<typeof sink.next>[0]), // Both are GraphQL results.
                error: (error) => {
                  if (Array.isArray(error)) sink.next({ errors: error })
                  sink.complete()
                },
                complete: () => sink.complete(),
              },
            ),
          }),
        }),
      }),
    ],
  })
  return { client, live }
}

/** With the token; once more with a new one when it is not taken; after that the session has ended. */
async function fetchWithToken(session: Session, input: RequestInfo | URL, init: RequestInit = {}): Promise<Response> {
  const send = (token: string | null): Promise<Response> => {
    const headers = new Headers(init.headers)
    if (token !== null) headers.set('authorization', `Bearer ${token}`)
    return fetch(input, { ...init, headers })
  }
  const response = await send(await session.accessToken())
  if (response.status !== UNAUTHENTICATED) return response
  return send(await session.renew())
}
