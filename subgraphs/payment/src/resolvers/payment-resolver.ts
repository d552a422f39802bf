import {
  accept,
  type Caller,
  hasScope,
  type IdempotencyKeys,
  idempotencyScope,
  isUuid,
  orThrow,
  type Pool,
  type Result,
  refuse,
} from '@corridor/platform'
import {
  type Connection,
  encodeCursor,
  type MoneyType,
  type Page,
  pageOf,
  parseDateTime,
  parseId,
  parsePositiveMoneyInput,
  RequiresScopes,
  requestLoader,
  type SubgraphContext,
  subjectOf,
  toConnection,
  toMoneyType,
} from '@corridor/subgraph'
import { Arg, Ctx, FieldResolver, ID, Int, Mutation, Query, Resolver, Root } from 'type-graphql'
import { hasArrived, type Payment, type PaymentEvent } from '../domain/payment.ts'
import type { Refund } from '../domain/refund.ts'
import type { FundingRequest } from '../use-cases/draft-payments.ts'
import { readTimelines } from '../use-cases/event-store.ts'
import { readSendRequest } from '../use-cases/payment-request.ts'
import { readPage, readPayments } from '../use-cases/payment-store.ts'
import { cancelPayment, reviewPayment } from '../use-cases/record-intent.ts'
import { refundPayment } from '../use-cases/refund-payment.ts'
import { readRefunds } from '../use-cases/refund-store.ts'
import { readInReview } from '../use-cases/review-queue.ts'
import type { CallerKey, TakeIn, TakeInCall, TakeInDeps } from '../use-cases/take-in.ts'
import { numberOf } from './payment-cursor.ts'
import {
  DepositInput,
  PaymentConnectionType,
  PaymentFilter,
  PaymentType,
  RefundPaymentInput,
  RefundStatusEnum,
  type RefundType,
  SendPaymentInput,
  SendPaymentResultType,
  WithdrawInput,
} from './payment-types.ts'
import { isStaff, type Sight, sightOf } from './sight.ts'

const MAX_BULK = 1_000

/** Payments by id that the caller may see, one statement a request. */
export const createPaymentReader = (pool: Pool) =>
  requestLoader<Payment | null>(async (ids, context) => {
    const payments = await readPayments(pool, ids.filter(isUuid))
    return ids.map((id) => {
      const payment = payments.get(id)
      return payment && sightOf(context, payment) ? payment : null
    })
  })

export type PaymentReader = ReturnType<typeof createPaymentReader>

@Resolver(() => PaymentType)
export class PaymentResolver {
  private readonly timelines: (id: string, context: SubgraphContext) => Promise<readonly PaymentEvent[]>
  private readonly refundsOf: (id: string, context: SubgraphContext) => Promise<readonly Refund[]>

  constructor(
    private readonly deps: TakeInDeps,
    private readonly takeIn: TakeIn,
    private readonly reader: PaymentReader,
  ) {
    this.timelines = requestLoader(async (ids) => {
      const found = await readTimelines(deps.pool, ids)
      return ids.map((id) => found.get(id) ?? [])
    })
    this.refundsOf = requestLoader(async (ids) => {
      const found = await readRefunds(deps.pool, ids)
      return ids.map((id) => found.get(id) ?? [])
    })
  }

  @RequiresScopes('payments:read')
  @Query(() => PaymentType, { nullable: true })
  payment(@Arg('id', () => ID) id: string, @Ctx() context: SubgraphContext): Promise<Payment | null> {
    return this.reader(id, context)
  }

