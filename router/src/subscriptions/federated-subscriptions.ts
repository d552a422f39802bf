import type { GraphQLDataSource } from '@apollo/gateway'
import type { FetchNode } from '@apollo/query-planner'
import { ANONYMOUS, type Caller, Fault, type Logger, type Signer } from '@corridor/platform'
import { type ExecutionResult, GraphQLError, Kind, parse } from 'graphql'
import { authorizeOperation } from '../authorize-operation.ts'
import type { RouterLimits } from '../limits.ts'
import { isSubscription, type OperationExecutor, type OperationRequest, type Services } from '../operation-executor.ts'
import type { SupergraphModel } from '../supergraph.ts'
import { EventQueue } from './event-queue.ts'
import type { UpstreamEvent } from './upstream.ts'
import { UpstreamHub } from './upstream-hub.ts'
import { type UpstreamOperation, upstreamOperation } from './upstream-operation.ts'

export interface FederatedSubscriptionsOptions {
  readonly supergraph: SupergraphModel
  readonly executor: OperationExecutor
  readonly services: Services
  readonly urls: ReadonlyMap<string, string>
  readonly signer: Signer
  readonly limits: RouterLimits
  readonly logger: Logger
}

/** The stand-in for the owning subgraph in the plan of one event: it answers with the event. No subgraph is so named. */
const EVENT = '\u0000event'

type Response = Awaited<ReturnType<GraphQLDataSource['process']>>

/** Runs subscriptions: the owning subgraph's part upstream, the rest of every event across the others. */
export class FederatedSubscriptions {
  readonly #hub = new UpstreamHub()

  constructor(private readonly options: FederatedSubscriptionsOptions) {}

  /** Upstreams that are open now. */
  get upstreams(): number {
    return this.#hub.size
  }

  /** The events of an operation, or why there are none. `onOverflow` is told when the reader is too slow. */
  subscribe(
    request: OperationRequest,
    onOverflow: () => void,
  ): AsyncIterableIterator<ExecutionResult> | ExecutionResult {
    const { executor, supergraph } = this.options
    const checked = executor.check(request)
    if ('errors' in checked) return checked
    const prepared = executor.prepare(request, checked.operation)
    if (prepared.authorized.kind === 'refused') return { data: null, errors: [prepared.authorized.error] }
    const { node } = prepared.plan
    if (!isSubscription(node)) {
      const extensions = { code: 'BAD_REQUEST' }
      return { errors: [new GraphQLError('Subscribe to one field of the schema.', { extensions })] }
    }
    const { primary, rest } = node
    const operation = upstreamOperation(primary, request.variables, supergraph.live)
    const perEvent = {
      kind: 'Sequence' as const,
      nodes: [{ ...primary, serviceName: EVENT }, ...(rest ? [rest] : [])],
    }
    return this.#events({
      request,
      operation,
      primary,
      onOverflow,
      run: (event) =>
        executor.runPlan({
          request: { ...request, context: this.#contextOfNow(request) },
          prepared,
          node: perEvent,
          services: { ...this.options.services, [EVENT]: sourceOf(event) },
        }),
    })
  }

  #events(input: {
    request: OperationRequest
    operation: UpstreamOperation
    primary: FetchNode
    onOverflow: () => void
    run: (event: UpstreamEvent) => Promise<ExecutionResult>
  }): AsyncIterableIterator<ExecutionResult> {
    const { request, operation, primary, onOverflow, run } = input
    let failure: GraphQLError | null = null
    let leave: (() => void) | null = null
    let overflowed = false
    const queue = new EventQueue<UpstreamEvent>(this.options.limits.waitingEvents, () => {
      // At once, and not when the reader takes the next: a reader who stopped takes none.
      overflowed = true
      leave?.()
      onOverflow()
    })
    leave = this.#join(request, operation, primary, {
      onEvent: (event) => queue.push(event, event.mark.key),
      onEnd: (error) => {
        failure = error
        queue.end()
      },
    })
    if (overflowed) leave()
    const close = (): IteratorReturnResult<undefined> => {
      queue.close()
      leave?.()
      return { done: true, value: undefined }
    }
    return {
      async next() {
        const taken = await queue.take()
        if (!taken.done) return { done: false, value: await run(taken.event) }
        if (failure === null) return close()
        const result = { data: null, errors: [failure] }
        failure = null
        return { done: false, value: result }
      },
      return: async () => close(),
      [Symbol.asyncIterator]() {
        return this
      },
    }
  }

  #join(
    request: OperationRequest,
    operation: UpstreamOperation,
    primary: FetchNode,
    sink: Parameters<UpstreamHub['join']>[2],
  ): () => void {
    const { signer, urls, limits, logger } = this.options
    const { subgraph, live } = operation
    const { caller } = request.context
    const onBehalfOf = live.shared ? this.#routerWithScopesOf(primary, caller) : caller
    const shareKey = live.shared
      ? JSON.stringify([subgraph, operation.query, operation.variables, [...onBehalfOf.scopes].sort()])
      : null
    return this.#hub.join(
      shareKey,
      {
        operation,
        url: urls.get(subgraph) ?? '',
        token: () => signer.sign(subgraph, onBehalfOf),
        readStart: (field) => this.#readStart(subgraph, field, request),
        maxEventBytes: limits.subgraphResponseBytes,
        logger,
      },
      sink,
    )
  }

  /** Who asks for what all callers share: the router, holding what the subscription's own fields demand and no more. */
  #routerWithScopesOf(primary: FetchNode, caller: Caller): Caller {
    const { schema, requirements } = this.options.supergraph
    const document = parse(primary.operation, { noLocation: true })
    const operation = document.definitions.find((node) => node.kind === Kind.OPERATION_DEFINITION)
    const judged = operation && authorizeOperation({ schema, requirements, document, operation, caller })
    const scopes = judged?.kind === 'allowed' ? judged.scopesUsed : new Set<string>()
    return { ...ANONYMOUS, kind: 'service', scopes }
  }

  async #readStart(subgraph: string, field: string, request: OperationRequest): Promise<string> {
    const { data } = (await this.options.services[subgraph]?.process({
      kind: 'incoming operation' as never, // Read by Apollo's own data sources alone.
      request: { query: `{ ${field} }` },
      incomingRequestContext: {} as never,
      context: this.#contextOfNow(request),
    } as Parameters<GraphQLDataSource['process']>[0])) ?? { data: null }
    const cursor: unknown = data?.[field]
    if (typeof cursor === 'string') return cursor
    throw new Fault('SERVICE_UNAVAILABLE', 'The subgraph did not say where its events stand.')
  }

  /** A stream outlives the time of one operation: every event has its own. */
  #contextOfNow({ context }: OperationRequest): OperationRequest['context'] {
    return { ...context, signal: AbortSignal.timeout(this.options.limits.requestTimeoutMs) }
  }
}

const sourceOf = ({ result }: UpstreamEvent): GraphQLDataSource => ({
  process: async () => result as Response, // What a subgraph answers, on another way.
})
