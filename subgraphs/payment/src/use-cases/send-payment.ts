import { queueChannel } from '@corridor/events'
import type { Money } from '@corridor/money'
import {
  accept,
  type Clock,
  type IdempotencyKeys,
  inTransactionOrRefuse,
  invariant,
  type Pool,
  type Result,
  refuse,
  uuidv5,
  type Wakeups,
} from '@corridor/platform'
import type { Payment } from '../domain/payment.ts'
import type { SendRequest, TransferRequest } from './payment-request.ts'
import { insertPayment, type NewPayment, readPayments } from './payment-store.ts'
import type { QuotePort, WalletPort } from './ports.ts'
import { fits, readWallets } from './prepare-payment.ts'
import { readQuote, useQuote } from './quote-store.ts'

export interface SendDeps {
  readonly pool: Pool
  readonly clock: Clock
  readonly wakeups: Wakeups
  readonly keys: IdempotencyKeys
  readonly wallets: WalletPort
  readonly quotes: QuotePort
  /** The provider of deposits that name none. */
  readonly defaultProvider: string
}

export interface CallerKey {
  readonly subject: string
  /** `idempotencyScope(caller)`. */
  readonly scope: string
  readonly key: string
}

/** Where the processor listens for payments that have become due. */
export const DUE_CHANNEL = 'payments-due'

const PAYMENT_NAMESPACE = '3d0f3a38-62ac-5f0e-9d3c-0b6d3e5c7a11'

type Draft = Omit<NewPayment, 'id'>

/**
 * Takes a payment in: checks what can be checked at once, uses the quote, and leaves the rest to the processor. A
 * refusal records nothing and leaves the key free; the same call again answers the same payment as it stands.
 */
export async function sendPayment(
  deps: SendDeps,
  caller: CallerKey,
  request: SendRequest,
  at: string,
): Promise<Result<Payment>> {
  return await takeIn(deps, caller, { operation: 'sendPayment', input: request }, (paymentId) =>
    'quoteId' in request
      ? confirmQuote(deps, caller.subject, request.quoteId, { paymentId, at })
      : draftTransfer(deps, caller.subject, request, { paymentId, at }),
  )
}

/** Money in or out through a funding provider; the configured one where none is named. */
export interface FundingRequest {
  readonly walletId: string
  readonly amount: Money
  readonly provider: string | null
}

/** Takes a deposit in; its money arrives when the provider says so. */
export const deposit = (deps: SendDeps, caller: CallerKey, request: FundingRequest): Promise<Result<Payment>> =>
  takeIn(deps, caller, { operation: 'deposit', input: request }, async () => {
    const funding = await draftFunding(deps, caller.subject, request)
    if (!funding.ok) return funding
    const asked = { askedDebitMinor: null, askedCreditMinor: request.amount.amountMinor }
    const { walletId: toWalletId } = request
    return accept({
      ...funding.value,
      ...asked,
      kind: 'DEPOSIT',
      payee: caller.subject,
      fromWalletId: null,
      toWalletId,
    })
  })

/** Takes a withdrawal in; its money is held until the provider says that it is out. */
export const withdraw = (deps: SendDeps, caller: CallerKey, request: FundingRequest): Promise<Result<Payment>> =>
  takeIn(deps, caller, { operation: 'withdraw', input: request }, async () => {
    const funding = await draftFunding(deps, caller.subject, request)
    if (!funding.ok) return funding
    const asked = { askedDebitMinor: request.amount.amountMinor, askedCreditMinor: null }
    const { walletId: fromWalletId } = request
    return accept({ ...funding.value, ...asked, kind: 'WITHDRAWAL', payee: null, fromWalletId, toWalletId: null })
  })

/** What deposits and withdrawals have in common: a wallet of the caller's own, its currency, a provider, no fee. */
async function draftFunding(
  { wallets, defaultProvider }: SendDeps,
  owner: string,
  { walletId, amount, provider }: FundingRequest,
) {
  if (provider !== null && provider !== defaultProvider) {
    return refuse('BAD_USER_INPUT', `The funding provider is ${defaultProvider}.`, 'input.provider')
  }
  const [wallet] = await wallets.read([walletId])
  if (!wallet || wallet.owner !== owner) return refuse('NOT_FOUND', undefined, 'input.walletId')
  if (wallet.currency !== amount.currency) {
    return refuse('CURRENCY_MISMATCH', `The wallet is in ${wallet.currency}.`, 'input.amount.currency')
  }
  return accept({
    payer: owner,
    leasedWalletId: walletId,
    fromCurrency: amount.currency,
    toCurrency: amount.currency,
    fxQuoteId: null,
    quoteId: null,
    feeMinor: 0n,
    reference: null,
    provider: defaultProvider,
  })
}

