export type PaymentKind = 'TRANSFER' | 'DEPOSIT' | 'WITHDRAWAL' | 'PAYOUT'

export const PAYMENT_STATUSES = [
  'SCHEDULED',
  'PENDING',
  'IN_REVIEW',
  'AUTHORIZED',
  'COMPLETED',
  'PARTIALLY_REFUNDED',
  'REFUNDED',
  'DECLINED',
  'FAILED',
  'CANCELLED',
] as const
export type PaymentStatus = (typeof PAYMENT_STATUSES)[number]

/** What somebody wants of a payment that waits; EXPIRE is the system's own. */
export type Intent = 'APPROVE' | 'REFUSE' | 'CANCEL' | 'EXPIRE'

export type ProviderOutcome = 'SETTLED' | 'FAILED'

/** Amounts are minor units. What is null is not known yet: a payment is priced by the processor. */
export interface Payment {
  readonly id: string
  readonly number: bigint
  readonly kind: PaymentKind
  readonly status: PaymentStatus
  readonly version: bigint
  readonly payer: string
  readonly payee: string | null
  readonly fromWalletId: string | null
  readonly toWalletId: string | null
  readonly leasedWalletId: string
  readonly fromCurrency: string
  readonly toCurrency: string
  readonly askedDebitMinor: bigint | null
  readonly askedCreditMinor: bigint | null
  readonly fxQuoteId: string | null
  readonly quoteId: string | null
  readonly principalMinor: bigint | null
  readonly creditMinor: bigint | null
  readonly feeMinor: bigint | null
  /** The fee of its corridor when it was taken in; null where the fee itself is known. */
  readonly feeBps: number | null
  readonly referenceUsdMinor: bigint | null
  readonly referenceMid: string | null
  readonly decided: boolean
  readonly beneficiaryId: string | null
  /** Of a beneficiary; the rules judge by it. */
  readonly destinationCountry: string | null
  /** It is PENDING from then on. */
  readonly scheduledFor: Date | null
  readonly reference: string | null
  readonly provider: string | null
  /** From then on the provider may have been told to pay. */
  readonly providerAskedAt: Date | null
  readonly providerStartedAt: Date | null
  /** What the provider calls it by. */
  readonly providerReference: string | null
  readonly providerOutcome: ProviderOutcome | null
  readonly nextActionUrl: string | null
  readonly transferIds: readonly string[]
  readonly payeeTransferIds: readonly string[]
  readonly failureCode: string | null
  readonly failureMessage: string | null
  readonly intent: Intent | null
  readonly intentAt: Date | null
  readonly intentNote: string | null
  readonly attempts: number
  readonly dueAt: Date | null
  readonly createdAt: Date
  readonly updatedAt: Date
  /** In which trace it was asked for (W3C Trace Context); null: in none. */
  readonly traceparent: string | null
}

/** One change of a payment's state, at its place in the history of all payments. */
export interface PaymentEvent {
  readonly position: bigint
  readonly paymentId: string
  readonly status: PaymentStatus
  readonly payer: string
  readonly payee: string | null
  readonly note: string | null
  readonly at: Date
  readonly traceparent: string | null
  /** As it stands, where it was read with the event. */
  readonly payment?: Payment
}

/** What a payee may see. */
export const ARRIVED_STATUSES = ['COMPLETED', 'PARTIALLY_REFUNDED', 'REFUNDED'] as const satisfies PaymentStatus[]
const ARRIVED: ReadonlySet<PaymentStatus> = new Set(ARRIVED_STATUSES)

export const hasArrived = (status: PaymentStatus): boolean => ARRIVED.has(status)
