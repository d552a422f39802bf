import { DateTimeScalar, Key, MoneyInput, MoneyType, PageInfo, RequiresScopes } from '@corridor/subgraph'
import { Field, ID, InputType, ObjectType, registerEnumType } from 'type-graphql'
import type { BeneficiaryRef, FxQuoteRef, PartyRef, RuleDecisionRef, TransferRef, WalletRef } from './references.ts'
import * as references from './references.ts'

export enum PaymentKindEnum {
  TRANSFER = 'TRANSFER',
  DEPOSIT = 'DEPOSIT',
  WITHDRAWAL = 'WITHDRAWAL',
  PAYOUT = 'PAYOUT',
}
registerEnumType(PaymentKindEnum, { name: 'PaymentKind' })

export enum PaymentStatusEnum {
  SCHEDULED = 'SCHEDULED',
  PENDING = 'PENDING',
  IN_REVIEW = 'IN_REVIEW',
  AUTHORIZED = 'AUTHORIZED',
  COMPLETED = 'COMPLETED',
  PARTIALLY_REFUNDED = 'PARTIALLY_REFUNDED',
  REFUNDED = 'REFUNDED',
  DECLINED = 'DECLINED',
  FAILED = 'FAILED',
  CANCELLED = 'CANCELLED',
}
registerEnumType(PaymentStatusEnum, { name: 'PaymentStatus' })

@ObjectType('PlannedPosting')
export class PlannedPostingType {
  @Field(() => String)
  readonly debitAccountCode!: string

  @Field(() => String)
  readonly creditAccountCode!: string

  @Field(() => MoneyType)
  readonly amount!: MoneyType
}

@ObjectType('PaymentQuote')
export class PaymentQuoteType {
  @Field(() => ID)
  readonly id!: string

  @Field(() => MoneyType)
  readonly debit!: MoneyType

  @Field(() => MoneyType)
  readonly credit!: MoneyType

  @Field(() => MoneyType)
  readonly fee!: MoneyType

  @RequiresScopes('forex:read')
  @Field(() => references.FxQuoteRef, { nullable: true })
  readonly fxQuote?: FxQuoteRef | null

  @Field(() => references.RuleDecisionRef, {
    nullable: true,
    description: 'Kept with the quote; nothing is reserved until the payment is sent.',
  })
  readonly decision?: RuleDecisionRef | null

  @Field(() => [PlannedPostingType], { description: 'The postings that confirming will make, exactly.' })
  readonly postings!: readonly PlannedPostingType[]

  @Field(() => DateTimeScalar)
  readonly expiresAt!: Date
}

export enum RefundStatusEnum {
  PENDING = 'PENDING',
  COMPLETED = 'COMPLETED',
  FAILED = 'FAILED',
}
registerEnumType(RefundStatusEnum, { name: 'RefundStatus' })

@ObjectType('Refund')
export class RefundType {
  @Field(() => ID)
  readonly id!: string

  @Field(() => MoneyType, { description: 'In the currency that had arrived.' })
  readonly amount!: MoneyType

  @Field(() => MoneyType, { nullable: true, description: 'In the currency that had left.' })
  readonly returned?: MoneyType | null

  @Field(() => RefundStatusEnum)
  readonly status!: RefundStatusEnum

  @Field(() => String)
  readonly reason!: string

  @Field(() => DateTimeScalar)
  readonly createdAt!: Date
}

@ObjectType('PaymentFailure')
export class PaymentFailureType {
  @Field(() => String)
  readonly code!: string

  @Field(() => String)
  readonly message!: string
}

@Key('id')
@ObjectType('Payment')
export class PaymentType {
  @Field(() => ID)
  readonly id!: string

  @Field(() => PaymentKindEnum)
  readonly kind!: PaymentKindEnum

  @Field(() => PaymentStatusEnum)
  readonly status!: PaymentStatusEnum

  @Field(() => references.PartyRef, { nullable: true })
  readonly payer?: PartyRef | null

