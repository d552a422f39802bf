import { setImmediate } from 'node:timers/promises'
import type { PlanNode, QueryPlan, SubscriptionNode } from '@apollo/query-planner'
import { ANONYMOUS, type Caller } from '@corridor/platform'
import {
  executeSync,
  type FieldNode,
  GraphQLError,
  type GraphQLFormattedError,
  getOperationAST,
  getVariableValues,
  Kind,
  type OperationDefinitionNode,
} from 'graphql'
import { type Authorized, authorizeOperation, demandsOf } from './authorize-operation.ts'
import { toFormatted } from './client-errors.ts'
import { fragmentsOf, type SizeLimit, sizeLimit } from './complexity.ts'
import type { RouterContext, TraceHeaders } from './context.ts'
import { Documents, type KnownDocument } from './documents.ts'
import { type CompiledPlan, compilePlan } from './execution/compile-plan.ts'
import { compileWriter, type Incident, type ResponseWriter } from './execution/compile-writer.ts'
import { type JsonObject, own } from './execution/json.ts'
import type { SharedObjects } from './execution/places.ts'
import { openRequests, type Transport } from './execution/transport.ts'
import type { RouterLimits } from './limits.ts'
import { inOperation, planning } from './spans.ts'
import type { SupergraphModel } from './supergraph.ts'
import { unauthorizedAt } from './unauthorized.ts'

export type Variables = Readonly<Record<string, unknown>>

export interface OperationRequest {
  readonly text: string
  readonly operationName: string | undefined
  readonly variables: Variables
  readonly context: RouterContext
}

/** One operation of a valid document. */
export interface KnownOperation {
  readonly known: KnownDocument<KnownOperation>
  readonly operation: OperationDefinitionNode
  readonly sizeLimit: SizeLimit
  /** What its fields demand, as bits of `Permissions`. */
  readonly demands: bigint
  /** As callers may run it, by what they hold of its demands. */
  readonly prepared: Map<bigint, Prepared>
  /** For each of these one who may run it so. */
  readonly callers: Map<bigint, Caller>
}

/** An operation as some callers may run it. */
export interface Prepared {
  readonly authorized: Authorized
  readonly plan: QueryPlan
  readonly run: CompiledPlan
  readonly write: ResponseWriter
}

/** An operation that may run now: known, small enough, with variables of their types. */
export interface Checked {
  readonly operation: KnownOperation
  /** With the defaults of the operation. */
  readonly coerced: JsonObject
}

/** What came of an operation: `data` as JSON, absent when it was not run. */
export interface Executed {
  readonly data?: string
  readonly errors: readonly GraphQLFormattedError[]
  /** Nulls that the schema's types demanded, without any subgraph having said why. */
  readonly valueCompletion?: readonly GraphQLFormattedError[]
}

/** A list of thousands without a field says so often enough in this many errors. */
const MAX_LOCATED_ERRORS = 100
const MAX_PREPARED = 32
/** Documents whose plans are made before another supergraph is used. */
const MAX_WARMED = 200
const ONLY_OPERATION = ''
const NO_VARIABLES: JsonObject = {}

/**
 * Runs operations: judges their size and the caller's scopes, plans what is left, executes the plan, and shapes the
 * answer by what was asked, so that what was taken out stands as null with its error. Everything that can be known
 * before a request is compiled once and kept with the document.
 */
export class OperationExecutor {
  readonly documents: Documents<KnownOperation>

  constructor(
    readonly supergraph: SupergraphModel,
    private readonly transport: Transport,
    private readonly limits: RouterLimits,
    { introspection }: { introspection: boolean },
  ) {
    const { tokens, literalDepth } = limits
    this.documents = new Documents(supergraph.schema, { tokens, literalDepth, introspection })
  }

  async execute(request: OperationRequest): Promise<Executed> {
    const read = this.documents.read(request.text)
    if ('errors' in read) return { errors: read.errors.map(toFormatted) }
    const checked = this.check(read.known, request)
    return 'errors' in checked ? checked : this.run(checked, request)
  }

