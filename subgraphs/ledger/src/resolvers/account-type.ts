import { CurrencyScalar, DateTimeScalar, Key, MoneyType, PageInfo, RequiresScopes } from '@corridor/subgraph'
import { Field, ID, ObjectType, registerEnumType } from 'type-graphql'
import { TransferType } from './transfer-type.ts'

export enum AccountStatusEnum {
  OPEN = 'OPEN',
  FROZEN = 'FROZEN',
  CLOSED = 'CLOSED',
}
registerEnumType(AccountStatusEnum, { name: 'AccountStatus' })

export enum EntryDirectionEnum {
  DEBIT = 'DEBIT',
  CREDIT = 'CREDIT',
}
registerEnumType(EntryDirectionEnum, { name: 'EntryDirection' })

@Key('id')
@ObjectType('Account')
export class AccountType {
  @Field(() => ID)
  readonly id!: string

  @Field(() => String, {
    description: 'Chart-of-accounts code: customer.wallet, fx.position, income.fees, settlement.bank, ...',
  })
  readonly code!: string

  @Field(() => CurrencyScalar)
  readonly currency!: string

  @Field(() => AccountStatusEnum)
  readonly status!: AccountStatusEnum

  @Field(() => MoneyType)
  readonly posted!: MoneyType

  @Field(() => MoneyType)
  readonly held!: MoneyType

  @Field(() => MoneyType, { description: "posted less held; for a customer's account never below zero." })
  readonly available!: MoneyType

  @Field(() => String)
  readonly version!: string
}

@ObjectType('AccountEdge')
export class AccountEdge {
  @Field(() => AccountType)
  readonly node!: AccountType

  @Field(() => String)
  readonly cursor!: string
}

@ObjectType('AccountConnection')
export class AccountConnection {
  @Field(() => [AccountEdge])
  readonly edges!: readonly AccountEdge[]

  @Field(() => PageInfo)
  readonly pageInfo!: PageInfo
}

@ObjectType('Entry')
export class EntryType {
  @Field(() => String)
  readonly sequence!: string

  @RequiresScopes('ledger:read')
  @Field(() => TransferType)
  readonly transfer!: TransferType

  @Field(() => EntryDirectionEnum)
  readonly direction!: EntryDirectionEnum

  @Field(() => MoneyType)
  readonly amount!: MoneyType

  @Field(() => MoneyType)
  readonly balanceAfter!: MoneyType

  @Field(() => DateTimeScalar)
  readonly at!: Date
}

@ObjectType('EntryEdge')
export class EntryEdge {
  @Field(() => EntryType)
  readonly node!: EntryType

  @Field(() => String)
  readonly cursor!: string
}

@ObjectType('EntryConnection')
export class EntryConnection {
  @Field(() => [EntryEdge])
  readonly edges!: readonly EntryEdge[]

  @Field(() => PageInfo)
  readonly pageInfo!: PageInfo
}

@ObjectType('WalletBalance')
export class WalletBalance {
  @Field(() => MoneyType)
  readonly posted!: MoneyType

  @Field(() => MoneyType)
  readonly held!: MoneyType

  @Field(() => MoneyType)
  readonly available!: MoneyType
}

/** What the ledger adds to a wallet: its account, whose id the wallet has. */
@Key('id')
@ObjectType('Wallet')
export class WalletType {
  @Field(() => ID)
  readonly id!: string

  @Field(() => WalletBalance, { nullable: true, description: "The ledger's, at this instant." })
  readonly balance?: WalletBalance | null

  @RequiresScopes('ledger:read')
  @Field(() => AccountType, { nullable: true })
  readonly account?: AccountType | null
}