  @Field(() => references.PartyRef, { nullable: true })
  readonly payee?: PartyRef | null

  @Field(() => references.WalletRef, {
    nullable: true,
    description: "The payer's side: null for the payee, as are debit, fee, fxQuote, decision and failure.",
  })
  readonly from?: WalletRef | null

  @Field(() => references.WalletRef, { nullable: true })
  readonly to?: WalletRef | null

  @Field(() => references.BeneficiaryRef, { nullable: true })
  readonly beneficiary?: BeneficiaryRef | null

  @Field(() => MoneyType, {
    nullable: true,
    description: 'All that leaves the source, fee included; null until priced.',
  })
  readonly debit?: MoneyType | null

  @Field(() => MoneyType, { nullable: true, description: 'All that arrives; null until priced.' })
  readonly credit?: MoneyType | null

  @Field(() => MoneyType, { nullable: true })
  readonly fee?: MoneyType | null

  @RequiresScopes('forex:read')
  @Field(() => references.FxQuoteRef, { nullable: true })
  readonly fxQuote?: FxQuoteRef | null

  @Field(() => String, { nullable: true })
  readonly reference?: string | null

  @Field(() => references.RuleDecisionRef, { nullable: true })
  readonly decision?: RuleDecisionRef | null

  @Field(() => [references.TransferRef], { nullable: true })
  readonly transfers?: readonly TransferRef[] | null

  @Field(() => [PaymentEventType])
  readonly timeline!: readonly PaymentEventType[]

  @Field(() => [RefundType])
  readonly refunds!: readonly RefundType[]

  @Field(() => String, {
    nullable: true,
    description: 'Where the payer goes on with the provider; null for the payee and once done.',
  })
  readonly nextActionUrl?: string | null

  @Field(() => PaymentFailureType, { nullable: true })
  readonly failure?: PaymentFailureType | null

  @Field(() => DateTimeScalar)
  readonly createdAt!: Date

  @Field(() => DateTimeScalar)
  readonly updatedAt!: Date

  @Field(() => DateTimeScalar, { nullable: true })
  readonly scheduledFor?: Date | null
}

@ObjectType('PaymentEvent')
export class PaymentEventType {
  @Field(() => String, { description: 'Resumes paymentStatusChanged behind this event.' })
  readonly cursor!: string

  @RequiresScopes('payments:read')
  @Field(() => PaymentType)
  readonly payment!: unknown

  @Field(() => PaymentStatusEnum)
  readonly status!: PaymentStatusEnum

  @Field(() => DateTimeScalar)
  readonly at!: Date

  @Field(() => String, { nullable: true })
  readonly note?: string | null
}

@ObjectType('PaymentEdge')
export class PaymentEdgeType {
  @Field(() => PaymentType)
  readonly node!: unknown

  @Field(() => String)
  readonly cursor!: string
}

@ObjectType('PaymentConnection')
export class PaymentConnectionType {
  @Field(() => [PaymentEdgeType])
  readonly edges!: readonly PaymentEdgeType[]

  @Field(() => PageInfo)
  readonly pageInfo!: PageInfo
}

@ObjectType('SendPaymentResult')
export class SendPaymentResultType {
  @Field(() => PaymentType, { nullable: true })
  @RequiresScopes('payments:read')
  readonly payment?: unknown

  @Field(() => String, { nullable: true })
  readonly errorCode?: string | null

  @Field(() => String, { nullable: true })
  readonly errorMessage?: string | null
}

@InputType('PreparePaymentInput')
export class PreparePaymentInput {
  @Field(() => ID)
  readonly fromWalletId!: string

  @Field(() => ID, { nullable: true, description: 'Exactly one target.' })
  readonly toWalletId?: string | null

  @Field(() => ID, { nullable: true })
  readonly beneficiaryId?: string | null

