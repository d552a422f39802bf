import { accept, isErrorCode, type Result, refuse } from '@corridor/platform'
import type { ServiceClient } from '@corridor/subgraph'
import type { JournalRole, Posting } from '../domain/postings.ts'

/** The other domains, as payments need them. Every call may throw a `Fault`: then its side is away. */

export interface WalletInfo {
  readonly id: string
  readonly owner: string
  readonly currency: string
  readonly status: 'ACTIVE' | 'FROZEN' | 'CLOSED'
}

export interface WalletPort {
  /** In the order of the ids; null for what is no wallet. */
  read(ids: readonly string[]): Promise<readonly (WalletInfo | null)[]>
}

export interface BeneficiaryInfo {
  readonly id: string
  readonly owner: string
  readonly country: string
  readonly currency: string
  readonly delivery: 'WALLET' | 'BANK' | 'CASH_PICKUP'
  readonly walletId: string | null
  /** Neither removed nor erased. */
  readonly active: boolean
}

/** Whom and where to pay, account numbers whole: for a provider, and kept nowhere. */
export interface PayoutDetails {
  readonly name: string
  readonly country: string
  readonly currency: string
  readonly delivery: 'BANK' | 'CASH_PICKUP'
  readonly accountNumber: string | null
  readonly bankName: string | null
}

export interface BeneficiaryPort {
  /** In the order of the ids; null for what is none. */
  read(ids: readonly string[]): Promise<readonly (BeneficiaryInfo | null)[]>
  /** In the order of the ids; null for those who were removed. */
  payoutDetails(ids: readonly string[]): Promise<readonly (PayoutDetails | null)[]>
}

export interface LockedQuote {
  readonly id: string
  readonly fromCurrency: string
  readonly fromMinor: bigint
  readonly toCurrency: string
  readonly toMinor: bigint
  readonly expiresAt: Date
  readonly referenceUsdMinor: bigint
}

export interface Redemption {
  readonly quoteId: string
  readonly owner: string
  readonly paymentId: string
  /** A quote for other currencies is refused, and not used. */
  readonly fromCurrency: string
  readonly toCurrency: string
}

export interface QuotePort {
  /** Locks a rate under an id of ours, or answers the quote that has that id already, which it must where we did not choose it. */
  lock(request: {
    id: string
    owner: string
    fromCurrency: string
    toCurrency: string
    fromMinor: bigint | null
    toMinor: bigint | null
    mustExist: boolean
  }): Promise<Result<LockedQuote>>
  /** Uses quotes for payments, each once; the same payment again gets the same answer. In order. */
  redeem(redemptions: readonly Redemption[]): Promise<readonly Result<LockedQuote>[]>
  usdReference(amount: { amountMinor: bigint; currency: string }): Promise<bigint>
}

export interface ToPrice {
  readonly paymentId: string
  readonly owner: string
  readonly fromCurrency: string
  readonly toCurrency: string
  readonly debitMinor: bigint | null
  readonly creditMinor: bigint | null
  readonly fxQuoteId: string | null
  /** What a refund is held against: the house takes on nothing by it. */
  readonly isRefund?: boolean
}

export interface Price {
  readonly principalMinor: bigint
  readonly creditMinor: bigint
  readonly fxQuoteId: string | null
  readonly referenceUsdMinor: bigint
  readonly referenceMid: string
}

export interface PricePort {
  price(payments: readonly ToPrice[]): Promise<readonly Result<Price>[]>
}

export interface ToDecide {
  readonly subjectId: string
  readonly kind: string
  readonly customerId: string
  readonly currency: string
  readonly amountUsdMinor: bigint
  readonly counterpartyId: string | null
  readonly destinationCountry: string | null
  /** The wallets, for lists of blocked accounts. */
  readonly fromAccountId: string | null
  readonly toAccountId: string | null
}

export interface Verdict {
  readonly outcome: 'APPROVE' | 'REVIEW' | 'DECLINE'
  readonly message: string | null
}

export interface RulesPort {
  /** `prepare` keeps the decision and reserves nothing. */
  decide(subjects: readonly ToDecide[], options: { prepare: boolean }): Promise<readonly Verdict[]>
}

