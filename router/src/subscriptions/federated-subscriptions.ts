import { ANONYMOUS, ERROR_MESSAGES, Fault, type Logger, type Signer, type Tls } from '@corridor/platform'
import { GraphQLError } from 'graphql'
import { isObject } from '../execution/json.ts'
import type { Transport } from '../execution/transport.ts'
import type { RouterLimits } from '../limits.ts'
import {
  type Checked,
  type Executed,
  isSubscription,
  type OperationExecutor,
  type OperationRequest,
  type Prepared,
} from '../operation-executor.ts'
import { responseText } from '../response-text.ts'
import { EventQueue, type QueueReader } from './event-queue.ts'
import { eventResolver } from './event-resolver.ts'
import { Response } from './response.ts'
import { SharedStreams } from './shared-streams.ts'
import type { UpstreamEvent, UpstreamOptions } from './upstream.ts'
import { UpstreamHub } from './upstream-hub.ts'
import { type UpstreamOperation, upstreamOperation } from './upstream-operation.ts'

export interface FederatedSubscriptionsOptions {
  readonly urls: () => ReadonlyMap<string, string>
  readonly transport: Transport
  readonly signer: Signer
  readonly limits: RouterLimits
  readonly logger: Logger
  readonly tls?: Tls | undefined
}

export interface SubscriptionRequest {
  readonly executor: OperationExecutor
  readonly checked: Checked
  readonly request: OperationRequest
  /** Told when the reader is too slow. */
  readonly onOverflow: () => void
}

/** The responses of a subscription, one after the other. */
export interface EventReader {
  /** Begins to give them. */
  read(reader: QueueReader<Response>): void
  leave(): void
}

/** Runs subscriptions: the owning subgraph's part upstream, the rest of every event across the others. */
export class FederatedSubscriptions {
  readonly #hub = new UpstreamHub()
  readonly #streams: SharedStreams

  constructor(private readonly options: FederatedSubscriptionsOptions) {
    this.#streams = new SharedStreams(options.limits)
  }

  /** Upstreams that are open now. */
  get upstreams(): number {
    return this.#hub.size
  }

  /** The events of an operation, or why there are none. */
  subscribe(subscription: SubscriptionRequest): EventReader | Executed {
    const { executor, checked, request } = subscription
    const prepared = executor.prepare(checked.operation, request.context.caller)
    if (prepared.authorized.kind === 'refused') return { data: 'null', errors: [prepared.authorized.error.toJSON()] }
    const { node } = prepared.plan
    if (!isSubscription(node)) {
      return { errors: [{ message: 'Subscribe to one field of the schema.', extensions: { code: 'BAD_REQUEST' } }] }
    }
    const operation = upstreamOperation(node.primary, request.variables, executor.supergraph.live)
    return operation.live.shared
      ? this.#shared(subscription, prepared, operation)
      : this.#own(subscription, prepared, operation)
  }

  /** Shared by all who ask the same with the same scopes: nobody's own token opens it or resolves an event of it. */
  #shared(subscription: SubscriptionRequest, prepared: Prepared, operation: UpstreamOperation): EventReader {
    const { executor, checked, request, onOverflow } = subscription
    const { variables } = request
    const scopes = prepared.authorized.kind === 'allowed' ? prepared.authorized.scopesUsed : new Set<string>()
    const context = { ...request.context, caller: { ...ANONYMOUS, kind: 'service' as const, scopes } }
    const shareKey = JSON.stringify([operation.subgraph, operation.query, operation.variables, [...scopes].sort()])
    return this.#streams.join({
      prepared,
      variables,
      onOverflow,
      open: (sink) => this.#hub.join(shareKey, this.#upstream(operation, { ...request, context }), sink),
      resolve: () => eventResolver({ ...this.options, executor, checked, prepared, variables, context }),
      failed: (error) => this.#failed(error, request),
    })
  }

  #own(subscription: SubscriptionRequest, prepared: Prepared, operation: UpstreamOperation): EventReader {
    const { executor, checked, request, onOverflow } = subscription
    const { variables, context } = request
    const { waitingEvents, waitingBytes } = this.options.limits
    const resolve = eventResolver({ ...this.options, executor, checked, prepared, variables, context })
    let failure: Response | null = null
    let leave: (() => void) | null = null
    let overflowed = false
    const queue = new EventQueue<UpstreamEvent>({ events: waitingEvents, bytes: waitingBytes }, () => {
      // At once, and not when the reader takes the next: a reader who stopped takes none.
      overflowed = true
      leave?.()
      onOverflow()
    })
    leave = this.#hub.join(null, this.#upstream(operation, request), {
      onEvent: (event) => queue.push(event, event.mark.key),
      onEnd: (error) => {
        failure = error === null ? null : this.#failed(error, request)
        queue.end()
      },
    })
    if (overflowed) leave()
    return {
      read: (reader) =>
        queue.read({
          take: (event, taken) =>
            void resolve(event)
              .then((text) => reader.take(new Response(text), taken))
              .catch((error: unknown) => {
                failure = this.#failed(error, request)
                queue.close()
              }),
          ended() {
            if (failure === null) reader.ended()
            else reader.take(failure, () => reader.ended())
          },
        }),
      leave() {
        failure = null
        queue.close()
        leave?.()
      },
    }
  }

  #upstream(operation: UpstreamOperation, request: OperationRequest): UpstreamOptions {
    const { urls, signer, limits, logger, tls } = this.options
    const { subgraph } = operation
    return {
      operation,
      url: urls().get(subgraph) ?? '',
      traceparent: request.context.trace.traceparent,
      token: () => signer.sign(subgraph, request.context.caller),
      readStart: (field) => this.#readStart(subgraph, field, request),
      maxEventBytes: limits.subgraphResponseBytes,
      logger,
      tls,
    }
  }

  #failed(error: unknown, { context }: OperationRequest): Response {
    const { logger } = this.options
    if (!(error instanceof GraphQLError)) logger.error({ error }, 'an event could not be resolved')
    const told = error instanceof GraphQLError ? error : new GraphQLError(ERROR_MESSAGES.INTERNAL_SERVER_ERROR)
    return new Response(responseText({ data: 'null', errors: [told.toJSON()] }, context, logger))
  }

  async #readStart(subgraph: string, field: string, { context }: OperationRequest): Promise<string> {
    const { transport, limits } = this.options
    const deadlineMs = performance.now() + limits.requestTimeoutMs
    const body = JSON.stringify({ query: `{ ${field} }` })
    const answer: unknown = JSON.parse(await transport.send(subgraph, body, { ...context, deadlineMs }))
    const cursor = isObject(answer) && isObject(answer.data) ? answer.data[field] : null
    if (typeof cursor === 'string') return cursor
    throw new Fault('SERVICE_UNAVAILABLE', 'The subgraph did not say where its events stand.')
  }
}