  @Field(() => MoneyInput, {
    nullable: true,
    description: 'Without fxQuoteId, exactly one: what leaves before the fee, or what must arrive.',
  })
  readonly debit?: MoneyInput | null

  @Field(() => MoneyInput, { nullable: true })
  readonly credit?: MoneyInput | null

  @Field(() => ID, {
    nullable: true,
    description:
      'A rate locked by createFxQuote, used whole: its `from` is the debit before the fee, its `to` the credit; debit and credit stay empty.',
  })
  readonly fxQuoteId?: string | null

  @Field(() => String, { nullable: true })
  readonly reference?: string | null
}

@InputType('SendPaymentInput')
export class SendPaymentInput {
  @Field(() => String, {
    description:
      'Chosen by the caller. The same key with the same input gives the same payment; with another input, IDEMPOTENCY_MISMATCH.',
  })
  readonly idempotencyKey!: string

  @Field(() => ID, {
    nullable: true,
    description: 'Confirms a prepared payment exactly as quoted; then the fields below stay empty.',
  })
  readonly quoteId?: string | null

  @Field(() => ID, { nullable: true })
  readonly fromWalletId?: string | null

  @Field(() => ID, { nullable: true })
  readonly toWalletId?: string | null

  @Field(() => ID, { nullable: true })
  readonly beneficiaryId?: string | null

  @Field(() => MoneyInput, { nullable: true })
  readonly debit?: MoneyInput | null

  @Field(() => MoneyInput, { nullable: true })
  readonly credit?: MoneyInput | null

  @Field(() => ID, { nullable: true, description: 'As in PreparePaymentInput.' })
  readonly fxQuoteId?: string | null

  @Field(() => String, { nullable: true })
  readonly reference?: string | null

  @Field(() => DateTimeScalar, { nullable: true, description: 'Priced when it falls due, so not with a quote.' })
  readonly scheduledFor?: string | null
}

@InputType('DepositInput')
export class DepositInput {
  @Field(() => String)
  readonly idempotencyKey!: string

  @Field(() => ID)
  readonly walletId!: string

  @Field(() => MoneyInput)
  readonly amount!: MoneyInput

  @Field(() => String, { nullable: true, description: 'Which funding provider; the configured one if absent.' })
  readonly provider?: string | null
}

@InputType('WithdrawInput')
export class WithdrawInput {
  @Field(() => String)
  readonly idempotencyKey!: string

  @Field(() => ID)
  readonly walletId!: string

  @Field(() => MoneyInput)
  readonly amount!: MoneyInput

  @Field(() => ID, { nullable: true })
  readonly beneficiaryId?: string | null

  @Field(() => String, { nullable: true })
  readonly provider?: string | null
}

@InputType('RefundPaymentInput')
export class RefundPaymentInput {
  @Field(() => String)
  readonly idempotencyKey!: string

  @Field(() => ID)
  readonly paymentId!: string

  @Field(() => MoneyInput, {
    nullable: true,
    description: 'In the currency that arrived; all of what is left if absent.',
  })
  readonly amount?: MoneyInput | null

  @Field(() => String)
  readonly reason!: string
}

@InputType('PaymentFilter')
export class PaymentFilter {
  @Field(() => [PaymentStatusEnum], { nullable: true })
  readonly status?: PaymentStatusEnum[] | null

  @Field(() => PaymentKindEnum, { nullable: true })
  readonly kind?: PaymentKindEnum | null

  @Field(() => ID, { nullable: true })
  readonly walletId?: string | null

  @Field(() => ID, { nullable: true })
  readonly profileId?: string | null

  @Field(() => DateTimeScalar, { nullable: true })
  readonly from?: string | null

  @Field(() => DateTimeScalar, { nullable: true })
  readonly to?: string | null

  @Field(() => Boolean, {
    nullable: true,
    description:
      "Anybody's payments that wait for a decision, oldest first: for payments:review, and beside no other filter.",
  })
  readonly reviewQueue?: boolean | null
}
