import { CurrencyScalar, Inaccessible, Key } from '@corridor/subgraph'
import { Field, ID, InputType, ObjectType } from 'type-graphql'
import { WalletStatus } from '../entities/wallet.ts'

@InputType('OpenWalletInput')
export class OpenWalletInput {
  @Field(() => String)
  readonly idempotencyKey!: string

  @Field(() => CurrencyScalar)
  readonly currency!: string

  @Field(() => String, { nullable: true })
  readonly name?: string | null
}

/** A profile as wallets know it: by id. */
@Key('id')
@ObjectType('Profile')
export class ProfileType {
  @Field(() => ID)
  readonly id!: string
}

@Inaccessible()
@ObjectType('PaymentWallet')
export class PaymentWallet {
  @Field(() => ID)
  readonly id!: string

  @Field(() => ID)
  readonly owner!: string

  @Field(() => CurrencyScalar)
  readonly currency!: string

  @Field(() => WalletStatus)
  readonly status!: WalletStatus
}
