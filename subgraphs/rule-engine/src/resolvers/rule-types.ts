import {
  CountryCodeScalar,
  CurrencyScalar,
  DateTimeScalar,
  Inaccessible,
  JSONObjectScalar,
  type JsonObject,
  Key,
  MoneyInput,
  MoneyType,
  RequiresScopes,
} from '@corridor/subgraph'
import { Field, ID, InputType, Int, ObjectType, registerEnumType } from 'type-graphql'

export enum PaymentKindEnum {
  TRANSFER = 'TRANSFER',
  DEPOSIT = 'DEPOSIT',
  WITHDRAWAL = 'WITHDRAWAL',
  PAYOUT = 'PAYOUT',
}
registerEnumType(PaymentKindEnum, { name: 'PaymentKind' })

export enum RuleOutcomeEnum {
  APPROVE = 'APPROVE',
  REVIEW = 'REVIEW',
  DECLINE = 'DECLINE',
}
registerEnumType(RuleOutcomeEnum, { name: 'RuleOutcome' })

export enum LimitPeriodEnum {
  TRANSACTION = 'TRANSACTION',
  DAY = 'DAY',
  MONTH = 'MONTH',
}
registerEnumType(LimitPeriodEnum, { name: 'LimitPeriod' })

@ObjectType('RuleReason')
export class RuleReasonType {
  @Field(() => String, { description: 'SANCTIONED_COUNTRY, DAILY_LIMIT, VELOCITY, KYC_REQUIRED, HIGH_VALUE, ...' })
  readonly code!: string

  @Field(() => String)
  readonly message!: string

  @Field(() => String)
  readonly ruleSetName!: string

  @Field(() => Int)
  readonly ruleSetVersion!: number
}

@ObjectType('LimitUse')
export class LimitUseType {
  @Field(() => String)
  readonly code!: string

  @Field(() => LimitPeriodEnum)
  readonly period!: LimitPeriodEnum

  @Field(() => MoneyType)
  readonly limit!: MoneyType

  @Field(() => MoneyType)
  readonly used!: MoneyType

  @Field(() => MoneyType)
  readonly remaining!: MoneyType
}

@Key('id')
@ObjectType('RuleDecision')
export class RuleDecisionType {
  @Field(() => ID, { nullable: true, description: 'Null for evaluateRules, which is not kept.' })
  readonly id?: string | null

  @Field(() => RuleOutcomeEnum)
  readonly outcome!: RuleOutcomeEnum

  @Field(() => Int, { description: '0 none to 100 certain.' })
  readonly riskScore!: number

  @Field(() => [RuleReasonType])
  readonly reasons!: readonly RuleReasonType[]

  @Field(() => [LimitUseType])
  readonly nearestLimits!: readonly LimitUseType[]

  @Field(() => DateTimeScalar)
  readonly decidedAt!: Date

  @RequiresScopes('rules:read')
  @Field(() => JSONObjectScalar, { nullable: true, description: 'What it was decided on; needs rules:read.' })
  readonly inputs?: JsonObject | null

  @RequiresScopes('rules:read')
  @Field(() => JSONObjectScalar, {
    nullable: true,
    description: 'Every node the engine passed through; needs rules:read.',
  })
  readonly trace?: JsonObject | null
}

/** What the rules add to a profile. */
@Key('id')
@ObjectType('Profile')
export class ProfileType {
  @Field(() => ID)
  readonly id!: string

  @RequiresScopes('limits:read')
  @Field(() => [LimitUseType], { nullable: true })
  readonly limits?: readonly LimitUseType[] | null
}

@InputType('RuleInput')
export class RuleInput {
  @Field(() => PaymentKindEnum)
  readonly kind!: PaymentKindEnum

  @Field(() => MoneyInput)
  readonly amount!: MoneyInput

  @Field(() => ID, { nullable: true })
  readonly profileId?: string | null

  @Field(() => CountryCodeScalar, { nullable: true })
  readonly destinationCountry?: string | null
}

@Inaccessible()
@InputType('DecideInput')
export class DecideInput {
  @Field(() => ID)
  readonly subjectId!: string

  @Field(() => PaymentKindEnum)
  readonly kind!: PaymentKindEnum

  @Field(() => ID)
  readonly customerId!: string

  @Field(() => CurrencyScalar)
  readonly currency!: string

  @Field(() => String)
  readonly amountUsdMinor!: string

  @Field(() => CountryCodeScalar, { nullable: true })
  readonly destinationCountry?: string | null

  @Field(() => ID, { nullable: true })
  readonly counterpartyId?: string | null

  @Field(() => ID, { nullable: true, description: 'The wallet that is paid from.' })
  readonly fromAccountId?: string | null

  @Field(() => ID, { nullable: true, description: 'The wallet that is paid.' })
  readonly toAccountId?: string | null
}

@Inaccessible()
@ObjectType('DecisionResult')
export class DecisionResult {
  @Field(() => ID)
  readonly subjectId!: string

  @Field(() => RuleOutcomeEnum)
  readonly outcome!: RuleOutcomeEnum

  @Field(() => Int)
  readonly riskScore!: number

  @Field(() => String, { nullable: true, description: 'Of the reason that weighs most, for the payment’s failure.' })
  readonly message?: string | null
}
