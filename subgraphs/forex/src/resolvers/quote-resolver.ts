import type { Money } from '@corridor/money'
import { type Clock, hasScope, type IdempotencyKeys, orThrow } from '@corridor/platform'
import {
  type MoneyInput,
  MoneyType,
  parsePositiveMoneyInput,
  RequiresScopes,
  requestLoader,
  type SubgraphContext,
  subjectOf,
  toMoneyType,
} from '@corridor/subgraph'
import { Arg, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root } from 'type-graphql'
import { type FxQuote, statusOf } from '../domain/fx-quote.ts'
import { type ForexUseCases, wantedOf } from '../use-cases/forex-use-cases.ts'
import { CreateFxQuoteInput, FxQuoteStatusEnum, FxQuoteTickType, FxQuoteType } from './rate-types.ts'

/** Quotes by id that the caller may see: his own, or any for staff who review payments or administer rates. */
export const createQuoteReader = (useCases: ForexUseCases) =>
  requestLoader<FxQuote | null>(async (ids, { caller }) => {
    const quotes = await useCases.quotes(ids)
    const staff = ['forex:admin', 'payments:review', 'ledger:audit'].some((scope) => hasScope(caller, scope))
    return ids.map((id) => {
      const quote = quotes.get(id)
      return quote && (staff || (caller.kind === 'user' && quote.owner === caller.subject)) ? quote : null
    })
  })

export type QuoteReader = ReturnType<typeof createQuoteReader>

@Resolver(() => FxQuoteType)
export class QuoteResolver {
  constructor(
    private readonly deps: { useCases: ForexUseCases; reader: QuoteReader; keys: IdempotencyKeys; clock: Clock },
  ) {}

  @RequiresScopes('forex:read')
  @Query(() => FxQuoteType, { nullable: true })
  fxQuote(@Arg('id', () => ID) id: string, @Ctx() context: SubgraphContext): Promise<FxQuote | null> {
    return this.deps.reader(id, context)
  }

  @RequiresScopes('forex:quote')
  @Mutation(() => FxQuoteType)
  async createFxQuote(
    @Arg('input', () => CreateFxQuoteInput) input: CreateFxQuoteInput,
    @Ctx() { caller }: SubgraphContext,
  ): Promise<FxQuote> {
    subjectOf(caller)
    const idempotencyKey = orThrow(this.deps.keys.check(input.idempotencyKey))
    const { fromCurrency = null, toCurrency = null, lockSeconds = null } = input
    const [from, to] = [moneyOf(input.from, 'from'), moneyOf(input.to, 'to')]
    const wanted = orThrow(wantedOf({ from, to, fromCurrency, toCurrency }))
    return orThrow(await this.deps.useCases.createFxQuote(caller, { idempotencyKey, wanted, lockSeconds }))
  }

  @FieldResolver()
  from(@Root() quote: FxQuote): MoneyType {
    return toMoneyType(quote.from)
  }

  @FieldResolver()
  to(@Root() quote: FxQuote): MoneyType {
    return toMoneyType(quote.to)
  }

  @FieldResolver()
  appliedRate(@Root() quote: FxQuote): string {
    return quote.appliedRate.normalized().toString()
  }

  @FieldResolver()
  mid(@Root() quote: FxQuote): string {
    return quote.mid.normalized().toString()
  }

  @FieldResolver()
  ticks(@Root() { provenance }: FxQuote): FxQuoteTickType[] {
    return provenance.ticks.map(({ ageMs, observedAt, ...tick }) => ({
      ...tick,
      observedAt: new Date(observedAt),
      ageSeconds: ageMs / 1000,
    }))
  }

  @FieldResolver()
  status(@Root() quote: FxQuote): FxQuoteStatusEnum {
    return FxQuoteStatusEnum[statusOf(quote, this.deps.clock.now())]
  }
}

const moneyOf = (input: MoneyInput | null | undefined, field: string): Money | null =>
  input ? orThrow(parsePositiveMoneyInput(input, field)) : null
