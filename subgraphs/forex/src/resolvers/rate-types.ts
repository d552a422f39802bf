import {
  CurrencyPairScalar,
  CurrencyScalar,
  DateTimeScalar,
  DecimalScalar,
  Key,
  MoneyInput,
  MoneyType,
} from '@corridor/subgraph'
import { Field, Float, ID, InputType, Int, ObjectType, registerEnumType } from 'type-graphql'

@ObjectType('CurrencyInfo')
export class CurrencyInfoType {
  @Field(() => CurrencyScalar)
  readonly code!: string

  @Field(() => String)
  readonly name!: string

  @Field(() => Int, { description: 'Digits after the decimal point: USD 2, JPY 0, KWD 3.' })
  readonly exponent!: number
}

@ObjectType('Rate')
export class RateType {
  @Field(() => CurrencyPairScalar)
  readonly pair!: string

  @Field(() => CurrencyScalar)
  readonly base!: string

  @Field(() => CurrencyScalar)
  readonly quote!: string

  @Field(() => DecimalScalar)
  readonly bid!: string

  @Field(() => DecimalScalar)
  readonly mid!: string

  @Field(() => DecimalScalar)
  readonly ask!: string

  @Field(() => String, { description: 'oanda, ecb, simulated, manual, ...' })
  readonly source!: string

  @Field(() => [CurrencyPairScalar], {
    description: 'The provider pairs this rate was derived from; the pair itself where it was quoted directly.',
  })
  readonly path!: readonly string[]

  @Field(() => Boolean)
  readonly manual!: boolean

  @Field(() => String, { description: 'A whole number that rises with every change of this pair.' })
  readonly version!: string

  @Field(() => DateTimeScalar)
  readonly observedAt!: Date

  @Field(() => Boolean, {
    description: "Older than its pair's policy allows. A stale rate is shown, and never used to move money.",
  })
  readonly stale!: boolean
}

export enum StalePolicyEnum {
  REJECT = 'REJECT',
  INDICATIVE = 'INDICATIVE',
}
registerEnumType(StalePolicyEnum, { name: 'StalePolicy' })

@ObjectType('PairPolicy')
export class PairPolicyType {
  @Field(() => CurrencyPairScalar)
  readonly pair!: string

  @Field(() => Int)
  readonly spreadBps!: number

  @Field(() => Int)
  readonly maxAgeSeconds!: number

  @Field(() => StalePolicyEnum)
  readonly whenStale!: StalePolicyEnum
}

export enum CandleIntervalEnum {
  MINUTE = 'MINUTE',
  FIVE_MINUTES = 'FIVE_MINUTES',
  HOUR = 'HOUR',
  DAY = 'DAY',
}
registerEnumType(CandleIntervalEnum, { name: 'CandleInterval' })

@ObjectType('Candle')
export class CandleType {
  @Field(() => DateTimeScalar)
  readonly openTime!: Date

  @Field(() => DecimalScalar)
  readonly open!: string

  @Field(() => DecimalScalar)
  readonly high!: string

  @Field(() => DecimalScalar)
  readonly low!: string

  @Field(() => DecimalScalar)
  readonly close!: string

  @Field(() => Int)
  readonly ticks!: number
}

@ObjectType('Conversion')
export class ConversionType {
  @Field(() => MoneyType)
  readonly from!: MoneyType

  @Field(() => MoneyType)
  readonly to!: MoneyType

  @Field(() => DecimalScalar, { description: 'Units of `to` per unit of `from`, spread included.' })
  readonly appliedRate!: string

  @Field(() => RateType)
  readonly basedOn!: RateType
}

@InputType('OverrideRateInput')
export class OverrideRateInput {
  @Field(() => CurrencyPairScalar)
  readonly pair!: string

  @Field(() => DecimalScalar)
  readonly mid!: string

  @Field(() => String)
  readonly note!: string

  @Field(() => DateTimeScalar, { nullable: true })
  readonly expiresAt?: string | null
}

export enum FxQuoteStatusEnum {
  OPEN = 'OPEN',
  USED = 'USED',
  EXPIRED = 'EXPIRED',
}
registerEnumType(FxQuoteStatusEnum, { name: 'FxQuoteStatus' })

@ObjectType('FxQuoteTick', { description: 'A rate as it was when the quote was made of it.' })
export class FxQuoteTickType {
  @Field(() => CurrencyPairScalar)
  readonly pair!: string

  @Field(() => DecimalScalar)
  readonly bid!: string

  @Field(() => DecimalScalar)
  readonly mid!: string

  @Field(() => DecimalScalar)
  readonly ask!: string

  @Field(() => String)
  readonly source!: string

  @Field(() => Boolean)
  readonly manual!: boolean

  @Field(() => String)
  readonly version!: string

  @Field(() => DateTimeScalar)
  readonly observedAt!: Date

  @Field(() => Float, { description: 'How old it was then.' })
  readonly ageSeconds!: number
}

@Key('id')
@ObjectType('FxQuote')
export class FxQuoteType {
  @Field(() => ID)
  readonly id!: string

  @Field(() => MoneyType)
  readonly from!: MoneyType

  @Field(() => MoneyType)
  readonly to!: MoneyType

  @Field(() => DecimalScalar, { description: 'What the customer gets per unit of `from`, spread included.' })
  readonly appliedRate!: string

  @Field(() => DecimalScalar)
  readonly mid!: string

  @Field(() => Int)
  readonly spreadBps!: number

  @Field(() => [CurrencyPairScalar])
  readonly path!: readonly string[]

  @Field(() => String)
  readonly source!: string

  @Field(() => DateTimeScalar)
  readonly observedAt!: Date

  @Field(() => [FxQuoteTickType], { description: 'What the rate was derived from.' })
  readonly ticks!: readonly FxQuoteTickType[]

  @Field(() => DateTimeScalar)
  readonly expiresAt!: Date

  @Field(() => FxQuoteStatusEnum)
  readonly status!: FxQuoteStatusEnum
}

@InputType('CreateFxQuoteInput', {
  description: 'Exactly one side is fixed: `from` with `toCurrency`, or `to` with `fromCurrency`.',
})
export class CreateFxQuoteInput {
  @Field(() => String)
  readonly idempotencyKey!: string

  @Field(() => MoneyInput, { nullable: true })
  readonly from?: MoneyInput | null

  @Field(() => MoneyInput, { nullable: true })
  readonly to?: MoneyInput | null

  @Field(() => CurrencyScalar, { nullable: true })
  readonly fromCurrency?: string | null

  @Field(() => CurrencyScalar, { nullable: true })
  readonly toCurrency?: string | null

  @Field(() => Int, { nullable: true })
  readonly lockSeconds?: number | null
}
