import { type IdempotencyKeys, idempotencyScope, isUuid, orThrow, refuse } from '@corridor/platform'
import {
  type Connection,
  encodeCursor,
  pageOf,
  RequiresScopes,
  type SubgraphContext,
  subjectOf,
  toConnection,
} from '@corridor/subgraph'
import { Arg, Ctx, ID, Int, Mutation, Query, Resolver } from 'type-graphql'
import type { DeliveryStatus, Webhook, WebhookDelivery } from '../webhooks/webhook.ts'
import type { WebhookUseCases } from '../webhooks/webhook-use-cases.ts'
import { numberOf } from './payment-cursor.ts'
import {
  DeliveryStatusEnum,
  RegisterWebhookInput,
  WebhookDeliveryConnectionType,
  WebhookDeliveryType,
  WebhookType,
} from './webhook-types.ts'

@Resolver()
export class WebhookResolver {
  constructor(
    private readonly useCases: WebhookUseCases,
    private readonly keys: IdempotencyKeys,
  ) {}

  @RequiresScopes('webhooks:read')
  @Query(() => [WebhookType])
  webhooks(@Ctx() { caller }: SubgraphContext): Promise<readonly Webhook[]> {
    return this.useCases.list(subjectOf(caller))
  }

  @RequiresScopes('webhooks:read')
  @Query(() => WebhookDeliveryConnectionType)
  async webhookDeliveries(
    @Arg('webhookId', () => ID) webhookId: string,
    @Arg('status', () => DeliveryStatusEnum, { nullable: true }) status: DeliveryStatus | null,
    @Arg('first', () => Int, { nullable: true, defaultValue: 20 }) first: number | null,
    @Arg('after', () => String, { nullable: true }) after: string | null,
    @Ctx() { caller }: SubgraphContext,
  ): Promise<Connection<WebhookDelivery>> {
    const page = orThrow(pageOf({ first: first ?? 20, after, keyParts: 1 }))
    const before = page.after === null ? null : numberOf(page.after[0])
    const wanted = { webhookId: idOf(webhookId, 'webhookId'), status: status ?? null, before, limit: page.limit }
    const rows = orThrow(await this.useCases.deliveries(subjectOf(caller), wanted))
    return toConnection(rows, page, { node: (row) => row, cursor: ({ number }) => encodeCursor(number) })
  }

  @RequiresScopes('webhooks:write')
  @Mutation(() => WebhookType)
  async registerWebhook(
    @Arg('input', () => RegisterWebhookInput) { idempotencyKey, url, events }: RegisterWebhookInput,
    @Ctx() { caller }: SubgraphContext,
  ): Promise<WebhookType> {
    const owner = subjectOf(caller)
    orThrow(this.keys.check(idempotencyKey))
    return orThrow(
      await this.useCases.register({ owner, scope: idempotencyScope(caller), idempotencyKey, url, events }),
    )
  }

  @RequiresScopes('webhooks:write')
  @Mutation(() => Boolean)
  async deleteWebhook(@Arg('id', () => ID) id: string, @Ctx() { caller }: SubgraphContext): Promise<boolean> {
    return orThrow(await this.useCases.remove(idOf(id, 'id'), subjectOf(caller)))
  }

  @RequiresScopes('webhooks:write')
  @Mutation(() => WebhookDeliveryType)
  async replayWebhookDelivery(
    @Arg('id', () => ID) id: string,
    @Ctx() { caller }: SubgraphContext,
  ): Promise<WebhookDelivery> {
    return orThrow(await this.useCases.replay(idOf(id, 'id'), subjectOf(caller)))
  }
}

/** What is no id is nobody's. */
const idOf = (id: string, field: string): string => (isUuid(id) ? id : orThrow(refuse('NOT_FOUND', undefined, field)))
