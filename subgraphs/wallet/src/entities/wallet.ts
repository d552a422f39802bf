import { CurrencyScalar, DateTimeScalar, Key } from '@corridor/subgraph'
import { Entity, PrimaryKey, Property } from '@mikro-orm/decorators/legacy'
import { Field, ID, ObjectType, registerEnumType } from 'type-graphql'

export enum WalletStatus {
  ACTIVE = 'ACTIVE',
  FROZEN = 'FROZEN',
  CLOSED = 'CLOSED',
}
registerEnumType(WalletStatus, { name: 'WalletStatus' })

/** A customer's account in one currency. Its id is its ledger account's id. */
@Key('id')
@ObjectType('Wallet')
@Entity({ tableName: 'wallets' })
export class Wallet {
  @Field(() => ID)
  @PrimaryKey({ type: 'uuid' })
  id!: string

  @Property({ type: 'uuid', fieldName: 'owner' })
  ownerId!: string

  @Field(() => String)
  @Property({ type: 'text' })
  name!: string

  @Field(() => CurrencyScalar)
  @Property({ type: 'text' })
  currency!: string

  @Field(() => WalletStatus)
  @Property({ type: 'text' })
  status!: WalletStatus

  @Property({ type: 'text', nullable: true })
  statusReason!: string | null

  /** The version of the ledger's account at which it had this status: decisions that came earlier are not followed. */
  @Property({ type: 'bigint' })
  accountVersion!: bigint

  @Field(() => DateTimeScalar)
  @Property({ type: 'timestamptz' })
  createdAt!: Date

  @Property({ type: 'timestamptz' })
  updatedAt!: Date
}
