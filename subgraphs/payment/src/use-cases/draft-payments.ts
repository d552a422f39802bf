import type { Money } from '@corridor/money'
import { accept, type Clock, type Pool, type Result, refuse } from '@corridor/platform'
import { type FeePolicy, feeBpsOf } from '../domain/fee.ts'
import type { SendRequest, TransferRequest } from './payment-request.ts'
import { beneficiaryOf, type KnownSides, readSides, sidesOf } from './payment-sides.ts'
import type { NewPayment } from './payment-store.ts'
import type { BeneficiaryInfo, BeneficiaryPort, QuotePort, Redemption, WalletPort } from './ports.ts'
import { type PreparedQuote, readQuotes } from './quote-store.ts'

/** Money in or out through a funding provider; the configured one where none is named. */
export interface FundingRequest {
  readonly walletId: string
  readonly amount: Money
  /** Of a withdrawal: the customer's own account elsewhere. */
  readonly beneficiaryId: string | null
  readonly provider: string | null
}

/** What a caller asks for, by the operation that he called. */
export type PaymentRequest =
  | { readonly operation: 'sendPayment'; readonly input: SendRequest }
  | { readonly operation: 'deposit' | 'withdraw'; readonly input: FundingRequest }

/** A request with the id that its payment will have, and where in the caller's input it stands. */
export type ToDraft = PaymentRequest & { readonly paymentId: string; readonly payer: string; readonly at: string }

export interface DraftDeps {
  readonly pool: Pool
  readonly clock: Clock
  readonly wallets: WalletPort
  readonly beneficiaries: BeneficiaryPort
  readonly quotes: QuotePort
  readonly fees: FeePolicy
  /** The provider of payouts, and of deposits and withdrawals that name none. */
  readonly defaultProvider: string
}

interface Known extends KnownSides {
  readonly prepared: ReadonlyMap<string, PreparedQuote>
  readonly fees: FeePolicy
  readonly defaultProvider: string
  readonly now: Date
}

/** A payment as it can be written, but for the locked rate that it still has to take. */
interface Draft {
  readonly payment: NewPayment
  readonly redemption: (Redemption & { readonly field: string }) | null
}

/**
 * Checks what can be checked at once, for many requests in one call to each domain, and takes the rates that they have
 * locked. Each request has its own result, in order.
 */
export async function draftPayments(deps: DraftDeps, requests: readonly ToDraft[]): Promise<Result<NewPayment>[]> {
  const prepared = await readQuotes(deps.pool, requests.flatMap(quoteIdOf))
  const sides = await readSides(
    deps,
    requests.map((request) => sidesAsked(request, prepared)),
  )
  const { defaultProvider, fees, clock } = deps
  const known = { ...sides, prepared, fees, defaultProvider, now: clock.now() }
  return await redeemAll(
    deps.quotes,
    requests.map((request) => draftOf(request, known)),
  )
}

function draftOf(request: ToDraft, known: Known): Result<Draft> {
  if (request.operation !== 'sendPayment') return draftFunding(request, request.input, known)
  const { input } = request
  return 'quoteId' in input ? confirmQuote(request, input.quoteId, known) : draftTransfer(request, input, known)
}

const quoteIdOf = (request: ToDraft): string[] =>
  request.operation === 'sendPayment' && 'quoteId' in request.input ? [request.input.quoteId] : []

/** The wallets and the beneficiary that have to be known of a request; of a prepared one all but the latter is kept. */
function sidesAsked({ operation, input }: ToDraft, prepared: ReadonlyMap<string, PreparedQuote>) {
  if (operation !== 'sendPayment') return { fromWalletId: input.walletId, beneficiaryId: input.beneficiaryId }
  return 'quoteId' in input ? { beneficiaryId: prepared.get(input.quoteId)?.beneficiaryId ?? null } : input
}

/** What deposits and withdrawals have in common: a wallet of the caller's own, its currency, a provider, no fee. */
function draftFunding(request: ToDraft, input: FundingRequest, known: Known): Result<Draft> {
  const { operation, payer, paymentId: id, at } = request
  const { walletId, amount, beneficiaryId } = input
  if (input.provider !== null && input.provider !== known.defaultProvider) {
    return refuse('BAD_USER_INPUT', `The funding provider is ${known.defaultProvider}.`, `${at}.provider`)
  }
  const wallet = known.wallets.get(walletId)
  if (wallet?.owner !== payer) return refuse('NOT_FOUND', undefined, `${at}.walletId`)
  if (wallet.currency !== amount.currency) {
    return refuse('CURRENCY_MISMATCH', `The wallet is in ${wallet.currency}.`, `${at}.amount.currency`)
  }
  const beneficiary = beneficiaryId === null ? accept(null) : ownAccount(known, payer, input, at)
  if (!beneficiary.ok) return beneficiary
  const incoming = operation === 'deposit'
  return accept({
    redemption: null,
    payment: {
      ...ONCE,
      id,
      kind: incoming ? 'DEPOSIT' : 'WITHDRAWAL',
      payer,
      payee: incoming ? payer : null,
      fromWalletId: incoming ? null : walletId,
      toWalletId: incoming ? walletId : null,
      leasedWalletId: walletId,
      fromCurrency: amount.currency,
      toCurrency: amount.currency,
      askedDebitMinor: incoming ? null : amount.amountMinor,
      askedCreditMinor: incoming ? amount.amountMinor : null,
      feeMinor: 0n,
      provider: known.defaultProvider,
      beneficiaryId,
      destinationCountry: beneficiary.value?.country ?? null,
    },
  })
}

