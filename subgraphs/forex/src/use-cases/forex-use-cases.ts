import { isCurrency, type Money } from '@corridor/money'
import {
  accept,
  type Caller,
  CallGroup,
  type Clock,
  hasScope,
  idempotencyScope,
  invariant,
  isUuid,
  type Pool,
  type Result,
  refuse,
  uuidv7,
} from '@corridor/platform'
import type { FxQuote } from '../domain/fx-quote.ts'
import type { Wanted } from '../domain/price.ts'
import { type LockCall, type LockDeps, lockKeyOf, lockQuotes } from './lock-quotes.ts'
import { lockOf } from './quote-limits.ts'
import { bindQuotes, type Redemption, readQuotes } from './quote-store.ts'

/** A lock that another service asks for on a customer's behalf; the id is chosen by it, and the same id is the same quote. */
export interface LockRequest {
  readonly id: string
  readonly owner: string
  readonly wanted: Wanted
  readonly lockSeconds: number | null
  /** Whether a quote that is not there is refused, and not made. */
  readonly mustExist: boolean
}

const spanOf = (name: string) => ({ service: 'forex-service', name })

/** Quotes: made, looked at, and used once. */
export class ForexUseCases {
  private readonly locks: CallGroup<LockCall, Result<FxQuote>>
  private readonly redemptions: CallGroup<Redemption, Result<FxQuote>>

  constructor(private readonly deps: LockDeps) {
    const { pool, clock } = deps
    this.locks = new CallGroup({
      span: spanOf('lock quotes'),
      keyOf: lockKeyOf,
      answer: (calls) => lockQuotes(deps, calls),
    })
    this.redemptions = new CallGroup({
      span: spanOf('redeem quotes'),
      keyOf: ({ quoteId }) => quoteId,
      answer: (calls) => redeemQuotes({ pool, clock }, calls),
    })
  }

  /** Locks a rate for the caller. The same key with the same input is the same quote, as it stands now. */
  async createFxQuote(
    caller: Caller,
    request: { idempotencyKey: string; wanted: Wanted; lockSeconds: number | null },
  ): Promise<Result<FxQuote>> {
    const owner = caller.subject
    invariant(owner !== null, 'a quote is a user’s')
    const { idempotencyKey, wanted, lockSeconds } = request
    const lock = lockOf(this.deps.limits, lockSeconds, { admin: hasScope(caller, 'forex:admin') })
    if (!lock.ok) return lock
    const key = {
      scope: idempotencyScope(caller),
      key: idempotencyKey,
      operation: 'createFxQuote',
      input: { ...wanted, lockSeconds },
    }
    return await this.locks.submit({ id: uuidv7(), owner, wanted, lock: lock.value, key, mustExist: false })
  }

  /** Locks rates for customers on behalf of a service; the answer stands beside its request. */
  async lockFxQuotes(requests: readonly LockRequest[]): Promise<Result<FxQuote>[]> {
    return await Promise.all(
      requests.map(async ({ lockSeconds, ...request }): Promise<Result<FxQuote>> => {
        const lock = lockOf(this.deps.limits, lockSeconds, { admin: true })
        return lock.ok ? await this.locks.submit({ ...request, lock: lock.value, key: null }) : lock
      }),
    )
  }

  /**
   * Uses quotes, each for one payment; for the same payment again the answer is the same. Refuses NOT_FOUND,
   * CURRENCY_MISMATCH, QUOTE_USED, QUOTE_EXPIRED.
   */
  async redeemFxQuotes(redemptions: readonly Redemption[]): Promise<Result<FxQuote>[]> {
    return await Promise.all(redemptions.map((redemption) => this.redemptions.submit(redemption)))
  }

  async quotes(ids: readonly string[]): Promise<Map<string, FxQuote>> {
    return await readQuotes(this.deps.pool, ids.filter(isUuid))
  }
}

async function redeemQuotes(
  { pool, clock }: { pool: Pool; clock: Clock },
  redemptions: readonly Redemption[],
): Promise<Result<FxQuote>[]> {
  const now = clock.now()
  const bound = await bindQuotes(pool, redemptions, now)
  const others = redemptions.map(({ quoteId }) => quoteId).filter((id) => !bound.has(id))
  const quotes = others.length === 0 ? bound : new Map([...bound, ...(await readQuotes(pool, others))])
  return redemptions.map(({ quoteId, owner, paymentId, fromCurrency, toCurrency }) => {
    const quote = quotes.get(quoteId)
    if (!quote || quote.owner !== owner) return refuse('NOT_FOUND', 'There is no such quote.', 'fxQuoteId')
    const { from, to } = quote
    if (from.currency !== (fromCurrency ?? from.currency) || to.currency !== (toCurrency ?? to.currency)) {
      return refuse('CURRENCY_MISMATCH', 'The quote is for other currencies.', 'fxQuoteId')
    }
    if (quote.paymentId === paymentId) return accept(quote)
    // Whose clock said so is all the same: what has been announced to have expired is never used.
    return refuse(quote.paymentId === null ? 'QUOTE_EXPIRED' : 'QUOTE_USED', undefined, 'fxQuoteId')
  })
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
