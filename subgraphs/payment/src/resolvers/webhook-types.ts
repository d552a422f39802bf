import { DateTimeScalar, PageInfo } from '@corridor/subgraph'
import { Field, ID, InputType, Int, ObjectType, registerEnumType } from 'type-graphql'

export enum DeliveryStatusEnum {
  PENDING = 'PENDING',
  DELIVERED = 'DELIVERED',
  DEAD = 'DEAD',
}
registerEnumType(DeliveryStatusEnum, { name: 'DeliveryStatus' })

@InputType('RegisterWebhookInput')
export class RegisterWebhookInput {
  @Field(() => String)
  readonly idempotencyKey!: string

  @Field(() => String)
  readonly url!: string

  @Field(() => [String], { description: 'Event types: payment.completed, payment.failed, ...; all if empty.' })
  readonly events!: string[]
}

@ObjectType('Webhook')
export class WebhookType {
  @Field(() => ID)
  readonly id!: string

  @Field(() => String)
  readonly url!: string

  @Field(() => [String])
  readonly events!: readonly string[]

  @Field(() => String, {
    nullable: true,
    description: 'Shown once, when registered. Signatures follow the Standard Webhooks specification.',
  })
  readonly secret?: string | null
}

@ObjectType('WebhookDelivery')
export class WebhookDeliveryType {
  @Field(() => ID)
  readonly id!: string

  @Field(() => String)
  readonly eventType!: string

  @Field(() => DeliveryStatusEnum)
  readonly status!: `${DeliveryStatusEnum}`

  @Field(() => Int)
  readonly attempts!: number

  @Field(() => String, { nullable: true })
  readonly lastError!: string | null

  @Field(() => DateTimeScalar, { nullable: true })
  readonly nextAttemptAt!: Date | null
}

@ObjectType('WebhookDeliveryEdge')
export class WebhookDeliveryEdgeType {
  @Field(() => WebhookDeliveryType)
  readonly node!: WebhookDeliveryType

  @Field(() => String)
  readonly cursor!: string
}

@ObjectType('WebhookDeliveryConnection')
export class WebhookDeliveryConnectionType {
  @Field(() => [WebhookDeliveryEdgeType])
  readonly edges!: readonly WebhookDeliveryEdgeType[]

  @Field(() => PageInfo)
  readonly pageInfo!: PageInfo
}