/** What most payments leave empty. */
const ONCE = {
  fxQuoteId: null,
  quoteId: null,
  feeMinor: null,
  feeBps: null,
  reference: null,
  scheduledFor: null,
} as const

/** Where a withdrawal goes: a beneficiary outside the platform, in the wallet's currency, since nothing is converted. */
function ownAccount(
  known: Known,
  payer: string,
  { beneficiaryId, amount }: FundingRequest,
  at: string,
): Result<BeneficiaryInfo> {
  const found = beneficiaryOf(known, payer, beneficiaryId, at)
  if (!found.ok) return found
  const field = `${at}.beneficiaryId`
  if (found.value.delivery === 'WALLET') return refuse('BAD_USER_INPUT', 'A wallet is paid by sendPayment.', field)
  if (found.value.currency !== amount.currency) {
    return refuse('CURRENCY_MISMATCH', `The beneficiary is paid in ${found.value.currency}.`, field)
  }
  return found
}

function draftTransfer(request: ToDraft, input: TransferRequest, known: Known): Result<Draft> {
  const { payer, paymentId, at } = request
  const sides = sidesOf(known, payer, input, at)
  if (!sides.ok) return sides
  const { from, to } = sides.value
  const { fxQuoteId, debit, credit, reference, scheduledFor } = input
  const currencies = { fromCurrency: from.currency, toCurrency: to.currency }
  if (fxQuoteId !== null && from.currency === to.currency) {
    return refuse('CURRENCY_MISMATCH', 'There is nothing to convert.', `${at}.fxQuoteId`)
  }
  if (scheduledFor !== null && scheduledFor <= known.now) {
    return refuse('SCHEDULE_IN_PAST', undefined, `${at}.scheduledFor`)
  }
  return accept({
    redemption:
      fxQuoteId === null
        ? null
        : { quoteId: fxQuoteId, owner: payer, paymentId, ...currencies, field: `${at}.fxQuoteId` },
    payment: {
      ...ONCE,
      id: paymentId,
      kind: to.kind,
      payer,
      payee: to.owner,
      fromWalletId: from.id,
      toWalletId: to.walletId,
      leasedWalletId: from.id,
      ...currencies,
      askedDebitMinor: debit?.amountMinor ?? null,
      askedCreditMinor: credit?.amountMinor ?? null,
      fxQuoteId,
      // As it is now, whenever and by whomever the payment is priced.
      feeBps: feeBpsOf(currencies, known.fees),
      reference,
      provider: to.kind === 'PAYOUT' ? known.defaultProvider : null,
      beneficiaryId: to.beneficiaryId,
      destinationCountry: to.country,
      scheduledFor,
    },
  })
}

function confirmQuote(request: ToDraft, quoteId: string, known: Known): Result<Draft> {
  const { payer, paymentId, at } = request
  const quote = known.prepared.get(quoteId)
  const field = `${at}.quoteId`
  if (quote?.owner !== payer) return refuse('NOT_FOUND', 'There is no such quote.', field)
  if (quote.paymentId !== null && quote.paymentId !== paymentId) return refuse('QUOTE_USED', undefined, field)
  if (quote.expiresAt <= known.now) return refuse('QUOTE_EXPIRED', undefined, field)
  const { beneficiaryId, fxQuoteId, fromCurrency, toCurrency } = quote
  const currencies = { fromCurrency, toCurrency }
  const beneficiary = beneficiaryId === null ? accept(null) : beneficiaryOf(known, payer, beneficiaryId, at)
  if (!beneficiary.ok) return { ...beneficiary, field }
  return accept({
    redemption: fxQuoteId === null ? null : { quoteId: fxQuoteId, owner: payer, paymentId, ...currencies, field },
    payment: {
      id: paymentId,
      kind: quote.kind,
      payer,
      payee: quote.payee,
      fromWalletId: quote.fromWalletId,
      toWalletId: quote.toWalletId,
      leasedWalletId: quote.fromWalletId,
      ...currencies,
      askedDebitMinor: quote.principalMinor,
      askedCreditMinor: quote.creditMinor,
      fxQuoteId,
      quoteId,
      feeMinor: quote.feeMinor,
      feeBps: null,
      reference: quote.reference,
      provider: quote.provider,
      beneficiaryId,
      destinationCountry: quote.destinationCountry,
      scheduledFor: null,
    },
  })
}

/** Takes the locked rates; a payment's amounts are then the quote's. */
async function redeemAll(quotes: QuotePort, drafts: readonly Result<Draft>[]): Promise<Result<NewPayment>[]> {
  const redemptions = drafts.flatMap((draft) => (draft.ok && draft.value.redemption ? [draft.value.redemption] : []))
  const redeemed = (await quotes.redeem(redemptions)).values()
  return drafts.map((draft) => {
    if (!draft.ok) return draft
    const { payment, redemption } = draft.value
    if (redemption === null) return accept(payment)
    const quote = redeemed.next().value
    if (!quote?.ok) return refuse(quote?.code ?? 'SERVICE_UNAVAILABLE', quote?.message, redemption.field)
    const { fromMinor: askedDebitMinor, toMinor: askedCreditMinor } = quote.value
    return accept({ ...payment, askedDebitMinor, askedCreditMinor })
  })
}
