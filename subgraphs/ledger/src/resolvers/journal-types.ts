import { CurrencyScalar, DateTimeScalar, Inaccessible } from '@corridor/subgraph'
import { Field, ID, InputType, Int, ObjectType, registerEnumType } from 'type-graphql'
import { AccountStatusEnum } from './account-type.ts'

/** What may be asked of the write path; only services of the platform see these types. */
@Inaccessible()
@InputType('OpenAccountInput')
export class OpenAccountInput {
  @Field(() => ID)
  readonly id!: string

  @Field(() => String)
  readonly code!: string

  @Field(() => CurrencyScalar)
  readonly currency!: string

  @Field(() => ID)
  readonly owner!: string
}

@Inaccessible()
@ObjectType('LedgerAccountInfo')
export class LedgerAccountInfo {
  @Field(() => ID)
  readonly id!: string

  @Field(() => CurrencyScalar)
  readonly currency!: string

  @Field(() => ID)
  readonly owner!: string
}

export enum TransferActionEnum {
  POST = 'POST',
  HOLD = 'HOLD',
  CAPTURE = 'CAPTURE',
  VOID = 'VOID',
}
registerEnumType(TransferActionEnum, { name: 'TransferAction' })

@Inaccessible()
@InputType('TransferInput')
export class TransferInput {
  @Field(() => ID)
  readonly id!: string

  @Field(() => TransferActionEnum)
  readonly action!: TransferActionEnum

  @Field(() => String, { nullable: true })
  readonly debitAccount?: string | null

  @Field(() => String, { nullable: true })
  readonly creditAccount?: string | null

  @Field(() => String, { nullable: true })
  readonly amountMinor?: string | null

  @Field(() => CurrencyScalar, { nullable: true })
  readonly currency?: string | null

  @Field(() => ID, { nullable: true })
  readonly resolves?: string | null

  @Field(() => DateTimeScalar, { nullable: true })
  readonly expiresAt?: string | null
}

@Inaccessible()
@InputType('JournalInput')
export class JournalInput {
  @Field(() => ID)
  readonly id!: string

  @Field(() => Boolean, { nullable: true })
  readonly final?: boolean | null

  @Field(() => String, { nullable: true })
  readonly description?: string | null

  @Field(() => [TransferInput])
  readonly transfers!: TransferInput[]
}

export enum JournalStatusEnum {
  POSTED = 'POSTED',
  REFUSED = 'REFUSED',
  RETIRED = 'RETIRED',
}
registerEnumType(JournalStatusEnum, { name: 'JournalStatus' })

@Inaccessible()
@ObjectType('JournalResult')
export class JournalResultType {
  @Field(() => ID)
  readonly id!: string

  @Field(() => JournalStatusEnum)
  readonly status!: JournalStatusEnum

  @Field(() => String, { nullable: true })
  readonly code?: string | null

  @Field(() => String, { nullable: true })
  readonly message?: string | null

  @Field(() => Int, { nullable: true })
  readonly transferIndex?: number | null

  @Field(() => DateTimeScalar, { nullable: true })
  readonly postedAt?: Date | null
}

@Inaccessible()
@ObjectType('AccountStatusResult')
export class AccountStatusResult {
  @Field(() => ID)
  readonly id!: string

  @Field(() => AccountStatusEnum, { nullable: true })
  readonly status?: AccountStatusEnum | null

  /** Of the account: of two decisions, the one of the higher version is the later. */
  @Field(() => String, { nullable: true })
  readonly version?: string | null

  @Field(() => String, { nullable: true })
  readonly code?: string | null

  @Field(() => String, { nullable: true })
  readonly message?: string | null
}
