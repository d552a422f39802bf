import { isDeepStrictEqual } from 'node:util'
import { Fault, uuidv5 } from '@corridor/platform'
import type { ServiceClient } from '@corridor/subgraph'

interface Wallet {
  readonly id: string
  readonly owner: string
  readonly currency: string
  readonly status: string
}

export interface TestBeneficiary {
  readonly id: string
  readonly owner: string
  readonly delivery: string
  readonly walletId: string | null
  readonly currency: string
  readonly country: string
  active: boolean
}

interface JournalInput {
  readonly id: string
  readonly transfers: readonly {
    readonly id: string
    readonly action: string
    readonly amountMinor?: string
    readonly debitAccount?: string
    readonly creditAccount?: string
  }[]
}

type Variables = Record<string, unknown>

/**
 * The far side of the network: a wallet service that knows the wallets it is given, a forex service with one rate, a profile service with the
 * beneficiaries it is given,
 * rules and a ledger that answer as they are told and remember what they were asked.
 */
export class FarSide {
  readonly wallets = new Map<string, Wallet>()
  readonly quotes = new Map<string, { owner: string; payment: string | null; fields: Record<string, string> }>()
  readonly journals = new Map<string, JournalInput>()
  readonly calls: string[] = []
  /** What the rules were asked to decide. */
  readonly decided: Variables[] = []
  readonly retired: string[] = []
  /** Units of the target currency for one of the source's. */
  rate = 80n
  verdict: 'APPROVE' | 'REVIEW' | 'DECLINE' = 'APPROVE'
  ledgerRefusal: string | null = null
  ledgerAway = false
  /** The ledger does what it is asked, and its answer is lost. */
  answersLost = false
  /** What forex refuses to price payments with. */
  priceRefusal: string | null = null
  /** What happens before the rules answer. */
  whileDeciding: ((asked: Variables[]) => Promise<unknown>) | null = null
  /** The ledger answers, but for journals. */
  postingAway = false
  expiresAt = new Date('2999-01-01T00:00:00.000Z')

  readonly wallet = client(({ ids }) => ({
    paymentWallets: (ids as string[]).map((id) => this.wallets.get(id) ?? null),
  }))

  readonly beneficiaries = new Map<string, TestBeneficiary>()

  readonly profile = client((variables, document) =>
    document.includes('payoutDetails')
      ? {
          payoutDetails: (variables.ids as string[]).map((id) => {
            const known = this.beneficiaries.get(id)
            return known?.active ? { ...known, name: 'Ada L.', accountNumber: '4711', bankName: null } : null
          }),
        }
      : { paymentBeneficiaries: (variables.ids as string[]).map((id) => this.beneficiaries.get(id) ?? null) },
  )

  readonly forex = client((variables, document) => {
    if (document.includes('usdReference')) return { usdReference: { usdMinor: variables.a } }
    if (document.includes('lockFxQuotes'))
      return { lockFxQuotes: (variables.q as Variables[]).map((q) => this.lock(q)) }
    if (document.includes('redeemFxQuotes')) {
      return { redeemFxQuotes: (variables.r as Variables[]).map((r) => this.redeem(r)) }
    }
    this.calls.push('price')
    return { pricePayments: (variables.p as Variables[]).map((payment) => this.price(payment)) }
  })

  readonly rules = client(async ({ i }) => {
    await this.whileDeciding?.(i as Variables[])
    this.calls.push('decide')
    this.decided.push(...(i as Variables[]))
    return { decide: (i as unknown[]).map(() => ({ outcome: this.verdict, message: 'as the test wants it' })) }
  })

