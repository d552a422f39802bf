import { DateTimeScalar, Key, MoneyType } from '@corridor/subgraph'
import { Field, ID, ObjectType, registerEnumType } from 'type-graphql'

export enum TransferStateEnum {
  PENDING = 'PENDING',
  POSTED = 'POSTED',
  VOIDED = 'VOIDED',
  EXPIRED = 'EXPIRED',
}
registerEnumType(TransferStateEnum, { name: 'TransferState' })

@Key('id')
@ObjectType('Transfer')
export class TransferType {
  @Field(() => ID)
  readonly id!: string

  @Field(() => String)
  readonly debitAccountCode!: string

  @Field(() => String)
  readonly creditAccountCode!: string

  @Field(() => MoneyType)
  readonly amount!: MoneyType

  @Field(() => MoneyType, {
    nullable: true,
    description: 'Of a pending transfer: how much was posted in the end.',
  })
  readonly postedAmount?: MoneyType | null

  @Field(() => TransferStateEnum)
  readonly state!: TransferStateEnum

  @Field(() => DateTimeScalar, { nullable: true })
  readonly expiresAt?: Date | null

  @Field(() => ID, {
    nullable: true,
    description:
      'The pending transfer that this row posts or voids. Rows never change; a state is what later rows say.',
  })
  readonly resolves?: string | null

  @Field(() => ID, { description: 'Transfers of one journal post together or not at all.' })
  readonly journalId!: string

  @Field(() => String, { nullable: true })
  readonly description?: string | null

  @Field(() => DateTimeScalar)
  readonly createdAt!: Date
}
