import { buildOperationContext, executeQueryPlan, type GraphQLDataSource } from '@apollo/gateway'
import type { QueryPlan } from '@apollo/query-planner'
import { Fault } from '@corridor/platform'
import { type ExecutionResult, type GraphQLError, graphql, parse } from 'graphql'
import type { Transport } from '../../src/execution/transport.ts'
import { DEFAULT_LIMITS } from '../../src/limits.ts'
import { OperationExecutor } from '../../src/operation-executor.ts'
import { readSupergraph } from '../../src/supergraph.ts'
import { ANONYMOUS_CONTEXT } from '../anonymous-context.ts'
import type { OracleSubgraph, OracleWorld } from './subgraphs.ts'

/** An answer in what two executors must agree on: data, codes with their places, places of nulls that had no cause. */
export interface Compared {
  readonly data: unknown
  readonly errors: readonly string[]
  readonly completed: readonly string[]
}

export interface Question {
  readonly text: string
  readonly variables: Readonly<Record<string, unknown>>
}

/** Asks the subgraphs in this process; those that are `down` do not answer. */
export function transportOf({ schemas }: OracleWorld, down: () => ReadonlySet<string>): Transport & { sent: string[] } {
  const sent: string[] = []
  return {
    sent,
    async send(subgraph, body) {
      sent.push(`${subgraph} ${body}`)
      if (down().has(subgraph)) throw new Fault('SERVICE_UNAVAILABLE', 'It is down.')
      const { query, variables } = JSON.parse(body)
      const schema = schemas[subgraph as OracleSubgraph] // Plans name no other.
      return JSON.stringify(await graphql({ schema, source: query, variableValues: variables }))
    },
  }
}

/** Our executor over those subgraphs. */
export function ourExecutor(world: OracleWorld, transport: Transport): OperationExecutor {
  const limits = { ...DEFAULT_LIMITS, cost: Number.MAX_SAFE_INTEGER, fields: 100_000, aliases: 1_000, depth: 100 }
  return new OperationExecutor(readSupergraph(world.supergraphSdl), transport, limits, { introspection: true })
}

export async function ourAnswer(executor: OperationExecutor, { text, variables }: Question): Promise<Compared> {
  const executed = await executor.execute({ text, operationName: undefined, variables, context: ANONYMOUS_CONTEXT })
  return compared(
    executed.data === undefined ? undefined : JSON.parse(executed.data),
    executed.errors,
    executed.valueCompletion ?? [],
  )
}

/**
 * The answer of the executor that Apollo's gateway brings, for the same plan: fragments of the document are written
 * out in it, without which the planner moves a mutation's fields in front of others that the document has first.
 */
export async function stockAnswer(executor: OperationExecutor, transport: Transport, question: Question) {
  const { schema, supergraphSchema, apiSchema, routingUrls } = executor.supergraph
  const operationDocument = parse(question.text)
  const services = Object.fromEntries([...routingUrls.keys()].map((name) => [name, serviceOf(name, transport)]))
  const { data, errors, extensions } = await executeQueryPlan(
    planOf(executor, question),
    services,
    { request: { variables: question.variables }, context: {}, metrics: {}, logger: console } as never, // All it reads.
    buildOperationContext({ schema, operationDocument }),
    supergraphSchema,
    apiSchema,
  )
  return compared(data, errors ?? [], (extensions?.valueCompletion ?? []) as readonly GraphQLError[])
}

export function planOf(executor: OperationExecutor, { text, variables }: Question): QueryPlan {
  const read = executor.documents.read(text)
  if ('errors' in read) throw new AggregateError(read.errors)
  const checked = executor.check(read.known, { operationName: undefined, variables })
  if ('errors' in checked) throw new AggregateError(checked.errors)
  return executor.prepare(checked.operation, ANONYMOUS_CONTEXT.caller).plan
}

const serviceOf = (name: string, transport: Transport): GraphQLDataSource => ({
  async process({ request: { query, variables } }) {
    try {
      return JSON.parse(await transport.send(name, JSON.stringify({ query, variables }), ANONYMOUS_CONTEXT))
    } catch {
      return { data: null, errors: [{ message: 'Down.', extensions: { code: 'SERVICE_UNAVAILABLE' } }] }
    }
  },
})

function compared(
  data: unknown,
  errors: readonly Partial<GraphQLError>[] | NonNullable<ExecutionResult['errors']>,
  completion: readonly { readonly path?: readonly (string | number)[] | undefined }[],
): Compared {
  // The gateway gives a code to errors that came without one.
  const told = errors.map(
    ({ extensions, path }) => `${extensions?.code ?? 'DOWNSTREAM_SERVICE_ERROR'} ${placeOf(path)}`,
  )
  return {
    data: data === undefined ? null : JSON.parse(JSON.stringify(data)),
    errors: [...new Set(told)].sort(),
    completed: [...new Set(completion.map(({ path }) => placeOf(path)))].sort(),
  }
}

const placeOf = (path: readonly (string | number)[] | undefined): string => (path ?? []).join('.')
