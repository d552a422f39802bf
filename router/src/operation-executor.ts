import { buildOperationContext, executeQueryPlan, type GraphQLDataSource } from '@apollo/gateway'
import type { PlanNode, QueryPlan, SubscriptionNode } from '@apollo/query-planner'
import type { Caller, Logger } from '@corridor/platform'
import {
  type DocumentNode,
  type ExecutionResult,
  GraphQLError,
  getOperationAST,
  getVariableValues,
  type OperationDefinitionNode,
} from 'graphql'
import { LRUCache } from 'lru-cache'
import { type Authorized, authorizeOperation } from './authorize-operation.ts'
import { tooComplex } from './complexity.ts'
import type { RouterContext } from './context.ts'
import type { RouterLimits } from './limits.ts'
import { locateRemoved } from './locate-removed.ts'
import type { SupergraphModel } from './supergraph.ts'

export type Variables = Readonly<Record<string, unknown>>

export interface OperationRequest {
  /** Validated against the API's schema. */
  readonly document: DocumentNode
  readonly operationName: string | undefined
  readonly variables: Variables
  readonly context: RouterContext
}

/** An operation as one caller may run it. */
export interface Prepared {
  readonly operation: OperationDefinitionNode
  readonly authorized: Authorized
  readonly plan: QueryPlan
}

export type Services = Readonly<Record<string, GraphQLDataSource>>

/** Plans are kept per document and set of scopes; there are few of those among a platform's users. */
const PLANS_PER_DOCUMENT = 32

/**
 * Runs operations: judges their size and the caller's scopes, plans what is left, executes the plan, and shapes the
 * answer by what was asked, so that what was taken out stands as null with its error.
 */
export class OperationExecutor {
  readonly #prepared = new WeakMap<DocumentNode, LRUCache<string, Prepared>>()

  constructor(
    private readonly supergraph: SupergraphModel,
    private readonly services: Services,
    private readonly limits: RouterLimits,
    private readonly logger: Logger,
  ) {}

  async execute(request: OperationRequest): Promise<ExecutionResult> {
    const checked = this.check(request)
    if ('errors' in checked) return checked
    if (checked.operation.operation === 'subscription') return failed('Subscriptions are offered on WebSocket.')
    const prepared = this.prepare(request, checked.operation)
    if (prepared.authorized.kind === 'refused') return { data: null, errors: [prepared.authorized.error] }
    const node = prepared.plan.node
    if (node?.kind === 'Subscription') return failed('Subscriptions are offered on WebSocket.')
    return this.runPlan({ request, prepared, node, services: this.services })
  }

  /** The operation, or why it is not run: unknown, too large, or with variables that are not of their types. */
  check(request: OperationRequest): { operation: OperationDefinitionNode } | { errors: readonly GraphQLError[] } {
    const { document, operationName, variables } = request
    const operation = getOperationAST(document, operationName)
    if (!operation) {
      const message =
        operationName === undefined ? 'Name the operation to run.' : `There is no operation ${operationName}.`
      return { errors: [new GraphQLError(message, { extensions: { code: 'OPERATION_RESOLUTION_FAILURE' } })] }
    }
    const { schema } = this.supergraph
    const complex = tooComplex({ document, operation, variables, schema, limits: this.limits })
    if (complex) return { errors: [complex] }
    const { errors } = getVariableValues(schema, operation.variableDefinitions ?? [], variables)
    return errors ? { errors: errors.map(badVariable) } : { operation }
  }

  prepare({ document, operationName, context }: OperationRequest, operation: OperationDefinitionNode): Prepared {
    let cache = this.#prepared.get(document)
    if (!cache) {
      cache = new LRUCache({ max: PLANS_PER_DOCUMENT })
      this.#prepared.set(document, cache)
    }
    const key = `${operationName ?? ''}\n${authorizationKey(context.caller)}`
    const cached = cache.get(key)
    if (cached) return cached
    const { schema, requirements } = this.supergraph
    const authorized = authorizeOperation({ schema, requirements, document, operation, caller: context.caller })
    const left = authorized.kind === 'allowed' ? authorized.document : null
    const plan: QueryPlan = left ? this.supergraph.plan(left, undefined) : { kind: 'QueryPlan' }
    const prepared = { operation, authorized, plan }
    cache.set(key, prepared)
    return prepared
  }

  /** Executes `node` with `services`, and shapes the answer by the operation as it was asked. */
  async runPlan(input: {
    request: OperationRequest
    prepared: Prepared
    node: PlanNode | undefined
    services: Services
  }): Promise<ExecutionResult> {
    const { request, prepared, node, services } = input
    const { schema, supergraphSchema, apiSchema } = this.supergraph
    const { document, operationName, variables, context } = request
    const operationContext = buildOperationContext({
      schema,
      operationDocument: document,
      ...(operationName === undefined ? {} : { operationName }),
    })
    // The executor reads these of a request's context, and nothing else of Apollo Server's.
    const requestContext = { request: { variables }, context, metrics: {}, logger: this.apolloLogger } as never
    const plan: QueryPlan = node ? { kind: 'QueryPlan', node } : { kind: 'QueryPlan' }
    const { data, errors = [] } = await executeQueryPlan(
      plan,
      services,
      requestContext,
      operationContext,
      supergraphSchema,
      apiSchema,
    )
    const removed = prepared.authorized.kind === 'allowed' ? locateRemoved(prepared.authorized.removed, data) : []
    const all = [...errors, ...removed]
    return all.length === 0 ? { data: data ?? null } : { data: data ?? null, errors: all }
  }

  readonly apolloLogger = {
    debug: () => undefined,
    info: () => undefined,
    warn: (message?: unknown) => this.logger.warn(String(message)),
    error: (message?: unknown) => this.logger.error(String(message)),
  }
}

export const isSubscription = (node: QueryPlan['node']): node is SubscriptionNode => node?.kind === 'Subscription'

const keys = new WeakMap<Caller, string>()

/** What of a caller decides which fields are open to him. */
function authorizationKey(caller: Caller): string {
  let key = keys.get(caller)
  if (key === undefined) {
    key = `${caller.kind} ${[...caller.scopes].sort().join(' ')}`
    keys.set(caller, key)
  }
  return key
}

const failed = (message: string): ExecutionResult => ({
  errors: [new GraphQLError(message, { extensions: { code: 'BAD_REQUEST' } })],
})

function badVariable(error: GraphQLError): GraphQLError {
  const node = error.nodes?.[0]
  const field = node?.kind === 'VariableDefinition' ? node.variable.name.value : undefined
  const extensions = field === undefined ? { code: 'BAD_USER_INPUT' } : { code: 'BAD_USER_INPUT', field }
  return new GraphQLError(error.message, { extensions })
}
