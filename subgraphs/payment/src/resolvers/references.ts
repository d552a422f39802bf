import { Key } from '@corridor/subgraph'
import { Field, ID, ObjectType } from 'type-graphql'

/** Entities of other domains, as payments know them: by id. Their owners decide who sees what of them. */
@Key('id')
@ObjectType('Wallet')
export class WalletRef {
  @Field(() => ID)
  readonly id!: string
}

@Key('id')
@ObjectType('Party')
export class PartyRef {
  @Field(() => ID)
  readonly id!: string
}

@Key('id')
@ObjectType('FxQuote')
export class FxQuoteRef {
  @Field(() => ID)
  readonly id!: string
}

@Key('id')
@ObjectType('RuleDecision')
export class RuleDecisionRef {
  @Field(() => ID, { nullable: true })
  readonly id?: string | null
}

@Key('id')
@ObjectType('Transfer')
export class TransferRef {
  @Field(() => ID)
  readonly id!: string
}

@Key('id')
@ObjectType('Profile')
export class ProfileRef {
  @Field(() => ID)
  readonly id!: string
}

@Key('id')
@ObjectType('Beneficiary')
export class BeneficiaryRef {
  @Field(() => ID)
  readonly id!: string
}