  @RequiresScopes('payments:read')
  @Query(() => PaymentConnectionType, {
    description: "The caller's own, as payer or payee; somebody else's by filter.profileId, for staff.",
  })
  async payments(
    @Arg('filter', () => PaymentFilter, { nullable: true }) filter: PaymentFilter | null,
    @Arg('first', () => Int, { nullable: true, defaultValue: 20 }) first: number | null,
    @Arg('after', () => String, { nullable: true }) after: string | null,
    @Ctx() { caller }: SubgraphContext,
  ): Promise<Connection<Payment>> {
    const page = orThrow(pageOf({ first: first ?? 20, after, keyParts: 1 }))
    if (filter?.reviewQueue) return await this.reviewQueue(caller, filter, page)
    const { profileId, walletId, status, kind, from, to } = filter ?? {}
    const customer = profileId && isStaff(caller) ? orThrow(parseId(profileId, 'filter.profileId')) : subjectOf(caller)
    if (profileId && profileId !== customer) orThrow(refuse('NOT_FOUND', undefined, 'filter.profileId'))
    const rows = await readPage(this.deps.pool, {
      viewer: { customer },
      status: status ?? null,
      kind: kind ?? null,
      walletId: walletId ? orThrow(parseId(walletId, 'filter.walletId')) : null,
      from: from ? orThrow(parseDateTime(from, 'filter.from')) : null,
      to: to ? orThrow(parseDateTime(to, 'filter.to')) : null,
      before: page.after === null ? null : numberOf(page.after[0]),
      limit: page.limit,
    })
    return toConnection(rows, page, { node: (row) => row, cursor: (row) => encodeCursor(row.number) })
  }

  private async reviewQueue(caller: Caller, filter: PaymentFilter, page: Page): Promise<Connection<Payment>> {
    if (!hasScope(caller, 'payments:review')) orThrow(refuse('FORBIDDEN', 'The queue needs the scope payments:review.'))
    const others = Object.entries(filter).filter(([name, value]) => name !== 'reviewQueue' && value != null)
    if (others.length > 0) orThrow(refuse('BAD_USER_INPUT', 'The queue takes no other filter.', 'filter'))
    const rows = await readInReview(this.deps.pool, {
      after: page.after === null ? 0n : numberOf(page.after[0]),
      limit: page.limit + 1,
    })
    return toConnection(rows, page, { node: (row) => row, cursor: (row) => encodeCursor(row.number) })
  }

  @RequiresScopes('payments:write')
  @Mutation(() => PaymentType)
  async sendPayment(
    @Arg('input', () => SendPaymentInput) input: SendPaymentInput,
    @Ctx() context: SubgraphContext,
  ): Promise<Payment> {
    const { idempotencyKey, ...fields } = input
    const request = orThrow(readSendRequest(fields, 'input'))
    const caller = callerKey(context, this.deps.keys, idempotencyKey)
    return orThrow(await this.takeIn.submit({ operation: 'sendPayment', input: request, caller, at: 'input' }))
  }

  @RequiresScopes('payments:write')
  @Mutation(() => [SendPaymentResultType], {
    description: 'Up to 1,000 at once; each gets its own result, in order.',
  })
  async sendPayments(
    @Arg('input', () => [SendPaymentInput]) inputs: SendPaymentInput[],
    @Ctx() context: SubgraphContext,
  ): Promise<SendPaymentResultType[]> {
    if (inputs.length > MAX_BULK) orThrow(refuse('BATCH_TOO_LARGE', `At most ${MAX_BULK} payments at once.`, 'input'))
    subjectOf(context.caller)
    const calls = inputs.map((input, index) => this.readCall(input, `input.${index}`, context))
    const results = await Promise.all(calls.map((call) => (call.ok ? this.takeIn.submit(call.value) : call)))
    return results.map((result) =>
      result.ok ? { payment: result.value } : { errorCode: result.code, errorMessage: result.message },
    )
  }

  @RequiresScopes('payments:write')
  @Mutation(() => PaymentType)
  async deposit(
    @Arg('input', () => DepositInput) input: DepositInput,
    @Ctx() context: SubgraphContext,
  ): Promise<Payment> {
    const caller = callerKey(context, this.deps.keys, input.idempotencyKey)
    return orThrow(
      await this.takeIn.submit({ operation: 'deposit', input: orThrow(fundingRequest(input)), caller, at: 'input' }),
    )
  }