export interface JournalToPost {
  readonly id: string
  readonly role: JournalRole
  readonly transfers: readonly (
    | (Posting & { readonly id: string; readonly action: 'POST' | 'HOLD' })
    | { readonly id: string; readonly action: 'CAPTURE' | 'VOID'; readonly resolves: string }
  )[]
}

export interface LedgerPort {
  /** A refusal is final: it is kept under the journal's id. */
  post(journals: readonly JournalToPost[]): Promise<readonly Result<null>[]>
  /** Gives ids up; true for those under which something was posted before. */
  retire(ids: readonly string[]): Promise<readonly boolean[]>
}

interface CodedResult {
  readonly code: string | null
  readonly message: string | null
}

const toRefusal = ({ code, message }: CodedResult) =>
  refuse(isErrorCode(code) ? code : 'INTERNAL_SERVER_ERROR', message ?? undefined)

const textOrNull = (minor: bigint | null): string | null => (minor === null ? null : String(minor))

export const walletPort = (client: ServiceClient): WalletPort => ({
  async read(ids) {
    const { paymentWallets } = await client.request<{ paymentWallets: (WalletInfo | null)[] }>(
      'query ($ids: [ID!]!) { paymentWallets(ids: $ids) { id owner currency status } }',
      { ids },
    )
    return paymentWallets
  },
})

export const beneficiaryPort = (client: ServiceClient): BeneficiaryPort => ({
  async read(ids) {
    if (ids.length === 0) return []
    const { paymentBeneficiaries } = await client.request<{ paymentBeneficiaries: (BeneficiaryInfo | null)[] }>(
      `query ($ids: [ID!]!) {
         paymentBeneficiaries(ids: $ids) { id owner country currency delivery walletId active } }`,
      { ids },
    )
    return paymentBeneficiaries
  },
  async payoutDetails(ids) {
    if (ids.length === 0) return []
    const { payoutDetails } = await client.request<{ payoutDetails: (PayoutDetails | null)[] }>(
      `query ($ids: [ID!]!) {
         payoutDetails(beneficiaryIds: $ids) { name country currency delivery accountNumber bankName } }`,
      { ids },
    )
    return payoutDetails
  },
})

interface QuoteAnswer extends CodedResult {
  readonly quote: {
    readonly id: string
    readonly fromCurrency: string
    readonly fromMinor: string
    readonly toCurrency: string
    readonly toMinor: string
    readonly expiresAt: string
    readonly referenceUsdMinor: string
  } | null
}

const QUOTE = 'code message quote { id fromCurrency fromMinor toCurrency toMinor expiresAt referenceUsdMinor }'

function toQuote(answer: QuoteAnswer | undefined): Result<LockedQuote> {
  if (!answer?.quote) return toRefusal(answer ?? { code: null, message: null })
  const { fromMinor, toMinor, expiresAt, referenceUsdMinor, ...quote } = answer.quote
  return accept({
    ...quote,
    fromMinor: BigInt(fromMinor),
    toMinor: BigInt(toMinor),
    expiresAt: new Date(expiresAt),
    referenceUsdMinor: BigInt(referenceUsdMinor),
  })
}

export const quotePort = (client: ServiceClient): QuotePort => ({
  async lock({ fromMinor, toMinor, ...request }) {
    const { lockFxQuotes } = await client.request<{ lockFxQuotes: QuoteAnswer[] }>(
      `mutation ($q: [LockFxQuoteInput!]!) { lockFxQuotes(quotes: $q) { ${QUOTE} } }`,
      { q: [{ ...request, fromMinor: textOrNull(fromMinor), toMinor: textOrNull(toMinor) }] },
    )
    return toQuote(lockFxQuotes[0])
  },
  async redeem(asked) {
    if (asked.length === 0) return []
    const redemptions = asked.map(({ quoteId, owner, paymentId, fromCurrency, toCurrency }) => ({
      quoteId,
      owner,
      paymentId,
      fromCurrency,
      toCurrency,
    }))
    const { redeemFxQuotes } = await client.request<{ redeemFxQuotes: QuoteAnswer[] }>(
      `mutation ($r: [RedeemFxQuoteInput!]!) { redeemFxQuotes(redemptions: $r) { ${QUOTE} } }`,
      { r: redemptions },
    )
    return redeemFxQuotes.map(toQuote)
  },
  async usdReference({ amountMinor, currency }) {
    const { usdReference } = await client.request<{ usdReference: { usdMinor: string } }>(
      'query ($a: String!, $c: Currency!) { usdReference(amountMinor: $a, currency: $c) { usdMinor } }',
      { a: String(amountMinor), c: currency },
    )
    return BigInt(usdReference.usdMinor)
  },
})

