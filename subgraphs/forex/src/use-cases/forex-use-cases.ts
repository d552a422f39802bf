import { isCurrency, type Money } from '@corridor/money'
import {
  accept,
  type Caller,
  type Clock,
  hasScope,
  type IdempotencyKeys,
  idempotencyScope,
  inTransaction,
  inTransactionOrRefuse,
  invariant,
  isUuid,
  type Pool,
  type Result,
  refuse,
  uuidv7,
} from '@corridor/platform'
import { type FxQuote, statusOf } from '../domain/fx-quote.ts'
import type { Wanted } from '../domain/price.ts'
import type { RateBook } from '../rate-book.ts'
import type { Pricing } from './pricing.ts'
import { bindQuotes, countOpenQuotes, insertQuotes, type Redemption, readQuotes } from './quote-store.ts'

export interface QuoteLimits {
  readonly lockSeconds: number
  readonly maxLockSeconds: number
  /** What `forex:admin` may lock. */
  readonly maxAdminLockSeconds: number
  readonly maxOpenPerOwner: number
}

export const STANDARD_QUOTE_LIMITS: QuoteLimits = {
  lockSeconds: 60,
  maxLockSeconds: 300,
  maxAdminLockSeconds: 86_400,
  maxOpenPerOwner: 20,
}

/** A lock that another service asks for on a customer's behalf; the id is chosen by it, and the same id is the same quote. */
export interface LockRequest {
  readonly id: string
  readonly owner: string
  readonly wanted: Wanted
  readonly lockSeconds: number | null
}

export interface ForexDeps {
  readonly pool: Pool
  readonly clock: Clock
  readonly book: RateBook
  readonly pricing: Pricing
  readonly keys: IdempotencyKeys
  readonly limits: QuoteLimits
}

/** Quotes: made, looked at, and used once. */
export class ForexUseCases {
  constructor(private readonly deps: ForexDeps) {}

