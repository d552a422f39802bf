import { RefusalError } from '@corridor/platform'
import { CurrencyScalar, MoneyType, RequiresScopes, toMoneyType } from '@corridor/subgraph'
import { Field, ObjectType, Query, Resolver } from 'type-graphql'
import { committedOf, type Exposure, type ExposurePolicy, limitOf, worstOf } from '../domain/exposure.ts'
import type { ExposureBook } from '../exposure-book.ts'
import type { Pricing } from '../use-cases/pricing.ts'

@ObjectType('Exposure')
export class ExposureType {
  @Field(() => CurrencyScalar)
  readonly currency!: string

  @Field(() => MoneyType, { description: 'What the house holds, or, negative, owes.' })
  readonly position!: MoneyType

  @Field(() => MoneyType, {
    description: 'The position and all that would take it farther from zero, at the current mid, half-even.',
  })
  readonly valueUsd!: MoneyType

  @Field(() => MoneyType, {
    description: 'Of valueUsd, either way: near it a price is wider, beyond it none is given.',
  })
  readonly limitUsd!: MoneyType

  @Field(() => MoneyType, { description: 'Quotes, holds and refunds that could still be called.' })
  readonly committed!: MoneyType
}

/** What the house risks, currency by currency. */
@Resolver()
export class ExposureResolver {
  constructor(private readonly deps: { exposures: ExposureBook; pricing: Pricing; exposurePolicy: ExposurePolicy }) {}

  @RequiresScopes('forex:exposure')
  @Query(() => [ExposureType])
  async exposure(): Promise<ExposureType[]> {
    await this.deps.pricing.freshRates()
    const exposures = await this.deps.exposures.current()
    return exposures.map((exposure) => this.show(exposure))
  }

  private show(exposure: Exposure): ExposureType {
    const { currency, positionMinor } = exposure
    const value = this.deps.pricing.usdReference({ amountMinor: worstOf(exposure), currency })
    if (!value.ok) throw new RefusalError(value)
    return {
      currency,
      position: toMoneyType({ amountMinor: positionMinor, currency }),
      committed: toMoneyType({ amountMinor: committedOf(exposure), currency }),
      valueUsd: toMoneyType({ amountMinor: value.value.usdMinor, currency: 'USD' }),
      limitUsd: toMoneyType({ amountMinor: limitOf(this.deps.exposurePolicy, currency), currency: 'USD' }),
    }
  }
}