  /** The operation, or why it is not run: unknown, too large, or with variables that are not of their types. */
  check(
    known: KnownDocument<KnownOperation>,
    { operationName, variables }: Pick<OperationRequest, 'operationName' | 'variables'>,
  ): Checked | Executed {
    const operation = known.operations.get(operationName ?? ONLY_OPERATION) ?? this.#find(known, operationName)
    if (!operation) {
      const message =
        operationName === undefined ? 'Name the operation to run.' : `There is no operation ${operationName}.`
      return refused(message, 'OPERATION_RESOLUTION_FAILURE')
    }
    const complex = operation.sizeLimit(variables)
    if (complex) return { errors: [complex.toJSON()] }
    const definitions = operation.operation.variableDefinitions ?? []
    if (definitions.length === 0) return { operation, coerced: NO_VARIABLES }
    const { coerced, errors } = getVariableValues(this.supergraph.schema, definitions, variables)
    return coerced ? { operation, coerced } : { errors: (errors ?? []).map(badVariable) }
  }

  #find(known: KnownDocument<KnownOperation>, operationName: string | undefined): KnownOperation | undefined {
    const { document } = known
    const operation = getOperationAST(document, operationName)
    if (!operation) return undefined
    const { schema, requirements, permissions } = this.supergraph
    const found: KnownOperation = {
      known,
      operation,
      sizeLimit: sizeLimit({ document, operation, schema, limits: this.limits }),
      demands: demandsOf({ schema, requirements, permissions, document, operation }),
      prepared: new Map(),
      callers: new Map(),
    }
    known.operations.set(operationName ?? ONLY_OPERATION, found)
    return found
  }

  /** Runs a query or a mutation. */
  run(checked: Checked, request: OperationRequest): Promise<Executed> {
    const { text, context } = request
    const { operation } = checked.operation
    const parent = context.trace.span
    if (parent === null) return this.#run(checked, request)
    return inOperation({ parent, text, context, operation }, (inside) =>
      this.#run(checked, { ...request, context: inside }),
    )
  }

  async #run(checked: Checked, { variables, context }: OperationRequest): Promise<Executed> {
    if (checked.operation.operation.operation === 'subscription') {
      return refused('Subscriptions are offered on WebSocket.', 'BAD_REQUEST')
    }
    const prepared = this.prepare(checked.operation, context.caller, context.trace)
    if (prepared.authorized.kind === 'refused') return { data: 'null', errors: [prepared.authorized.error.toJSON()] }
    return this.runPrepared({ prepared, checked, variables, context, data: {} })
  }

  /**
   * Prepares what another executor was asked of late, as far as it is valid here too: no request waits for its plan. One
   * document at a time, so that requests are answered meanwhile.
   */
  async prepareLike(other: OperationExecutor): Promise<void> {
    const recent = [...other.documents.recent()].slice(0, MAX_WARMED)
    for (const { text, operations } of recent.reverse()) {
      await setImmediate()
      const read = this.documents.read(text)
      if ('errors' in read) continue
      for (const [name, { callers }] of operations) {
        const operation = this.#find(read.known, name === ONLY_OPERATION ? undefined : name)
        if (operation) for (const caller of callers.values()) this.prepare(operation, caller)
      }
    }
  }

  prepare(operation: KnownOperation, caller: Caller, trace?: TraceHeaders): Prepared {
    const key = this.supergraph.permissions.heldBy(caller) & operation.demands
    const known = operation.prepared.get(key)
    if (known) return known
    const prepared = planning(trace, () => this.#prepare(operation, caller))
    if (operation.prepared.size >= MAX_PREPARED) {
      operation.prepared.clear()
      operation.callers.clear()
    }
    operation.prepared.set(key, prepared)
    operation.callers.set(key, { ...ANONYMOUS, kind: caller.kind, scopes: caller.scopes })
    return prepared
  }

  #prepare({ known: { document }, operation }: KnownOperation, caller: Caller): Prepared {
    const { schema, requirements, types } = this.supergraph
    const authorized = authorizeOperation({ schema, requirements, document, operation, caller })
    const left = authorized.kind === 'allowed' ? authorized.document : null
    const plan: QueryPlan = left ? this.supergraph.plan(left) : { kind: 'QueryPlan' }
    const removed = authorized.kind === 'allowed' ? authorized.removed : new Set<FieldNode>()
    return {
      authorized,
      plan,
      run: compilePlan(fetchesOf(plan), types),
      write: compileWriter({ schema, operation, fragments: fragmentsOf(document), removed }),
    }
  }

  /** Runs the fetches on top of what is known in `data`, and writes the answer. */
  async runPrepared(input: {
    prepared: Prepared
    checked: Checked
    variables: Variables
    context: RouterContext
    data: JsonObject
    errors?: readonly GraphQLFormattedError[]
  }): Promise<Executed> {
    const { prepared, checked, variables, context, data } = input
    const errors = [...(input.errors ?? [])]
    const { coerced } = checked
    const isQuery = checked.operation.operation.operation !== 'mutation'
    // A mutation is done, whoever is there to hear of it.
    const asked = isQuery ? context : { ...context, departure: undefined }
    const requests = openRequests(this.transport, asked, isQuery)
    const shared: SharedObjects = new Map()
    const isFromRequests = Object.keys(data).length === 0
    await prepared.run({ data, errors, variables, coerced, requests, shared })
    const introspect = (field: FieldNode): unknown => this.#introspect(field, checked)
    const isPlain = isFromRequests && requests.isPlain
    const { text, incidents } = prepared.write(data, { variables: coerced, introspect, shared, isPlain })
    return incidents.length === 0 ? { data: text, errors } : withIncidents(text, errors, incidents)
  }

  #introspect(field: FieldNode, { operation: { operation, known }, coerced }: Checked): unknown {
    const selectionSet = { kind: Kind.SELECTION_SET as const, selections: [field] }
    const fragments = known.document.definitions.filter(({ kind }) => kind === Kind.FRAGMENT_DEFINITION)
    const { data } = executeSync({
      schema: this.supergraph.schema,
      document: { kind: Kind.DOCUMENT, definitions: [{ ...operation, selectionSet }, ...fragments] },
      variableValues: coerced,
    })
    return own({ ...data }, field.alias?.value ?? field.name.value) ?? null
  }
}

