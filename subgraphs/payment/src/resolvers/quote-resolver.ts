import { isUuid, orThrow } from '@corridor/platform'
import { type MoneyType, RequiresScopes, type SubgraphContext, subjectOf, toMoneyType } from '@corridor/subgraph'
import { Arg, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root } from 'type-graphql'
import { planPostings } from '../domain/postings.ts'
import { readTransferRequest } from '../use-cases/payment-request.ts'
import { type PrepareDeps, preparePayment } from '../use-cases/prepare-payment.ts'
import { type PreparedQuote, readQuotes } from '../use-cases/quote-store.ts'
import { PaymentQuoteType, type PlannedPostingType, PreparePaymentInput } from './payment-types.ts'

@Resolver(() => PaymentQuoteType)
export class PaymentQuoteResolver {
  constructor(private readonly deps: PrepareDeps) {}

  @RequiresScopes('payments:read')
  @Query(() => PaymentQuoteType, { nullable: true })
  async paymentQuote(
    @Arg('id', () => ID) id: string,
    @Ctx() { caller }: SubgraphContext,
  ): Promise<PreparedQuote | null> {
    const quote = (await readQuotes(this.deps.pool, [id].filter(isUuid))).get(id)
    return quote?.owner === subjectOf(caller) ? quote : null
  }

  @RequiresScopes('payments:write')
  @Mutation(() => PaymentQuoteType, {
    description:
      'Everything a payer wants to know before saying yes: fee, rate, both amounts, limits, verdict, expiry.',
  })
  async preparePayment(
    @Arg('input', () => PreparePaymentInput) input: PreparePaymentInput,
    @Ctx() { caller }: SubgraphContext,
  ): Promise<PreparedQuote> {
    const owner = subjectOf(caller)
    const request = orThrow(readTransferRequest(input, 'input'))
    return orThrow(await preparePayment(this.deps, owner, request))
  }

  @FieldResolver()
  debit(@Root() { principalMinor, feeMinor, fromCurrency: currency }: PreparedQuote): MoneyType {
    return toMoneyType({ amountMinor: principalMinor + feeMinor, currency })
  }

  @FieldResolver()
  credit(@Root() { creditMinor: amountMinor, toCurrency: currency }: PreparedQuote): MoneyType {
    return toMoneyType({ amountMinor, currency })
  }

  @FieldResolver()
  fee(@Root() { feeMinor: amountMinor, fromCurrency: currency }: PreparedQuote): MoneyType {
    return toMoneyType({ amountMinor, currency })
  }

  @FieldResolver()
  fxQuote(@Root() { fxQuoteId }: PreparedQuote): { id: string } | null {
    return fxQuoteId === null ? null : { id: fxQuoteId }
  }

  @FieldResolver()
  decision(@Root() { id }: PreparedQuote): { id: string } {
    return { id }
  }

  @FieldResolver()
  postings(@Root() quote: PreparedQuote): PlannedPostingType[] {
    return planPostings(quote).map((posting) => ({
      debitAccountCode: posting.debitAccountCode,
      creditAccountCode: posting.creditAccountCode,
      amount: toMoneyType(posting),
    }))
  }
}
