import type { PlanNode, QueryPlan } from '@apollo/query-planner'
import {
  counter,
  DATABASE_SECONDS,
  ERROR_MESSAGES,
  gauge,
  type Histogram,
  histogram,
  type Logger,
  OTHER,
  REQUEST_SECONDS,
} from '@corridor/platform'
import { Kind, type OperationDefinitionNode } from 'graphql'
import { clientOf } from './client-metrics.ts'
import { isGivenUp } from './departure.ts'
import type { Transport } from './execution/transport.ts'
import { type Checked, type Executed, OperationExecutor, type OperationRequest } from './operation-executor.ts'
import {
  type EventReader,
  FederatedSubscriptions,
  type SubscriptionRequest,
} from './subscriptions/federated-subscriptions.ts'

const MILLISECONDS = 1_000
const NO_ERROR = 'none'
const SUBGRAPHS = { first: 12 }
const FIELDS = { first: 150 }
/** Which way an operation went, told apart from why it failed: one series more per field, not one per field and code. */
const OUTCOMES = ['ok', 'refused', 'failed', 'given_up'] as const

const operations = histogram({
  name: 'corridor.graphql.operation.duration',
  unit: 's',
  description: 'Time of an operation in the router, by its first root field, which the schema bounds.',
  attributes: { 'graphql.root.field': FIELDS, outcome: OUTCOMES },
  bounds: REQUEST_SECONDS,
})
const databaseTime = histogram({
  name: 'corridor.graphql.operation.database.duration',
  unit: 's',
  description: 'What the statements behind an operation took together, by its first root field.',
  attributes: { 'graphql.root.field': FIELDS },
  bounds: DATABASE_SECONDS,
})
const errors = counter({
  name: 'corridor.graphql.errors',
  unit: '{operation}',
  description: 'Operations that were answered with an error, by the code of the first.',
  attributes: { 'error.type': Object.keys(ERROR_MESSAGES) },
})
const requests = histogram({
  name: 'corridor.subgraph.request.duration',
  unit: 's',
  description: 'Time of a request to a subgraph, but for those whose client left.',
  attributes: { subgraph: SUBGRAPHS, 'error.type': [NO_ERROR, 'no_answer'] },
  bounds: REQUEST_SECONDS,
})
const subscriptions = gauge({
  name: 'corridor.subscription.active',
  unit: '{subscription}',
  description: 'Subscriptions that are open.',
  inStatus: true,
})
const upstreams = gauge({
  name: 'corridor.subscription.upstreams',
  unit: '{stream}',
  description: 'Streams that are open to subgraphs.',
  inStatus: true,
})
const closed = counter({
  name: 'corridor.subscription.closed',
  unit: '{subscription}',
  description: 'Subscriptions that ended, and whether because their reader was too slow.',
  attributes: { reason: ['ended', 'too_slow'] },
})
type Outcome = (typeof OUTCOMES)[number]
type Series = Readonly<Record<Outcome | 'database', Histogram>>
const series = new WeakMap<OperationDefinitionNode, Series>()

/** Times every operation, and logs slow ones with the shape of their plan: subgraphs and paths, no value and no text. */
export class MeasuredExecutor extends OperationExecutor {
  #slow: { readonly slowMs: number; readonly logger: Logger } | null = null

  /** Operations that take longer than `slowMs` are logged from now on. */
  tellSlow(slow: { readonly slowMs: number; readonly logger: Logger }): this {
    this.#slow = slow
    return this
  }

  override async run(checked: Checked, request: OperationRequest): Promise<Executed> {
    const startedMs = performance.now()
    const spent = { databaseMs: 0 }
    const executed = await super.run(checked, { ...request, context: { ...request.context, spent } })
    const tookMs = performance.now() - startedMs
    const { operation } = checked.operation
    let known = series.get(operation)
    if (known === undefined) {
      known = seriesOf(operation)
      series.set(operation, known)
    }
    const outcome = isGivenUp(request.context, operation) ? 'given_up' : outcomeOf(executed)
    known[outcome].record(tookMs / MILLISECONDS)
    known.database.record(spent.databaseMs / MILLISECONDS)
    if (this.#slow !== null && tookMs > this.#slow.slowMs)
      this.#tell(this.#slow.logger, { checked, request, tookMs, spent })
    return executed
  }

  #tell(
    logger: Logger,
    slow: { checked: Checked; request: OperationRequest; tookMs: number; spent: { databaseMs: number } },
  ): void {
    const { checked, request, tookMs, spent } = slow
    const { plan } = this.prepare(checked.operation, request.context.caller)
    const durationMs = Math.round(tookMs)
    const { client, version } = clientOf(request.context.headers ?? {})
    logger.warn(
      {
        operation: rootFieldOf(checked.operation.operation),
        durationMs,
        databaseMs: Math.round(spent.databaseMs),
        plan: planShape(plan),
        client,
        clientVersion: version,
      },
      'a slow operation',
    )
  }
}