async function takeIn(
  { pool, clock, wakeups, keys }: SendDeps,
  { scope, key }: CallerKey,
  { operation, input }: { operation: string; input: object },
  draft: (paymentId: string) => Promise<Result<Draft>>,
): Promise<Result<Payment>> {
  const call = { scope, key, operation, input }
  const known = await keys.find(pool, call)
  if (known) return known.ok ? await paymentOfKey(pool, known.value.resultId) : known
  const id = uuidv5(`${scope}\n${key}`, PAYMENT_NAMESPACE)
  const drafted = await draft(id)
  // A call with the same key may have come to its end meanwhile, and have used what this one asked for.
  if (!drafted.ok) {
    const first = await keys.find(pool, call)
    return first?.ok ? await paymentOfKey(pool, first.value.resultId) : drafted
  }
  const taken = await inTransactionOrRefuse(pool, async (client) => {
    const claim = await keys.claim(client, { ...call, resultId: id })
    if (!claim.ok || !claim.value.first) return claim
    const { quoteId } = drafted.value
    if (quoteId !== null && !(await useQuote(client, quoteId, id))) return refuse('QUOTE_USED', undefined, 'quoteId')
    await insertPayment(client, { ...drafted.value, id }, clock.now())
    return claim
  })
  if (!taken.ok) return taken
  wakeups.wake(DUE_CHANNEL)
  wakeups.wake(queueChannel('payment'))
  return await paymentOfKey(pool, taken.value.resultId)
}

async function paymentOfKey(pool: Pool, id: string): Promise<Result<Payment>> {
  const payment = (await readPayments(pool, [id])).get(id)
  invariant(payment, 'a key is committed together with its payment')
  return accept(payment)
}

interface Place {
  readonly paymentId: string
  readonly at: string
}

async function draftTransfer(
  { wallets, quotes }: SendDeps,
  payer: string,
  request: TransferRequest,
  { paymentId, at }: Place,
): Promise<Result<Draft>> {
  const found = await readWallets(wallets, payer, request, at)
  if (!found.ok) return found
  const { from, to } = found.value
  const draft = {
    kind: 'TRANSFER' as const,
    payer,
    payee: to.owner,
    fromWalletId: from.id,
    toWalletId: to.id,
    leasedWalletId: from.id,
    fromCurrency: from.currency,
    toCurrency: to.currency,
    quoteId: null,
    feeMinor: null,
    reference: request.reference,
    provider: null,
  }
  const { fxQuoteId, debit, credit } = request
  if (fxQuoteId === null) {
    const asked = { askedDebitMinor: debit?.amountMinor ?? null, askedCreditMinor: credit?.amountMinor ?? null }
    return accept({ ...draft, ...asked, fxQuoteId })
  }
  if (from.currency === to.currency)
    return refuse('CURRENCY_MISMATCH', 'There is nothing to convert.', `${at}.fxQuoteId`)
  const redeemed = await quotes.redeem({ quoteId: fxQuoteId, owner: payer, paymentId })
  if (!redeemed.ok) return refuse(redeemed.code, redeemed.message, `${at}.fxQuoteId`)
  const quote = redeemed.value
  if (!fits(quote, from, to))
    return refuse('CURRENCY_MISMATCH', 'The quote is for other currencies.', `${at}.fxQuoteId`)
  return accept({ ...draft, fxQuoteId, askedDebitMinor: quote.fromMinor, askedCreditMinor: quote.toMinor })
}

async function confirmQuote(
  { pool, clock, quotes }: SendDeps,
  payer: string,
  quoteId: string,
  { paymentId, at }: Place,
): Promise<Result<Draft>> {
  const quote = await readQuote(pool, quoteId)
  const field = `${at}.quoteId`
  if (!quote || quote.owner !== payer) return refuse('NOT_FOUND', 'There is no such quote.', field)
  if (quote.paymentId !== null && quote.paymentId !== paymentId) return refuse('QUOTE_USED', undefined, field)
  if (quote.expiresAt <= clock.now()) return refuse('QUOTE_EXPIRED', undefined, field)
  if (quote.fxQuoteId !== null) {
    const redeemed = await quotes.redeem({ quoteId: quote.fxQuoteId, owner: payer, paymentId })
    if (!redeemed.ok) return refuse(redeemed.code, redeemed.message, field)
  }
  return accept({
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
  })
}
