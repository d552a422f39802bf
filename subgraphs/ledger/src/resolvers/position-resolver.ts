import type { Pool } from '@corridor/platform'
import { CurrencyScalar, Inaccessible, InternalField } from '@corridor/subgraph'
import { Field, ObjectType, Query, Resolver } from 'type-graphql'
import { housePositions } from '../queries/house-positions.ts'

/** `fx.position` of one currency, in minor units as text. */
@Inaccessible()
@ObjectType('HousePosition')
export class HousePositionType {
  @Field(() => CurrencyScalar)
  readonly currency!: string

  @Field(() => String)
  readonly postedMinor!: string

  @Field(() => String)
  readonly heldMinor!: string

  @Field(() => String)
  readonly incomingMinor!: string
}

/** What the house holds and owes by currency, for whoever watches its exposure. */
@Resolver()
export class PositionResolver {
  constructor(private readonly pool: Pool) {}

  @InternalField('forex-service')
  @Query(() => [HousePositionType])
  async housePositions(): Promise<HousePositionType[]> {
    const positions = await housePositions(this.pool)
    return positions.map(({ currency, postedMinor, heldMinor, incomingMinor }) => ({
      currency,
      postedMinor: String(postedMinor),
      heldMinor: String(heldMinor),
      incomingMinor: String(incomingMinor),
    }))
  }
}
