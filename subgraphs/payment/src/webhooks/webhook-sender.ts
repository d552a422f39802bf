import { type Consumer, type DeliveredEvent, Loop } from '@corridor/events'
import {
  CallGroup,
  type Clock,
  contextOf,
  createPool,
  currentTraceparent,
  inSpan,
  type Logger,
  type Pool,
  type Wakeups,
} from '@corridor/platform'
import { type Span, SpanKind, SpanStatusCode } from '@opentelemetry/api'
import { Webhook as Signer } from 'standardwebhooks'
import { Agent, request } from 'undici'
import { publicLookup } from './public-address.ts'
import { MAX_ATTEMPTS, nextAttemptAt, RETRY_AFTER_S, toldOf } from './webhook.ts'
import { WebhookSecrets } from './webhook-secret.ts'
import {
  type DueDelivery,
  forgetDeliveries,
  hastenDeliveries,
  insertDeliveries,
  settleDelivery,
  type ToDeliver,
  takeDueDeliveries,
} from './webhook-store.ts'
import { DELIVERIES_CHANNEL } from './webhook-use-cases.ts'

export interface WebhookSenderDeps {
  readonly databaseUrl: string
  /** 32 bytes in base64; the subgraph has the same. */
  readonly webhookKey: string
  readonly clock: Clock
  readonly logger: Logger
  readonly wakeups: Wakeups
  readonly allowPrivate: boolean
}

export interface WebhookSender {
  /** Turns events of payments into deliveries. */
  readonly consumer: Consumer
  start(): void
  stop(): Promise<void>
}

const SERVICE = 'webhook-sender'
const CONNECTIONS = 4
const AT_ONCE = 32
const POLL_MS = 1_000
const TIMEOUT_MS = 10_000
/** Longer than an attempt may take: only the delivery of a sender that died comes again by this. */
const TAKEN_FOR_MS = 60_000
const MAX_ANSWER_BYTES = 64 * 1024
const MAX_ERROR_CHARACTERS = 200
const FORGET_POLL_MS = 600_000
/** How long a delivery that has ended can be read and replayed: longer than its event can come again. */
const DELIVERIES_KEPT_MS = 30 * 24 * 60 * 60 * 1000
const MAX_FORGOTTEN = 1_000
/** How long a clock that was set back may hold up a delivery besides its pause. */
const HASTEN_POLL_MS = 60_000
const MAX_HASTENED = 1_000
/** The furthest that a delivery with so many attempts is due ahead; what was taken and not settled is due by that. */
export const LONGEST_WAITS_MS = [0, ...[...RETRY_AFTER_S, 0].map((pauseS) => Math.max(pauseS * 1_000, TAKEN_FOR_MS))]
const SUCCESS = { from: 200, to: 299 }

/** Tells customers' endpoints of payments, by Standard Webhooks 1.0.0: at least once, always under the same webhook-id. */
export function createWebhookSender(deps: WebhookSenderDeps): WebhookSender {
  const pool = createPool({ url: deps.databaseUrl, service: SERVICE, max: CONNECTIONS })
  const agent = new Agent({
    connect: { timeout: TIMEOUT_MS, ...(deps.allowPrivate ? {} : { lookup: publicLookup }) },
    headersTimeout: TIMEOUT_MS,
    bodyTimeout: TIMEOUT_MS,
    maxResponseSize: MAX_ANSWER_BYTES,
  })
  const attempts = new Attempts(deps, pool, agent)
  const loop = new Loop({
    name: SERVICE,
    logger: deps.logger,
    round: () => attempts.round(),
    pollMs: POLL_MS,
    wakeups: deps.wakeups,
    channels: [DELIVERIES_CHANNEL],
  })
  const forgetting = new Loop({
    name: `${SERVICE}:forget`,
    logger: deps.logger,
    round: async () => {
      const before = new Date(deps.clock.now().getTime() - DELIVERIES_KEPT_MS)
      return (await forgetDeliveries(pool, before, MAX_FORGOTTEN)) === MAX_FORGOTTEN
    },
    pollMs: FORGET_POLL_MS,
  })
  const hastening = new Loop({
    name: `${SERVICE}:clock`,
    logger: deps.logger,
    round: async () => {
      const at = { now: deps.clock.now(), longestMs: LONGEST_WAITS_MS, limit: MAX_HASTENED }
      const hastened = await hastenDeliveries(pool, at)
      if (hastened > 0) deps.logger.warn({ attempts: hastened }, 'clocks disagree: webhooks are due earlier')
      return hastened === MAX_HASTENED
    },
    pollMs: HASTEN_POLL_MS,
  })
  const loops = [loop, forgetting, hastening]
  return {
    consumer: { name: SERVICE, topics: ['payment.events'], handle: fanOut(deps, pool) },
    start: () => {
      for (const one of loops) one.start()
    },
    stop: async () => {
      await Promise.all(loops.map((one) => one.stop()))
      await agent.close()
      await pool.end()
    },
  }
}