const seriesOf = (operation: OperationDefinitionNode): Series => {
  const of = (outcome: Outcome): Histogram => operations.of({ 'graphql.root.field': rootFieldOf(operation), outcome })
  const database = databaseTime.of({ 'graphql.root.field': rootFieldOf(operation) })
  return { ok: of('ok'), refused: of('refused'), failed: of('failed'), given_up: of('given_up'), database }
}

/** Of validated operations: a name of the schema. */
function rootFieldOf({ selectionSet }: OperationDefinitionNode): string {
  const [first] = selectionSet.selections
  return first?.kind === Kind.FIELD ? first.name.value : OTHER
}

const FAILURES: ReadonlySet<string> = new Set(['INTERNAL_SERVER_ERROR', 'SERVICE_UNAVAILABLE'])

function outcomeOf({ errors: told }: Executed): Outcome {
  const [first] = told
  if (first === undefined) return 'ok'
  const code = String(first.extensions?.code ?? 'INTERNAL_SERVER_ERROR')
  errors.of({ 'error.type': code }).add()
  return FAILURES.has(code) ? 'failed' : 'refused'
}

/** `payment > (wallet at payment.from, profile at payment.payee)`: what is asked of whom, in order and side by side. */
export function planShape({ node }: QueryPlan): string {
  return node === undefined ? 'nothing' : node.kind === 'Subscription' ? node.primary.serviceName : shapeOf(node, '')
}

function shapeOf(node: PlanNode, path: string): string {
  switch (node.kind) {
    case 'Fetch':
      return path === '' ? node.serviceName : `${node.serviceName} at ${path}`
    case 'Flatten':
      return shapeOf(node.node, node.path.join('.'))
    case 'Sequence':
      return node.nodes.map((each) => shapeOf(each, path)).join(' > ')
    case 'Parallel':
      return `(${node.nodes.map((each) => shapeOf(each, path)).join(', ')})`
    default:
      return node.kind
  }
}

/** Times every request to a subgraph. */
export function measured<T extends Transport>(transport: T): T {
  const bySubgraph = new Map<string, { ok: Histogram; failed: Histogram }>()
  const seriesFor = (subgraph: string) => {
    let found = bySubgraph.get(subgraph)
    if (found === undefined) {
      found = {
        ok: requests.of({ subgraph, 'error.type': NO_ERROR }),
        failed: requests.of({ subgraph, 'error.type': 'no_answer' }),
      }
      bySubgraph.set(subgraph, found)
    }
    return found
  }
  return {
    ...transport,
    send(subgraph, body, context) {
      const startedMs = performance.now()
      const { ok, failed } = seriesFor(subgraph)
      const record = (of: Histogram) => () => of.record((performance.now() - startedMs) / MILLISECONDS)
      const answer = transport.send(subgraph, body, context)
      answer.then(record(ok), () => {
        // How long the client stayed says nothing of the subgraph.
        if (!context.departure?.left) record(failed)()
      })
      return answer
    },
  }
}

/** Counts subscriptions and why they end. */
export class MeasuredSubscriptions extends FederatedSubscriptions {
  override subscribe(subscription: SubscriptionRequest): EventReader | Executed {
    let reason = 'ended'
    const onOverflow = (): void => {
      reason = 'too_slow'
      subscription.onOverflow()
    }
    const opened = super.subscribe({ ...subscription, onOverflow })
    if ('errors' in opened) return opened
    let open = true
    subscriptions.of({}).add(1)
    upstreams.of({}).set(this.upstreams)
    return {
      read: (reader) => opened.read(reader),
      leave: () => {
        opened.leave()
        upstreams.of({}).set(this.upstreams)
        if (!open) return
        open = false
        subscriptions.of({}).add(-1)
        closed.of({ reason }).add()
      },
    }
  }
}
