import { DateTimeScalar, Inaccessible, JSONObjectScalar, type JsonObject, MoneyType } from '@corridor/subgraph'
import { Field, InputType, Int, ObjectType, registerEnumType } from 'type-graphql'
import { RuleOutcomeEnum } from './rule-types.ts'

export enum RuleSetStatusEnum {
  DRAFT = 'DRAFT',
  ACTIVE = 'ACTIVE',
  RETIRED = 'RETIRED',
}
registerEnumType(RuleSetStatusEnum, { name: 'RuleSetStatus' })

@ObjectType('RuleChange', { description: 'Who did what to a version.' })
export class RuleChangeType {
  @Field(() => String, { description: 'SAVED, PROPOSED, ACTIVATED, RETIRED, SHADOWED, UNSHADOWED, IMPORTED' })
  readonly action!: string

  @Field(() => String)
  readonly actor!: string

  @Field(() => DateTimeScalar)
  readonly at!: Date
}

@ObjectType('BacktestChange')
export class BacktestChangeType {
  @Field(() => RuleOutcomeEnum)
  readonly before!: RuleOutcomeEnum

  @Field(() => RuleOutcomeEnum)
  readonly after!: RuleOutcomeEnum

  @Field(() => Int)
  readonly count!: number

  @Field(() => [MoneyType], { description: 'In USD, each payment at its own reference rate.' })
  readonly volume!: readonly MoneyType[]
}

@ObjectType('BacktestReport')
export class BacktestReportType {
  @Field(() => Int)
  readonly evaluated!: number

  @Field(() => Int)
  readonly changed!: number

  @Field(() => [BacktestChangeType], {
    description: 'Outcome before, outcome with this version, how many, and how much money.',
  })
  readonly changes!: readonly BacktestChangeType[]
}

@ObjectType('RuleExample', { description: 'What differs from an ordinary payment, and what the version says of it.' })
export class RuleExampleType {
  @Field(() => JSONObjectScalar)
  readonly input!: JsonObject

  @Field(() => RuleOutcomeEnum)
  readonly outcome!: RuleOutcomeEnum
}

@ObjectType('RuleSet')
export class RuleSetType {
  @Field(() => String)
  readonly name!: string

  @Field(() => Int)
  readonly version!: number

  @Field(() => RuleSetStatusEnum)
  readonly status!: RuleSetStatusEnum

  @Field(() => Boolean, { description: 'Evaluated beside the active version.' })
  readonly shadow!: boolean

  @Field(() => String, { nullable: true, description: 'Who asked for its activation: somebody else may activate it.' })
  readonly proposedBy?: string | null

  @Field(() => String, { nullable: true })
  readonly description?: string | null

  @Field(() => JSONObjectScalar)
  readonly model!: JsonObject

  @Field(() => [RuleExampleType], { description: 'Run before the version was saved.' })
  readonly examples!: readonly RuleExampleType[]

  @Field(() => DateTimeScalar)
  readonly createdAt!: Date

  @Field(() => String)
  readonly createdBy!: string

  @Field(() => [RuleChangeType], { description: 'Newest first.' })
  readonly changes!: readonly RuleChangeType[]

  @Field(() => BacktestReportType, { description: 'What this version decided as a shadow, against what was decided.' })
  readonly shadowReport!: BacktestReportType
}

@ObjectType('RiskList')
export class RiskListType {
  @Field(() => String)
  readonly name!: string

  @Field(() => String, { description: 'COUNTRIES, ACCOUNTS, or NAMES' })
  readonly kind!: string

  @Field(() => Int)
  readonly version!: number

  @Field(() => Int)
  readonly entries!: number

  @Field(() => DateTimeScalar)
  readonly updatedAt!: Date

  @Field(() => String)
  readonly updatedBy!: string
}

@Inaccessible()
@ObjectType('RiskListContent')
export class RiskListContentType {
  @Field(() => String)
  readonly kind!: string

  @Field(() => Int)
  readonly version!: number

  @Field(() => [String])
  readonly values!: readonly string[]
}

@InputType('RuleExampleInput')
export class RuleExampleInput {
  @Field(() => JSONObjectScalar, { description: 'What differs from an ordinary payment.' })
  readonly input!: JsonObject

  @Field(() => RuleOutcomeEnum)
  readonly outcome!: RuleOutcomeEnum
}

@InputType('SaveRuleSetInput')
export class SaveRuleSetInput {
  @Field(() => String)
  readonly name!: string

  @Field(() => String, { nullable: true })
  readonly description?: string | null

  @Field(() => JSONObjectScalar)
  readonly model!: JsonObject

  @Field(() => [RuleExampleInput], {
    description: 'Inputs with the outcome each must give; run before the version is saved.',
  })
  readonly examples!: readonly RuleExampleInput[]
}