  @RequiresScopes('payments:write')
  @Mutation(() => PaymentType)
  async cancelPayment(
    @Arg('id', () => ID) id: string,
    @Arg('reason', () => String, { nullable: true }) reason: string | null,
    @Ctx() { caller }: SubgraphContext,
  ): Promise<Payment> {
    return orThrow(await cancelPayment(this.deps, { id, reason: reason ?? null, payer: subjectOf(caller) }))
  }

  @RequiresScopes('payments:write')
  @Mutation(() => PaymentType)
  async refundPayment(
    @Arg('input', () => RefundPaymentInput) input: RefundPaymentInput,
    @Ctx() context: SubgraphContext,
  ): Promise<Payment> {
    const { caller } = context
    const amount = input.amount ? orThrow(parsePositiveMoneyInput(input.amount, 'input.amount')) : null
    const refunder = {
      ...callerKey(context, this.deps.keys, input.idempotencyKey),
      isReviewer: hasScope(caller, 'payments:review'),
      isStaff: isStaff(caller),
    }
    const { paymentId, reason } = input
    return orThrow(await refundPayment(this.deps, refunder, { paymentId, amount, reason }))
  }

  @RequiresScopes('payments:review')
  @Mutation(() => PaymentType, {
    description: 'Someone other than the payer decides a payment that the rules sent to review.',
  })
  async reviewPayment(
    @Arg('id', () => ID) id: string,
    @Arg('approve', () => Boolean) approve: boolean,
    @Arg('note', () => String) note: string,
    @Ctx() { caller }: SubgraphContext,
  ): Promise<Payment> {
    return orThrow(await reviewPayment(this.deps, { id, approve, note, reviewer: subjectOf(caller) }))
  }

  @RequiresScopes('payments:write')
  @Mutation(() => PaymentType)
  async withdraw(
    @Arg('input', () => WithdrawInput) input: WithdrawInput,
    @Ctx() context: SubgraphContext,
  ): Promise<Payment> {
    const caller = callerKey(context, this.deps.keys, input.idempotencyKey)
    return orThrow(
      await this.takeIn.submit({ operation: 'withdraw', input: orThrow(fundingRequest(input)), caller, at: 'input' }),
    )
  }

  @FieldResolver()
  payer(@Root() { payer }: Payment): { id: string } {
    return { id: payer }
  }

  @FieldResolver()
  payee(@Root() { payee }: Payment): { id: string } | null {
    return reference(payee)
  }

  @FieldResolver()
  from(@Root() payment: Payment, @Ctx() context: SubgraphContext): { id: string } | null {
    return reference(ofPayer(payment, context, payment.fromWalletId))
  }

  @FieldResolver()
  to(@Root() { toWalletId }: Payment): { id: string } | null {
    return reference(toWalletId)
  }

  @FieldResolver()
  beneficiary(@Root() payment: Payment, @Ctx() context: SubgraphContext): { id: string } | null {
    return reference(ofPayer(payment, context, payment.beneficiaryId))
  }

  @FieldResolver()
  debit(@Root() payment: Payment, @Ctx() context: SubgraphContext): MoneyType | null {
    const { principalMinor, feeMinor, fromCurrency: currency } = payment
    if (payment.kind === 'DEPOSIT' || principalMinor === null || feeMinor === null) return null
    return ofPayer(payment, context, toMoneyType({ amountMinor: principalMinor + feeMinor, currency }))
  }

  @FieldResolver()
  credit(@Root() { creditMinor, toCurrency: currency }: Payment): MoneyType | null {
    return creditMinor === null ? null : toMoneyType({ amountMinor: creditMinor, currency })
  }

  @FieldResolver()
  fee(@Root() payment: Payment, @Ctx() context: SubgraphContext): MoneyType | null {
    const { feeMinor, principalMinor, fromCurrency: currency } = payment
    if (feeMinor === null || principalMinor === null) return null
    return ofPayer(payment, context, toMoneyType({ amountMinor: feeMinor, currency }))
  }