  readonly ledger = client((variables, document) => {
    if (this.ledgerAway) throw new Fault('SERVICE_UNAVAILABLE', 'The service did not answer.')
    if (document.includes('retireJournals')) {
      const ids = variables.ids as string[]
      this.retired.push(...ids)
      return { retireJournals: ids.map((id) => ({ status: this.journals.has(id) ? 'POSTED' : 'RETIRED' })) }
    }
    if (this.postingAway) throw new Fault('SERVICE_UNAVAILABLE', 'The service did not answer.')
    this.calls.push('post')
    const postJournals = (variables.j as JournalInput[]).map((journal) => this.post(journal))
    if (this.answersLost) throw new Fault('SERVICE_UNAVAILABLE', 'The service did not answer in time.')
    return { postJournals }
  })

  private post(journal: JournalInput) {
    const known = this.journals.get(journal.id)
    if (known !== undefined && !isDeepStrictEqual(known, journal)) {
      return { status: 'REFUSED', code: 'IDEMPOTENCY_MISMATCH', message: 'no' }
    }
    if (this.retired.includes(journal.id) && known === undefined)
      return { status: 'RETIRED', code: null, message: null }
    if (this.ledgerRefusal !== null) return { status: 'REFUSED', code: this.ledgerRefusal, message: 'no' }
    this.journals.set(journal.id, journal)
    return { status: 'POSTED', code: null, message: null }
  }

  private lock({ id, owner, fromCurrency, toCurrency, fromMinor, toMinor, mustExist }: Variables) {
    const from = fromMinor ? BigInt(String(fromMinor)) : BigInt(String(toMinor)) / this.rate
    const to = toMinor ? String(toMinor) : String(from * this.rate)
    const fields = {
      id: String(id),
      fromCurrency: String(fromCurrency),
      fromMinor: String(from),
      toCurrency: String(toCurrency),
      toMinor: to,
      expiresAt: this.expiresAt.toISOString(),
      referenceUsdMinor: String(from),
    }
    const known = this.quotes.get(String(id))
    if (!known && mustExist) return { code: 'NOT_FOUND', message: 'no', quote: null }
    if (!known) this.quotes.set(String(id), { owner: String(owner), payment: null, fields })
    return { code: null, message: null, quote: known?.fields ?? fields }
  }

  private redeem({ quoteId, owner, paymentId, fromCurrency, toCurrency }: Variables) {
    const quote = this.quotes.get(String(quoteId))
    if (!quote || quote.owner !== owner) return { code: 'NOT_FOUND', message: 'no', quote: null }
    if (quote.fields.fromCurrency !== fromCurrency || quote.fields.toCurrency !== toCurrency) {
      return { code: 'CURRENCY_MISMATCH', message: 'no', quote: null }
    }
    if (quote.payment !== null && quote.payment !== paymentId) return { code: 'QUOTE_USED', message: 'no', quote: null }
    quote.payment = String(paymentId)
    return { code: null, message: null, quote: quote.fields }
  }

  private price({ paymentId, fromCurrency, toCurrency, debitMinor, creditMinor, fxQuoteId }: Variables) {
    if (this.priceRefusal !== null) return { code: this.priceRefusal, message: 'no', ...UNPRICED }
    const quote = this.quotes.get(String(fxQuoteId))
    const rate = fromCurrency === toCurrency ? 1n : this.rate
    const debit = BigInt(quote?.fields.fromMinor ?? String(debitMinor ?? BigInt(String(creditMinor)) / rate))
    return {
      code: null,
      message: null,
      debitMinor: String(debit),
      creditMinor: quote?.fields.toMinor ?? String(creditMinor ?? debit * rate),
      // A conversion that brings no quote is priced by one of its own.
      fxQuoteId: fxQuoteId ?? (fromCurrency === toCurrency ? null : uuidv5('quote', String(paymentId))),
      referenceUsdMinor: String(debit),
      referenceMid: '1',
    }
  }
}

const UNPRICED = { debitMinor: null, creditMinor: null, fxQuoteId: null, referenceUsdMinor: null, referenceMid: null }

const client = (answer: (variables: Variables, document: string) => unknown): ServiceClient => ({
  request: async <Data>(document: string, variables: Variables = {}) => (await answer(variables, document)) as Data,
  close: async () => undefined,
})
