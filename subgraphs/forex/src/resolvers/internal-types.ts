import { CurrencyScalar, DateTimeScalar, DecimalScalar, Inaccessible } from '@corridor/subgraph'
import { Field, ID, InputType, Int, ObjectType } from 'type-graphql'

/** What services of the platform ask of forex; none of it is part of the public API. Amounts are minor units as text. */
@Inaccessible()
@InputType('LockFxQuoteInput')
export class LockFxQuoteInput {
  @Field(() => ID)
  readonly id!: string

  @Field(() => ID)
  readonly owner!: string

  @Field(() => CurrencyScalar)
  readonly fromCurrency!: string

  @Field(() => CurrencyScalar)
  readonly toCurrency!: string

  @Field(() => String, { nullable: true })
  readonly fromMinor?: string | null

  @Field(() => String, { nullable: true })
  readonly toMinor?: string | null

  @Field(() => Int, { nullable: true })
  readonly lockSeconds?: number | null

  /** Whether a quote that is not there is refused, and not made. */
  @Field(() => Boolean, { nullable: true })
  readonly mustExist?: boolean | null
}

@Inaccessible()
@InputType('RedeemFxQuoteInput')
export class RedeemFxQuoteInput {
  @Field(() => ID)
  readonly quoteId!: string

  @Field(() => ID)
  readonly owner!: string

  @Field(() => ID)
  readonly paymentId!: string

  /** The currencies that it is wanted for, where the caller says them; a quote for others is not used. */
  @Field(() => CurrencyScalar, { nullable: true })
  readonly fromCurrency?: string | null

  @Field(() => CurrencyScalar, { nullable: true })
  readonly toCurrency?: string | null
}

@Inaccessible()
@ObjectType('InternalFxQuote')
export class InternalFxQuote {
  @Field(() => ID)
  readonly id!: string

  @Field(() => CurrencyScalar)
  readonly fromCurrency!: string

  @Field(() => String)
  readonly fromMinor!: string

  @Field(() => CurrencyScalar)
  readonly toCurrency!: string

  @Field(() => String)
  readonly toMinor!: string

  @Field(() => DecimalScalar)
  readonly appliedRate!: string

  @Field(() => DateTimeScalar)
  readonly expiresAt!: Date

  @Field(() => String)
  readonly referenceUsdMinor!: string

  @Field(() => DecimalScalar)
  readonly referenceMid!: string
}

@Inaccessible()
@ObjectType('FxQuoteResult')
export class FxQuoteResult {
  @Field(() => String, { nullable: true })
  readonly code?: string | null

  @Field(() => String, { nullable: true })
  readonly message?: string | null

  @Field(() => InternalFxQuote, { nullable: true })
  readonly quote?: InternalFxQuote | null
}

@Inaccessible()
@InputType('PricePaymentInput')
export class PricePaymentInput {
  @Field(() => ID)
  readonly paymentId!: string

  @Field(() => ID)
  readonly owner!: string

  @Field(() => CurrencyScalar)
  readonly fromCurrency!: string

  @Field(() => CurrencyScalar)
  readonly toCurrency!: string

  @Field(() => String, { nullable: true })
  readonly debitMinor?: string | null

  @Field(() => String, { nullable: true })
  readonly creditMinor?: string | null

  @Field(() => ID, { nullable: true })
  readonly fxQuoteId?: string | null

  /** The id is a refund's: the price is what it is held against, and commits nobody. */
  @Field(() => Boolean, { nullable: true })
  readonly isRefund?: boolean | null
}

@Inaccessible()
@ObjectType('PaymentPriceResult')
export class PaymentPriceResult {
  @Field(() => ID)
  readonly paymentId!: string

  @Field(() => String, { nullable: true })
  readonly code?: string | null

  @Field(() => String, { nullable: true })
  readonly message?: string | null

  @Field(() => String, { nullable: true })
  readonly debitMinor?: string | null

  @Field(() => String, { nullable: true })
  readonly creditMinor?: string | null

  @Field(() => ID, { nullable: true })
  readonly fxQuoteId?: string | null

  @Field(() => String, { nullable: true })
  readonly referenceUsdMinor?: string | null

  @Field(() => DecimalScalar, { nullable: true })
  readonly referenceMid?: string | null
}

@Inaccessible()
@ObjectType('UsdReference')
export class UsdReferenceType {
  @Field(() => String)
  readonly usdMinor!: string

  @Field(() => DecimalScalar)
  readonly mid!: string
}