  @FieldResolver()
  fxQuote(@Root() payment: Payment, @Ctx() context: SubgraphContext): { id: string } | null {
    return reference(ofPayer(payment, context, payment.fxQuoteId))
  }

  @FieldResolver()
  decision(@Root() payment: Payment, @Ctx() context: SubgraphContext): { id: string } | null {
    return reference(ofPayer(payment, context, payment.decided ? payment.id : null))
  }

  @FieldResolver()
  transfers(@Root() payment: Payment, @Ctx() context: SubgraphContext): { id: string }[] {
    const ids = sightOf(context, payment) === 'payee' ? payment.payeeTransferIds : payment.transferIds
    return ids.map((id) => ({ id }))
  }

  @FieldResolver()
  async timeline(@Root() payment: Payment, @Ctx() context: SubgraphContext): Promise<readonly PaymentEvent[]> {
    const events = await this.timelines(payment.id, context)
    return sightOf(context, payment) === 'payee' ? events.filter(({ status }) => hasArrived(status)) : events
  }

  @FieldResolver()
  async refunds(@Root() payment: Payment, @Ctx() context: SubgraphContext): Promise<RefundType[]> {
    const refunds = await this.refundsOf(payment.id, context)
    return refunds.map(({ amountMinor, returnedMinor, status, ...refund }) => ({
      ...refund,
      status: RefundStatusEnum[status],
      amount: toMoneyType({ amountMinor, currency: payment.toCurrency }),
      returned:
        returnedMinor === null || status !== 'COMPLETED'
          ? null
          : ofPayer(payment, context, toMoneyType({ amountMinor: returnedMinor, currency: payment.fromCurrency })),
    }))
  }

  @FieldResolver()
  nextActionUrl(@Root() payment: Payment, @Ctx() context: SubgraphContext): string | null {
    return ofPayer(payment, context, payment.nextActionUrl)
  }

  @FieldResolver()
  failure(@Root() payment: Payment, @Ctx() context: SubgraphContext): { code: string; message: string } | null {
    const { failureCode: code, failureMessage: message } = payment
    return code === null ? null : ofPayer(payment, context, { code, message: message ?? '' })
  }

  private readCall(
    { idempotencyKey, ...fields }: SendPaymentInput,
    at: string,
    { caller }: SubgraphContext,
  ): Result<TakeInCall> {
    const key = this.deps.keys.check(idempotencyKey)
    if (!key.ok) return key
    const request = readSendRequest(fields, at)
    if (!request.ok) return request
    const owner = { subject: subjectOf(caller), scope: idempotencyScope(caller), key: key.value }
    return accept({ operation: 'sendPayment', input: request.value, caller: owner, at })
  }
}

function fundingRequest(input: DepositInput | WithdrawInput): Result<FundingRequest> {
  const walletId = parseId(input.walletId, 'input.walletId')
  if (!walletId.ok) return walletId
  const amount = parsePositiveMoneyInput(input.amount, 'input.amount')
  if (!amount.ok) return amount
  const { provider = null, beneficiaryId = null }: { provider?: string | null; beneficiaryId?: string | null } = input
  const beneficiary = beneficiaryId === null ? accept(null) : parseId(beneficiaryId, 'input.beneficiaryId')
  if (!beneficiary.ok) return beneficiary
  return accept({ walletId: walletId.value, amount: amount.value, beneficiaryId: beneficiary.value, provider })
}

function callerKey({ caller }: SubgraphContext, keys: IdempotencyKeys, key: string): CallerKey {
  return { subject: subjectOf(caller), scope: idempotencyScope(caller), key: orThrow(keys.check(key)) }
}

const reference = (id: string | null): { id: string } | null => (id === null ? null : { id })

const PAYER_SIDE: ReadonlySet<Sight | null> = new Set<Sight>(['payer', 'staff'])

/** What belongs to the payer's side is null for the payee. */
const ofPayer = <T>(payment: Payment, context: SubgraphContext, value: T | null): T | null =>
  PAYER_SIDE.has(sightOf(context, payment)) ? value : null
