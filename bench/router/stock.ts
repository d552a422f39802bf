/** Apollo Server with Apollo's gateway, as their documentation sets them up; the token is passed on. Arguments: port, supergraph. */
import { readFileSync } from 'node:fs'
import { ApolloGateway, RemoteGraphQLDataSource } from '@apollo/gateway'
import { ApolloServer } from '@apollo/server'
import { startStandaloneServer } from '@apollo/server/standalone'

const [port = '', supergraph = ''] = process.argv.slice(2)
const gateway = new ApolloGateway({
  supergraphSdl: readFileSync(supergraph, 'utf8'),
  buildService: ({ url }) =>
    new RemoteGraphQLDataSource<{ authorization?: string }>({
      ...(url === undefined ? {} : { url }),
      willSendRequest({ request, context }) {
        if (context.authorization) request.http?.headers.set('authorization', context.authorization)
      },
    }),
})
const server = new ApolloServer<{ authorization?: string }>({ gateway, introspection: false })
await startStandaloneServer(server, {
  listen: { port: Number(port), host: '127.0.0.1' },
  context: async ({ req: { headers } }) =>
    headers.authorization === undefined ? {} : { authorization: headers.authorization },
})
