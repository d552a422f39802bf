import {
  accept,
  type Clock,
  inTransactionOrRefuse,
  type Pool,
  type Result,
  refuse,
  type SqlClient,
  uuidv7,
} from '@corridor/platform'
import { type FeePolicy, feeBpsOf, feeOf } from '../domain/fee.ts'
import type { TransferRequest } from './payment-request.ts'
import { fits, readSides, type Sides, sidesOf } from './payment-sides.ts'
import type { BeneficiaryPort, QuotePort, RulesPort, WalletPort } from './ports.ts'
import { countOpenQuotes, insertQuote, lockQuotesOf, type PreparedQuote } from './quote-store.ts'

export interface PrepareDeps {
  readonly pool: Pool
  readonly clock: Clock
  readonly wallets: WalletPort
  readonly beneficiaries: BeneficiaryPort
  readonly quotes: QuotePort
  readonly rules: RulesPort
  readonly fees: FeePolicy
  /** The provider of payouts. */
  readonly defaultProvider: string
}

const QUOTE_MS = 60_000
/** As many as rates may be locked at once. */
const MAX_OPEN_QUOTES = 20

/** Everything a payer wants to know before he says yes. Nothing is reserved but the rate, until the quote expires. */
export async function preparePayment(
  deps: PrepareDeps,
  owner: string,
  request: TransferRequest,
): Promise<Result<PreparedQuote>> {
  const { pool, clock, rules, fees } = deps
  const sides = sidesOf(await readSides(deps, [request]), owner, request, 'input')
  if (!sides.ok) return sides
  const { from, to } = sides.value
  // Nobody is asked in vain; what counts is counted again where the quote is written.
  const mayOpen = await mayOpenQuote(pool, owner, clock.now())
  if (!mayOpen.ok) return mayOpen
  const priced = await priceOf(deps, { owner, request, from, to })
  if (!priced.ok) return priced
  const { principalMinor, creditMinor, fxQuoteId, usdMinor, expiresAt } = priced.value
  const quote: PreparedQuote = {
    id: uuidv7(),
    owner,
    kind: to.kind,
    fromWalletId: from.id,
    toWalletId: to.walletId,
    payee: to.owner,
    beneficiaryId: to.beneficiaryId,
    destinationCountry: to.country,
    provider: to.kind === 'PAYOUT' ? deps.defaultProvider : null,
    fromCurrency: from.currency,
    toCurrency: to.currency,
    principalMinor,
    creditMinor,
    feeMinor: feeOf(principalMinor, feeBpsOf({ fromCurrency: from.currency, toCurrency: to.currency }, fees)),
    fxQuoteId,
    reference: request.reference,
    expiresAt,
    createdAt: clock.now(),
    paymentId: null,
  }
  const subject = {
    subjectId: quote.id,
    kind: to.kind,
    customerId: owner,
    currency: from.currency,
    amountUsdMinor: usdMinor,
    counterpartyId: to.owner,
    destinationCountry: to.country,
    fromAccountId: from.id,
    toAccountId: to.walletId,
  }
  await rules.decide([subject], { prepare: true })
  return await inTransactionOrRefuse(pool, async (client) => {
    await lockQuotesOf(client, owner)
    const stillMay = await mayOpenQuote(client, owner, clock.now())
    if (!stillMay.ok) return stillMay
    await insertQuote(client, quote)
    return accept(quote)
  })
}

const mayOpenQuote = async (client: SqlClient, owner: string, now: Date): Promise<Result<null>> =>
  (await countOpenQuotes(client, owner, now)) < MAX_OPEN_QUOTES
    ? accept(null)
    : refuse('LIMIT_EXCEEDED', `At most ${MAX_OPEN_QUOTES} quotes may be open at once.`)

interface PreparedPrice {
  readonly principalMinor: bigint
  readonly creditMinor: bigint
  readonly fxQuoteId: string | null
  readonly usdMinor: bigint
  readonly expiresAt: Date
}

async function priceOf(
  { quotes, clock }: PrepareDeps,
  input: { owner: string; request: TransferRequest } & Sides,
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
    mustExist: fxQuoteId !== null,
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