  /** Locks a rate for the caller. The same key with the same input is the same quote, as it stands now. */
  async createFxQuote(
    caller: Caller,
    request: { idempotencyKey: string; wanted: Wanted; lockSeconds: number | null },
  ): Promise<Result<FxQuote>> {
    const { pool, keys } = this.deps
    const owner = caller.subject
    invariant(owner !== null, 'a quote is a user’s')
    const lockSeconds = this.lockSeconds(request.lockSeconds, hasScope(caller, 'forex:admin'))
    if (!lockSeconds.ok) return lockSeconds
    const { idempotencyKey: key, wanted } = request
    const call = {
      scope: idempotencyScope(caller),
      key,
      operation: 'createFxQuote',
      input: { ...wanted, lockSeconds: request.lockSeconds },
    }
    const known = await keys.find(pool, call)
    if (known) return known.ok ? this.quoteOfKey(known.value.resultId) : known
    const id = uuidv7()
    await this.deps.book.fresh()
    const quote = this.deps.pricing.quote({ id, owner, wanted, lockSeconds: lockSeconds.value, paymentId: null })
    if (!quote.ok) return quote
    const made = await inTransactionOrRefuse(pool, async (client) => {
      const claim = await keys.claim(client, { ...call, resultId: id })
      if (!claim.ok || !claim.value.first) return claim
      await client.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`open-quotes:${owner}`])
      const open = await countOpenQuotes(client, owner, this.deps.clock.now())
      if (open >= this.deps.limits.maxOpenPerOwner) {
        return refuse('LIMIT_EXCEEDED', `At most ${this.deps.limits.maxOpenPerOwner} quotes may be open at once.`)
      }
      await insertQuotes(client, [quote.value])
      return claim
    })
    return made.ok ? this.quoteOfKey(made.value.resultId) : made
  }

  /** Locks rates for customers on behalf of a service; the answer stands beside its request. */
  async lockFxQuotes(requests: readonly LockRequest[]): Promise<Result<FxQuote>[]> {
    const { pool, book, pricing } = this.deps
    await book.fresh()
    const known = await readQuotes(
      pool,
      requests.map(({ id }) => id),
    )
    const priced = requests.map(({ id, owner, wanted, lockSeconds }): Result<FxQuote> => {
      const existing = known.get(id)
      if (existing) return existing.owner === owner ? accept(existing) : refuse('NOT_FOUND')
      const seconds = this.lockSeconds(lockSeconds, true)
      return seconds.ok ? pricing.quote({ id, owner, wanted, lockSeconds: seconds.value, paymentId: null }) : seconds
    })
    await insertQuotes(
      pool,
      priced.flatMap((result) => (result.ok ? [result.value] : [])),
    )
    const stored = await readQuotes(
      pool,
      priced.flatMap((result) => (result.ok ? [result.value.id] : [])),
    )
    return priced.map((result) => (result.ok ? accept(stored.get(result.value.id) ?? result.value) : result))
  }

  /**
   * Uses quotes, each for one payment; for the same payment again the answer is the same. Refuses NOT_FOUND,
   * QUOTE_USED, QUOTE_EXPIRED.
   */
  async redeemFxQuotes(redemptions: readonly Redemption[]): Promise<Result<FxQuote>[]> {
    const now = this.deps.clock.now()
    const quotes = await inTransaction(this.deps.pool, async (client) => {
      await bindQuotes(client, redemptions, now)
      return await readQuotes(
        client,
        redemptions.map(({ quoteId }) => quoteId),
      )
    })
    return redemptions.map(({ quoteId, owner, paymentId }) => {
      const quote = quotes.get(quoteId)
      if (!quote || quote.owner !== owner) return refuse('NOT_FOUND', 'There is no such quote.', 'fxQuoteId')
      if (quote.paymentId === paymentId) return accept(quote)
      if (quote.paymentId !== null) return refuse('QUOTE_USED', undefined, 'fxQuoteId')
      invariant(statusOf(quote, now) === 'EXPIRED', 'an open quote of the owner is bound')
      return refuse('QUOTE_EXPIRED', undefined, 'fxQuoteId')
    })
  }

  async quotes(ids: readonly string[]): Promise<Map<string, FxQuote>> {
    return await readQuotes(this.deps.pool, ids.filter(isUuid))
  }

  private async quoteOfKey(id: string): Promise<Result<FxQuote>> {
    const quote = (await this.quotes([id])).get(id)
    invariant(quote, 'a key is committed together with its quote')
    return accept(quote)
  }

  private lockSeconds(given: number | null, admin: boolean): Result<number> {
    const { limits } = this.deps
    if (given === null) return accept(limits.lockSeconds)
    if (given < 1) return refuse('BAD_USER_INPUT', 'lockSeconds must be 1 or more.', 'lockSeconds')
    const max = admin ? limits.maxAdminLockSeconds : limits.maxLockSeconds
    if (given > max) return refuse('LIMIT_EXCEEDED', `lockSeconds may be at most ${max}.`, 'lockSeconds')
    return accept(given)
  }
}

/** Reads the four fields of which exactly two state a conversion: `from` with `toCurrency`, or `to` with `fromCurrency`. */
export function wantedOf(input: {
  from: Money | null
  to: Money | null
  fromCurrency: string | null
  toCurrency: string | null
}): Result<Wanted> {
  const { from, to, fromCurrency, toCurrency } = input
  if ((from === null) === (to === null)) return refuse('BAD_USER_INPUT', 'Exactly one of from and to is given.', 'from')
  const [other, field] = from ? [toCurrency, 'toCurrency'] : [fromCurrency, 'fromCurrency']
  const [surplus, surplusField] = from ? [fromCurrency, 'fromCurrency'] : [toCurrency, 'toCurrency']
  if (surplus !== null)
    return refuse('BAD_USER_INPUT', `${surplusField} is part of the amount that is given.`, surplusField)
  if (other === null) return refuse('BAD_USER_INPUT', `${field} is needed.`, field)
  if (!isCurrency(other)) return refuse('BAD_USER_INPUT', `${field} is not a currency of ISO 4217.`, field)
  if (other === (from ?? to)?.currency)
    return refuse('CURRENCY_MISMATCH', 'A conversion is between two currencies.', field)
  if (from) return accept({ from, toCurrency: other })
  invariant(to, 'one side is given')
  return accept({ to, fromCurrency: other })
}
