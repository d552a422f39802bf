import { ANONYMOUS } from '@corridor/platform'
import type { SubgraphContext } from '@corridor/subgraph'
import { type ExecutionResult, type GraphQLSchema, graphql } from 'graphql'

/** A request of a user through the router. */
export const asUser = (subject: string, ...scopes: readonly string[]): SubgraphContext => ({
  issuer: 'router',
  caller: {
    ...ANONYMOUS,
    kind: 'user',
    subject,
    clientId: 'test-client',
    username: `user-${subject.slice(-2)}`,
    scopes: new Set(scopes),
  },
})

/** A request of one of the platform's own services. */
export const asService = (issuer: string): SubgraphContext => ({ issuer, caller: { ...ANONYMOUS, kind: 'service' } })

/** Runs an operation on a subgraph's schema and answers what a client would get, codes of refusals included. */
export async function run(
  schema: GraphQLSchema,
  context: SubgraphContext,
  source: string,
  variableValues: Record<string, unknown> = {},
): Promise<ExecutionResult> {
  return graphql({ schema, source, variableValues, contextValue: { ...context } })
}

/** The data of an operation that must succeed. */
export async function dataOf<Data>(
  schema: GraphQLSchema,
  context: SubgraphContext,
  source: string,
  variables: Record<string, unknown> = {},
): Promise<Data> {
  const { data, errors } = await run(schema, context, source, variables)
  if (errors) throw errors[0]?.originalError ?? errors[0]
  return JSON.parse(JSON.stringify(data)) as Data // The test names what it asked for.
}

/** The codes of the refusals that an operation met, in order. */
export async function codesOf(
  schema: GraphQLSchema,
  context: SubgraphContext,
  source: string,
  variables: Record<string, unknown> = {},
): Promise<string[]> {
  const { errors = [] } = await run(schema, context, source, variables)
  return errors.map((error) => {
    const cause = error.originalError
    return cause && 'code' in cause ? String(cause.code) : String(error.extensions.code ?? error.message)
  })
}
