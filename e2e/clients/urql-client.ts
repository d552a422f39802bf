import {
  type CombinedError,
  cacheExchange,
  createClient,
  type ExecutionResult,
  fetchExchange,
  subscriptionExchange,
} from 'urql'
import { breakableSockets, codesOf, type MakeClient, resumeBehind, type Seen, type Variables } from './real-client.ts'

/** urql with graphql-ws for subscriptions. */
export const urqlClient: MakeClient = (url, token) => {
  const sockets = breakableSockets(url, token)
  const client = createClient({
    url,
    preferGetMethod: false,
    fetchOptions: { headers: token === null ? {} : { authorization: `Bearer ${token}` } },
    exchanges: [
      cacheExchange,
      fetchExchange,
      subscriptionExchange({
        forwardSubscription: ({ query = '', variables: given }) => ({
          subscribe(sink) {
            const variables = { ...(given as Variables) }
            const unsubscribe = sockets.client.subscribe<Variables>(
              { query, variables },
              {
                ...sink,
                next(result) {
                  resumeBehind(variables, result.data)
                  sink.next(result as ExecutionResult) // urql's own type of the same.
                },
              },
            )
            return { unsubscribe }
          },
        }),
      }),
    ],
  })
  return {
    query: async (text, variables = {}) => seenOf(await client.query(text, variables).toPromise()),
    mutate: async (text, variables = {}) => seenOf(await client.mutation(text, variables).toPromise()),
    subscribe(text, variables, onEvent) {
      const { unsubscribe } = client.subscription(text, variables).subscribe((result) => onEvent(seenOf(result)))
      return unsubscribe
    },
    drop: sockets.drop,
    close: async () => sockets.client.dispose(),
  }
}

function seenOf({ data, error }: { data?: unknown; error?: CombinedError | undefined }): Seen {
  if (error?.networkError && error.graphQLErrors.length === 0) throw error.networkError
  return { data: data ?? null, codes: codesOf(error?.graphQLErrors ?? []) }
}
