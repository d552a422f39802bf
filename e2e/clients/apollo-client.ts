import { ApolloClient, ApolloLink, CombinedGraphQLErrors, HttpLink, InMemoryCache } from '@apollo/client'
import { GraphQLWsLink } from '@apollo/client/link/subscriptions'
import { OperationTypeNode, parse } from 'graphql'
import { tap } from 'rxjs'
import { breakableSockets, codesOf, type MakeClient, resumeBehind, type Seen } from './real-client.ts'

/** Data beside errors, and no exception. */
const errorPolicy = 'all'

/** Apollo Client without React, with GraphQLWsLink for subscriptions. */
export const apolloClient: MakeClient = (url, token) => {
  const sockets = breakableSockets(url, token)
  const resuming = new ApolloLink((operation, forward) =>
    forward(operation).pipe(tap(({ data }) => resumeBehind(operation.variables, data))),
  )
  const http = new HttpLink({ uri: url, headers: token === null ? {} : { authorization: `Bearer ${token}` } })
  const client = new ApolloClient({
    cache: new InMemoryCache(),
    link: ApolloLink.split(
      ({ operationType }) => operationType === OperationTypeNode.SUBSCRIPTION,
      ApolloLink.from([resuming, new GraphQLWsLink(sockets.client)]),
      http,
    ),
  })
  return {
    query: async (text, variables = {}) => seenOf(await client.query({ query: parse(text), variables, errorPolicy })),
    mutate: async (text, variables = {}) =>
      seenOf(await client.mutate({ mutation: parse(text), variables, errorPolicy })),
    subscribe(text, variables, onEvent) {
      const events = client.subscribe({ query: parse(text), variables, errorPolicy })
      const subscription = events.subscribe((result) => onEvent(seenOf(result)))
      return () => subscription.unsubscribe()
    },
    drop: sockets.drop,
    async close() {
      client.stop()
      await sockets.client.dispose()
    },
  }
}

function seenOf({ data, error }: { data?: unknown; error?: unknown }): Seen {
  if (error !== undefined && !CombinedGraphQLErrors.is(error)) throw error
  return { data: data ?? null, codes: error === undefined ? [] : codesOf(error.errors) }
}