interface PriceAnswer extends CodedResult {
  readonly debitMinor: string | null
  readonly creditMinor: string | null
  readonly fxQuoteId: string | null
  readonly referenceUsdMinor: string | null
  readonly referenceMid: string | null
}

export const pricePort = (client: ServiceClient): PricePort => ({
  async price(payments) {
    if (payments.length === 0) return []
    const { pricePayments } = await client.request<{ pricePayments: PriceAnswer[] }>(
      `mutation ($p: [PricePaymentInput!]!) { pricePayments(payments: $p) {
         code message debitMinor creditMinor fxQuoteId referenceUsdMinor referenceMid } }`,
      {
        p: payments.map(({ debitMinor, creditMinor, ...payment }) => ({
          ...payment,
          debitMinor: textOrNull(debitMinor),
          creditMinor: textOrNull(creditMinor),
        })),
      },
    )
    return pricePayments.map((answer) => {
      const { debitMinor, creditMinor, fxQuoteId, referenceUsdMinor, referenceMid } = answer
      if (debitMinor === null || creditMinor === null || referenceUsdMinor === null || referenceMid === null) {
        return toRefusal(answer)
      }
      return accept({
        principalMinor: BigInt(debitMinor),
        creditMinor: BigInt(creditMinor),
        fxQuoteId,
        referenceUsdMinor: BigInt(referenceUsdMinor),
        referenceMid,
      })
    })
  },
})

export const rulesPort = (client: ServiceClient): RulesPort => ({
  async decide(subjects, { prepare }) {
    if (subjects.length === 0) return []
    const { decide } = await client.request<{ decide: Verdict[] }>(
      'mutation ($i: [DecideInput!]!, $p: Boolean) { decide(inputs: $i, prepare: $p) { outcome message } }',
      { i: subjects.map((subject) => ({ ...subject, amountUsdMinor: String(subject.amountUsdMinor) })), p: prepare },
    )
    return decide
  },
})

interface JournalAnswer extends CodedResult {
  readonly status: 'POSTED' | 'REFUSED' | 'RETIRED'
}

export const ledgerPort = (client: ServiceClient): LedgerPort => ({
  async post(journals) {
    if (journals.length === 0) return []
    const { postJournals } = await client.request<{ postJournals: JournalAnswer[] }>(
      'mutation ($j: [JournalInput!]!) { postJournals(journals: $j) { status code message } }',
      { j: journals.map(({ id, transfers }) => ({ id, final: true, transfers: transfers.map(toTransferInput) })) },
    )
    return postJournals.map((answer) => {
      if (answer.status === 'POSTED') return accept(null)
      if (answer.status === 'RETIRED') return refuse('SERVICE_UNAVAILABLE', 'The payment was given up.')
      return toRefusal(answer)
    })
  },
  async retire(ids) {
    const { retireJournals } = await client.request<{ retireJournals: JournalAnswer[] }>(
      'mutation ($ids: [ID!]!) { retireJournals(ids: $ids) { status code message } }',
      { ids },
    )
    return retireJournals.map(({ status }) => status === 'POSTED')
  },
})

function toTransferInput(transfer: JournalToPost['transfers'][number]): Record<string, string> {
  if ('resolves' in transfer) return transfer
  const { id, action, debitAccount, creditAccount, amountMinor, currency } = transfer
  return { id, action, debitAccount, creditAccount, amountMinor: String(amountMinor), currency }
}
