import { accept, type Clock, type Pool, type Result, refuse, uuidv7 } from '@corridor/platform'
import { type FeePolicy, feeOf } from '../domain/fee.ts'
import type { TransferRequest } from './payment-request.ts'
import type { QuotePort, RulesPort, WalletInfo, WalletPort } from './ports.ts'
import { insertQuote, type PreparedQuote } from './quote-store.ts'

export interface PrepareDeps {
  readonly pool: Pool
  readonly clock: Clock
  readonly wallets: WalletPort
  readonly quotes: QuotePort
  readonly rules: RulesPort
  readonly fees: FeePolicy
}

const QUOTE_MS = 60_000

/** Everything a payer wants to know before he says yes. Nothing is reserved but the rate, until the quote expires. */
export async function preparePayment(
  deps: PrepareDeps,
  owner: string,
  request: TransferRequest,
): Promise<Result<PreparedQuote>> {
  const { pool, clock, rules, fees } = deps
  const found = await deps.wallets.read([request.fromWalletId, request.toWalletId])
  const known = new Map(found.flatMap((wallet): [string, WalletInfo][] => (wallet ? [[wallet.id, wallet]] : [])))
  const pair = pairOf(known, owner, request, 'input')
  if (!pair.ok) return pair
  const { from, to } = pair.value
  const priced = await priceOf(deps, { owner, request, from, to })
  if (!priced.ok) return priced
  const { principalMinor, creditMinor, fxQuoteId, usdMinor, expiresAt } = priced.value
  const quote: PreparedQuote = {
    id: uuidv7(),
    owner,
    fromWalletId: from.id,
    toWalletId: to.id,
    payee: to.owner,
    fromCurrency: from.currency,
    toCurrency: to.currency,
    principalMinor,
    creditMinor,
    feeMinor: feeOf({ fromCurrency: from.currency, toCurrency: to.currency, principalMinor }, fees),
    fxQuoteId,
    reference: request.reference,
    expiresAt,
    createdAt: clock.now(),
    paymentId: null,
  }
  const subject = {
    subjectId: quote.id,
    kind: 'TRANSFER',
    customerId: owner,
    currency: from.currency,
    amountUsdMinor: usdMinor,
    counterpartyId: to.owner,
  }
  await rules.decide([subject], { prepare: true })
  await insertQuote(pool, quote)
  return accept(quote)
}

/** Both wallets; the source is the payer's own, or it does not exist for him. Amounts are in the currency of their side. */
export function pairOf(
  wallets: ReadonlyMap<string, WalletInfo>,
  owner: string,
  { fromWalletId, toWalletId, debit, credit }: TransferRequest,
  at: string,
): Result<{ from: WalletInfo; to: WalletInfo }> {
  const [from, to] = [wallets.get(fromWalletId), wallets.get(toWalletId)]
  if (from?.owner !== owner) return refuse('NOT_FOUND', undefined, `${at}.fromWalletId`)
  if (!to) return refuse('NOT_FOUND', undefined, `${at}.toWalletId`)
  if (debit && debit.currency !== from.currency) {
    return refuse('CURRENCY_MISMATCH', `${at}.debit is in ${from.currency}.`, `${at}.debit.currency`)
  }
  if (credit && credit.currency !== to.currency) {
    return refuse('CURRENCY_MISMATCH', `${at}.credit is in ${to.currency}.`, `${at}.credit.currency`)
  }
  return accept({ from, to })
}

/** A locked rate is used whole, and only between the currencies of the two sides. */
export const fits = (
  quote: { readonly fromCurrency: string; readonly toCurrency: string },
  fromCurrency: string,
  toCurrency: string,
): boolean => quote.fromCurrency === fromCurrency && quote.toCurrency === toCurrency

interface PreparedPrice {
  readonly principalMinor: bigint
  readonly creditMinor: bigint
  readonly fxQuoteId: string | null
  readonly usdMinor: bigint
  readonly expiresAt: Date
}

async function priceOf(
  { quotes, clock }: PrepareDeps,
  input: { owner: string; request: TransferRequest; from: WalletInfo; to: WalletInfo },
): Promise<Result<PreparedPrice>> {
  const { owner, request, from, to } = input
  const { debit, credit, fxQuoteId } = request
  const now = clock.now()
  if (from.currency === to.currency) {
    if (fxQuoteId !== null) return refuse('CURRENCY_MISMATCH', 'There is nothing to convert.', 'input.fxQuoteId')
    const amountMinor = debit?.amountMinor ?? credit?.amountMinor ?? 0n
    const usdMinor = await quotes.usdReference({ amountMinor, currency: from.currency })
    const expiresAt = new Date(now.getTime() + QUOTE_MS)
    return accept({ principalMinor: amountMinor, creditMinor: amountMinor, fxQuoteId: null, usdMinor, expiresAt })
  }
  const locked = await quotes.lock({
    id: fxQuoteId ?? uuidv7(),
    owner,
    fromCurrency: from.currency,
    toCurrency: to.currency,
    // A quote that is there already is answered as it is; the amount is then only for the form of the call.
    fromMinor: credit ? null : (debit?.amountMinor ?? 1n),
    toMinor: credit?.amountMinor ?? null,
  })
  if (!locked.ok) return locked
  const quote = locked.value
  if (!fits(quote, from.currency, to.currency))
    return refuse('CURRENCY_MISMATCH', 'The quote is for other currencies.', 'input.fxQuoteId')
  if (quote.expiresAt <= now) return refuse('QUOTE_EXPIRED', undefined, 'input.fxQuoteId')
  return accept({
    principalMinor: quote.fromMinor,
    creditMinor: quote.toMinor,
    fxQuoteId: quote.id,
    usdMinor: quote.referenceUsdMinor,
    expiresAt: quote.expiresAt,
  })
}
