import {
  accept,
  type Clock,
  type IdempotencyKeys,
  inTransaction,
  inTransactionOrRefuse,
  invariant,
  type Pool,
  type Result,
  refuse,
  uuidv7,
  type Wakeups,
} from '@corridor/platform'
import { type DeliveryStatus, judgeWebhook, MAX_WEBHOOKS, type Webhook, type WebhookDelivery } from './webhook.ts'
import { newWebhookSecret, type WebhookSecrets } from './webhook-secret.ts'
import * as store from './webhook-store.ts'

/** Where the sender listens for deliveries that have become due. */
export const DELIVERIES_CHANNEL = 'webhook-deliveries-due'

export interface WebhookDeps {
  readonly pool: Pool
  readonly clock: Clock
  readonly wakeups: Wakeups
  readonly keys: IdempotencyKeys
  readonly secrets: WebhookSecrets
  /** Lets endpoints be on this machine and in private networks, and without TLS: for development. */
  readonly allowPrivate: boolean
}

export interface RegisterWebhook {
  readonly owner: string
  /** `idempotencyScope(caller)`. */
  readonly scope: string
  readonly idempotencyKey: string
  readonly url: string
  readonly events: readonly string[]
}

export type RegisteredWebhook = Webhook & { readonly secret: string | null }

/** Endpoints of customers: registered, listed, removed; their deliveries looked at and replayed. */
export class WebhookUseCases {
  constructor(private readonly deps: WebhookDeps) {}

  /** The secret is in the answer of the call that made it, and in no other. */
  async register(input: RegisterWebhook): Promise<Result<RegisteredWebhook>> {
    const { pool, clock, keys, secrets, allowPrivate } = this.deps
    const judged = judgeWebhook(input, { allowPrivate })
    if (!judged.ok) return judged
    const { owner, scope, idempotencyKey: key } = input
    const webhook = { ...judged.value, id: uuidv7(), owner }
    const secret = newWebhookSecret()
    return inTransactionOrRefuse<RegisteredWebhook>(pool, async (client) => {
      const call = { scope, key, operation: 'registerWebhook', input: judged.value, resultId: webhook.id }
      const claimed = await keys.claim(client, call)
      if (!claimed.ok) return claimed
      if (!claimed.value.first) {
        const made = await store.readWebhook(client, claimed.value.resultId, owner)
        invariant(made, 'what a key made is never removed')
        return accept({ ...made, secret: null })
      }
      // One after the other for a customer, or two at once could both be the last that fits.
      await client.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`webhooks:${owner}`])
      if ((await store.readWebhooks(client, owner)).length >= MAX_WEBHOOKS) {
        return refuse('LIMIT_EXCEEDED', `At most ${MAX_WEBHOOKS} webhooks.`)
      }
      await store.insertWebhook(client, { ...webhook, secret: secrets.seal(webhook.id, secret), now: clock.now() })
      return accept({ ...webhook, secret })
    })
  }

  list(owner: string): Promise<readonly Webhook[]> {
    return store.readWebhooks(this.deps.pool, owner)
  }

  async remove(id: string, owner: string): Promise<Result<true>> {
    const { pool, clock } = this.deps
    const removed = await inTransaction(pool, (client) => store.deleteWebhook(client, id, owner, clock.now()))
    return removed ? accept(true) : refuse('NOT_FOUND', undefined, 'id')
  }

  async deliveries(
    owner: string,
    page: { webhookId: string; status: DeliveryStatus | null; before: bigint | null; limit: number },
  ): Promise<Result<readonly WebhookDelivery[]>> {
    const { pool } = this.deps
    if ((await store.readWebhook(pool, page.webhookId, owner)) === null) {
      return refuse('NOT_FOUND', undefined, 'webhookId')
    }
    return accept(await store.readDeliveries(pool, page))
  }

  /** Sends it again, whatever became of it, and then as often as a new one. */
  async replay(id: string, owner: string): Promise<Result<WebhookDelivery>> {
    const { pool, clock, wakeups } = this.deps
    const replayed = await store.replayDelivery(pool, { id, owner, now: clock.now() })
    if (replayed === null) return refuse('NOT_FOUND', undefined, 'id')
    wakeups.wake(DELIVERIES_CHANNEL)
    return accept(replayed)
  }
}
