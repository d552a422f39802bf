import { formatAmount } from '@corridor/money'
import { orThrow, type Pool } from '@corridor/platform'
import {
  Authenticated,
  CurrencyScalar,
  DateTimeScalar,
  DecimalScalar,
  parseDateTime,
  RequiresScopes,
} from '@corridor/subgraph'
import { Arg, Field, ObjectType, Query, Resolver } from 'type-graphql'
import { BOOK_INVARIANTS } from '../domain/invariants.ts'
import { trialBalance } from '../queries/trial-balance.ts'
import type { InvariantMonitor } from '../use-cases/check-invariants.ts'

@ObjectType('TrialBalanceLine')
export class TrialBalanceLine {
  @Field(() => CurrencyScalar)
  readonly currency!: string

  @Field(() => DecimalScalar)
  readonly debits!: string

  @Field(() => DecimalScalar)
  readonly credits!: string

  @Field(() => Boolean)
  readonly balanced!: boolean
}

@ObjectType('Invariant')
export class InvariantType {
  @Field(() => String)
  readonly name!: string

  @Field(() => String)
  readonly description!: string

  @Field(() => Boolean)
  readonly holds!: boolean

  @Field(() => DateTimeScalar)
  readonly checkedAt!: Date

  @Field(() => String)
  readonly rowsChecked!: string

  @RequiresScopes('ledger:audit')
  @Field(() => String, { nullable: true, description: 'Needs ledger:audit.' })
  readonly detail?: string | null
}

@Resolver()
export class BooksResolver {
  constructor(
    private readonly pool: Pool,
    private readonly invariants: InvariantMonitor,
  ) {}

  @RequiresScopes('ledger:audit')
  @Query(() => [TrialBalanceLine])
  async trialBalance(
    @Arg('at', () => DateTimeScalar, { nullable: true }) at: string | null,
  ): Promise<TrialBalanceLine[]> {
    const rows = await trialBalance(this.pool, at ? orThrow(parseDateTime(at, 'at')) : null)
    return rows.map(({ currency, debitsMinor, creditsMinor }) => ({
      currency,
      debits: formatAmount({ amountMinor: debitsMinor, currency }),
      credits: formatAmount({ amountMinor: creditsMinor, currency }),
      balanced: debitsMinor === creditsMinor,
    }))
  }

  @Authenticated()
  @Query(() => [InvariantType], {
    description: "The books' invariants, each with when it was last checked, over how many rows, and whether it held.",
  })
  async ledgerInvariants(): Promise<InvariantType[]> {
    const checks = new Map((await this.invariants.recent()).map((check) => [check.name, check]))
    return BOOK_INVARIANTS.flatMap(({ name, description }) => {
      const check = checks.get(name)
      return check ? [{ ...check, description, rowsChecked: String(check.rowsChecked) }] : []
    })
  }
}
