import { CountryCodeScalar, CurrencyScalar, DateTimeScalar, Inaccessible, Key } from '@corridor/subgraph'
import { Field, ID, InputType, Int, ObjectType, registerEnumType } from 'type-graphql'

export enum DeliveryMethodEnum {
  WALLET = 'WALLET',
  BANK = 'BANK',
  CASH_PICKUP = 'CASH_PICKUP',
}
registerEnumType(DeliveryMethodEnum, { name: 'DeliveryMethod' })

/** A wallet as profiles know it: by id. */
@Key('id')
@ObjectType('Wallet')
export class WalletRef {
  @Field(() => ID)
  readonly id!: string
}

@Key('id')
@ObjectType('Beneficiary')
export class BeneficiaryType {
  @Field(() => ID)
  readonly id!: string

  @Field(() => String)
  readonly name!: string

  @Field(() => CountryCodeScalar)
  readonly country!: string

  @Field(() => CurrencyScalar)
  readonly currency!: string

  @Field(() => DeliveryMethodEnum)
  readonly delivery!: DeliveryMethodEnum

  @Field(() => String, { nullable: true, description: 'Masked: only the last four characters are ever shown.' })
  readonly accountNumber?: string | null

  @Field(() => String, { nullable: true })
  readonly bankName?: string | null

  @Field(() => DateTimeScalar)
  readonly createdAt!: Date
}

@InputType('AddBeneficiaryInput')
export class AddBeneficiaryInput {
  @Field(() => String)
  readonly idempotencyKey!: string

  @Field(() => String)
  readonly name!: string

  @Field(() => CountryCodeScalar)
  readonly country!: string

  @Field(() => CurrencyScalar)
  readonly currency!: string

  @Field(() => DeliveryMethodEnum)
  readonly delivery!: DeliveryMethodEnum

  @Field(() => ID, { nullable: true })
  readonly walletId?: string | null

  @Field(() => String, { nullable: true })
  readonly accountNumber?: string | null

  @Field(() => String, { nullable: true })
  readonly bankName?: string | null
}

/** How a name compared with the lists: the rules get this, and never a name. */
@Inaccessible()
@ObjectType('ScreeningResult')
export class ScreeningResult {
  @Field(() => Boolean)
  readonly match!: boolean

  /** 0 to 100. */
  @Field(() => Int)
  readonly score!: number

  @Field(() => Int)
  readonly listVersion!: number
}

/** What a payment is decided on: nothing personal but the label. */
@Inaccessible()
@ObjectType('PaymentBeneficiary')
export class PaymentBeneficiary {
  @Field(() => ID)
  readonly id!: string

  @Field(() => ID)
  readonly owner!: string

  /** Not removed, and his owner not erased. */
  @Field(() => Boolean)
  readonly active!: boolean

  @Field(() => DeliveryMethodEnum)
  readonly delivery!: DeliveryMethodEnum

  @Field(() => CountryCodeScalar)
  readonly country!: string

  @Field(() => CurrencyScalar)
  readonly currency!: string

  @Field(() => ID, { nullable: true })
  readonly walletId!: string | null

  /** Null before he was first compared. */
  @Field(() => ScreeningResult, { nullable: true })
  readonly screening!: ScreeningResult | null

  /** To show, never to keep: "Ada Lovelace, ****1234". */
  @Field(() => String)
  readonly label!: string
}

/** What a provider is told when it pays out. To pass on and forget. */
@Inaccessible()
@ObjectType('PayoutDetails')
export class PayoutDetails {
  @Field(() => ID)
  readonly id!: string

  @Field(() => String)
  readonly name!: string

  @Field(() => DeliveryMethodEnum)
  readonly delivery!: DeliveryMethodEnum

  @Field(() => CountryCodeScalar)
  readonly country!: string

  @Field(() => CurrencyScalar)
  readonly currency!: string

  @Field(() => String, { nullable: true })
  readonly accountNumber!: string | null

  @Field(() => String, { nullable: true })
  readonly bankName!: string | null
}