export const isSubscription = (node: QueryPlan['node']): node is SubscriptionNode => node?.kind === 'Subscription'

/** What is fetched from subgraphs; of a subscription, for each event. */
const fetchesOf = ({ node }: QueryPlan): PlanNode | undefined => (node?.kind === 'Subscription' ? node.rest : node)

function withIncidents(
  text: string,
  errors: readonly GraphQLFormattedError[],
  incidents: readonly Incident[],
): Executed {
  const removed = incidents.flatMap((incident) => (incident.kind === 'removed' ? [unauthorizedAt(incident.path)] : []))
  const all = [...errors, ...removed.slice(0, MAX_LOCATED_ERRORS)]
  if (all.length > 0) return { data: text, errors: all }
  const valueCompletion = incidents.flatMap((incident) =>
    incident.kind === 'invalid' ? [{ message: incident.message, path: incident.path }] : [],
  )
  return { data: text, errors: [], valueCompletion: valueCompletion.slice(0, MAX_LOCATED_ERRORS) }
}

const refused = (message: string, code: string): Executed => ({ errors: [{ message, extensions: { code } }] })

function badVariable(error: GraphQLError): GraphQLFormattedError {
  const node = error.nodes?.[0]
  const field = node?.kind === 'VariableDefinition' ? node.variable.name.value : undefined
  const extensions = field === undefined ? { code: 'BAD_USER_INPUT' } : { code: 'BAD_USER_INPUT', field }
  return { message: error.message, extensions }
}