/**
 * Makes a delivery per endpoint that wants an event, once however often it comes. Events that come side by side share a
 * statement; those of one payment follow each other.
 */
function fanOut({ clock, wakeups }: WebhookSenderDeps, pool: Pool): (event: DeliveredEvent) => Promise<void> {
  const group = new CallGroup<ToDeliver & { readonly key: string }, undefined>({
    span: { service: SERVICE, name: 'make deliveries' },
    answer: async (events) => {
      const made = await insertDeliveries(pool, events, clock.now())
      if (made > 0) wakeups.wake(DELIVERIES_CHANNEL)
      return events.map(() => undefined)
    },
    keyOf: ({ key }) => key,
    groupsAtOnce: 1,
  })
  return ({ id: eventId, key, type, data, occurredAt }) => {
    const { paymentId, status, payer, payee } = data as {
      paymentId: string
      status: string
      payer: string
      payee: string | null
    } // As payment.events are described.
    return group.submit({
      key,
      eventId,
      owners: toldOf({ type, payer, payee }),
      type,
      occurredAt,
      data: { paymentId, status },
      traceparent: currentTraceparent(),
    })
  }
}

class Attempts {
  private readonly secrets: WebhookSecrets

  constructor(
    private readonly deps: WebhookSenderDeps,
    private readonly pool: Pool,
    private readonly agent: Agent,
  ) {
    this.secrets = new WebhookSecrets(deps.webhookKey)
  }

  /** Attempts what is due; answers whether more may be waiting. */
  async round(): Promise<boolean> {
    const now = this.deps.clock.now()
    const until = new Date(now.getTime() + TAKEN_FOR_MS)
    const asked = { now, until, limit: AT_ONCE, maxAttempts: MAX_ATTEMPTS }
    const { taken, givenUp } = await takeDueDeliveries(this.pool, asked)
    if (givenUp > 0)
      this.deps.logger.error(
        { givenUp },
        'deliveries whose last attempt did not end, or whose webhook was deleted, are given up',
      )
    await Promise.all(taken.map((delivery) => this.attemptInTrace(delivery)))
    return taken.length + givenUp === AT_ONCE
  }

  private attemptInTrace(delivery: DueDelivery): Promise<void> {
    const attributes = { 'http.request.resend_count': delivery.attempts - 1, 'messaging.message.id': delivery.id }
    const parent = contextOf(delivery.traceparent)
    return inSpan({ service: SERVICE, name: 'call webhook', kind: SpanKind.CLIENT, attributes, parent }, (span) =>
      this.attempt(delivery, span),
    )
  }

  private async attempt(delivery: DueDelivery, span: Span): Promise<void> {
    const error = await this.send(delivery)
    if (error !== null) span.setStatus({ code: SpanStatusCode.ERROR, message: 'not delivered' })
    const { id, attempts } = delivery
    if (error === null) {
      return settleDelivery(this.pool, { id, attempts, status: 'DELIVERED', error: null, nextAttemptAt: null })
    }
    const next = nextAttemptAt(attempts, this.deps.clock.now())
    this.deps.logger.info({ delivery: id, attempts, error }, 'a webhook was not delivered')
    const status = next === null ? 'DEAD' : 'PENDING'
    return settleDelivery(this.pool, { id, attempts, status, error, nextAttemptAt: next })
  }

  /** Null when the endpoint took it; else why not. A redirect is not followed: it is no success. */
  private async send({ id, webhookId, url, secret, eventType, occurredAt, data }: DueDelivery): Promise<string | null> {
    const traceparent = currentTraceparent()
    const body = JSON.stringify({ type: eventType, timestamp: occurredAt.toISOString(), data })
    const at = this.deps.clock.now()
    const signature = new Signer(this.secrets.open(webhookId, secret)).sign(id, at, body)
    try {
      const answer = await request(url, {
        method: 'POST',
        dispatcher: this.agent,
        body,
        headers: {
          'content-type': 'application/json',
          'user-agent': 'Corridor-Webhooks/1.0',
          'webhook-id': id,
          'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)),
          'webhook-signature': signature,
          ...(traceparent === null ? {} : { traceparent }),
        },
        signal: AbortSignal.timeout(TIMEOUT_MS),
      })
      await answer.body.dump()
      const { statusCode } = answer
      return statusCode >= SUCCESS.from && statusCode <= SUCCESS.to ? null : `The endpoint answered ${statusCode}.`
    } catch (error) {
      return reasonOf(error)
    }
  }
}

/** What the customer is told of a failure; the details of our network stay with us. */
function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (code === 'PRIVATE_ADDRESS') return 'The address is not public.'
  if (error instanceof Error && error.name === 'TimeoutError') return 'The endpoint did not answer in time.'
  return `The endpoint could not be reached${code === '' ? '' : ` (${code})`}.`.slice(0, MAX_ERROR_CHARACTERS)
}
