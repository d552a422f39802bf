import type { Money } from '@corridor/money'
import { accept, type Clock, type Pool, type Result, refuse } from '@corridor/platform'
import type { SendRequest, TransferRequest } from './payment-request.ts'
import type { NewPayment } from './payment-store.ts'
import type { QuotePort, Redemption, WalletInfo, WalletPort } from './ports.ts'
import { fits, pairOf } from './prepare-payment.ts'
import { type PreparedQuote, readQuotes } from './quote-store.ts'

/** Money in or out through a funding provider; the configured one where none is named. */
export interface FundingRequest {
  readonly walletId: string
  readonly amount: Money
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
  readonly quotes: QuotePort
  /** The provider of deposits that name none. */
  readonly defaultProvider: string
}

interface Known {
  readonly wallets: ReadonlyMap<string, WalletInfo>
  readonly prepared: ReadonlyMap<string, PreparedQuote>
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
  const [wallets, prepared] = await Promise.all([
    readWallets(deps.wallets, requests),
    readQuotes(deps.pool, requests.flatMap(quoteIdOf)),
  ])
  const known = { wallets, prepared, defaultProvider: deps.defaultProvider, now: deps.clock.now() }
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

async function readWallets(port: WalletPort, requests: readonly ToDraft[]): Promise<ReadonlyMap<string, WalletInfo>> {
  const ids = new Set<string>()
  for (const { operation, input } of requests) {
    if (operation !== 'sendPayment') ids.add(input.walletId)
    else if (!('quoteId' in input)) ids.add(input.fromWalletId).add(input.toWalletId)
  }
  if (ids.size === 0) return new Map()
  const found = await port.read([...ids])
  return new Map(found.flatMap((wallet): [string, WalletInfo][] => (wallet ? [[wallet.id, wallet]] : [])))
}

/** What deposits and withdrawals have in common: a wallet of the caller's own, its currency, a provider, no fee. */
function draftFunding(
  { operation, payer, paymentId: id }: ToDraft,
  { walletId, amount, provider }: FundingRequest,
  { wallets, defaultProvider }: Known,
): Result<Draft> {
  if (provider !== null && provider !== defaultProvider) {
    return refuse('BAD_USER_INPUT', `The funding provider is ${defaultProvider}.`, 'input.provider')
  }
  const wallet = wallets.get(walletId)
  if (wallet?.owner !== payer) return refuse('NOT_FOUND', undefined, 'input.walletId')
  if (wallet.currency !== amount.currency) {
    return refuse('CURRENCY_MISMATCH', `The wallet is in ${wallet.currency}.`, 'input.amount.currency')
  }
  const incoming = operation === 'deposit'
  return accept({
    redemption: null,
    payment: {
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
      fxQuoteId: null,
      quoteId: null,
      feeMinor: 0n,
      reference: null,
      provider: defaultProvider,
    },
  })
}

function draftTransfer(request: ToDraft, input: TransferRequest, { wallets }: Known): Result<Draft> {
  const { payer, paymentId, at } = request
  const pair = pairOf(wallets, payer, input, at)
  if (!pair.ok) return pair
  const { from, to } = pair.value
  const { fxQuoteId, debit, credit, reference } = input
  const field = `${at}.fxQuoteId`
  if (fxQuoteId !== null && from.currency === to.currency) {
    return refuse('CURRENCY_MISMATCH', 'There is nothing to convert.', field)
  }
  return accept({
    redemption: fxQuoteId === null ? null : { quoteId: fxQuoteId, owner: payer, paymentId, field },
    payment: {
      id: paymentId,
      kind: 'TRANSFER',
      payer,
      payee: to.owner,
      fromWalletId: from.id,
      toWalletId: to.id,
      leasedWalletId: from.id,
      fromCurrency: from.currency,
      toCurrency: to.currency,
      askedDebitMinor: debit?.amountMinor ?? null,
      askedCreditMinor: credit?.amountMinor ?? null,
      fxQuoteId,
      quoteId: null,
      feeMinor: null,
      reference,
      provider: null,
    },
  })
}

function confirmQuote(request: ToDraft, quoteId: string, { prepared, now }: Known): Result<Draft> {
  const { payer, paymentId, at } = request
  const quote = prepared.get(quoteId)
  const field = `${at}.quoteId`
  if (quote?.owner !== payer) return refuse('NOT_FOUND', 'There is no such quote.', field)
  if (quote.paymentId !== null && quote.paymentId !== paymentId) return refuse('QUOTE_USED', undefined, field)
  if (quote.expiresAt <= now) return refuse('QUOTE_EXPIRED', undefined, field)
  return accept({
    redemption: quote.fxQuoteId === null ? null : { quoteId: quote.fxQuoteId, owner: payer, paymentId, field },
    payment: {
      id: paymentId,
      kind: 'TRANSFER',
      payer,
      payee: quote.payee,
      fromWalletId: quote.fromWalletId,
      toWalletId: quote.toWalletId,
      leasedWalletId: quote.fromWalletId,
      fromCurrency: quote.fromCurrency,
      toCurrency: quote.toCurrency,
      askedDebitMinor: quote.principalMinor,
      askedCreditMinor: quote.creditMinor,
      fxQuoteId: quote.fxQuoteId,
      quoteId,
      feeMinor: quote.feeMinor,
      reference: quote.reference,
      provider: null,
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
    if (!fits(quote.value, payment.fromCurrency, payment.toCurrency)) {
      return refuse('CURRENCY_MISMATCH', 'The quote is for other currencies.', redemption.field)
    }
    const { fromMinor: askedDebitMinor, toMinor: askedCreditMinor } = quote.value
    return accept({ ...payment, askedDebitMinor, askedCreditMinor })
  })
}
