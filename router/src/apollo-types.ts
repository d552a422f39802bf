import type { ApolloServerOptionsWithGateway } from '@apollo/server'
import type { RouterContext } from './context.ts'

/** Apollo Server's own name for what a gateway must offer, which its index does not export. */
export type Gateway = ApolloServerOptionsWithGateway<RouterContext>['gateway']
