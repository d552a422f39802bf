import {
  accept,
  type Clock,
  canonicalJson,
  type IdempotencyKeys,
  type IdempotentCall,
  inTransaction,
  invariant,
  type Pool,
  type Result,
  refuse,
  type SqlClient,
} from '@corridor/platform'
import type { FxQuote, Lock, QuoteUse } from '../domain/fx-quote.ts'
import type { Wanted } from '../domain/price.ts'
import type { ExposureBook } from '../exposure-book.ts'
import type { Pricing } from './pricing.ts'
import { overLimit, type QuoteLimits } from './quote-limits.ts'
import { insertQuotes, lockOwners, readQuotes, readUse } from './quote-store.ts'

/** A rate to lock for a customer. The same key, or without one the same id, is the same quote. */
export interface LockCall {
  readonly id: string
  readonly owner: string
  readonly wanted: Wanted
  readonly lock: Lock
  readonly key: Omit<IdempotentCall, 'resultId'> | null
  /** Whether a quote that is not there is refused, and not made. */
  readonly mustExist: boolean
}

export interface LockDeps {
  readonly pool: Pool
  readonly clock: Clock
  readonly exposures: ExposureBook
  readonly pricing: Pricing
  readonly keys: IdempotencyKeys
  readonly limits: QuoteLimits
}

/** Calls that must not share a group: the later one is answered by what the earlier one made. */
export const lockKeyOf = ({ key, id }: LockCall): string => (key ? canonicalJson([key.scope, key.key]) : id)

/**
 * Locks rates, each for its customer and within his limits; the answers stand in the order of the calls. All in one
 * transaction, in which nobody else locks a rate for these customers.
 */
export async function lockQuotes(deps: LockDeps, calls: readonly LockCall[]): Promise<Result<FxQuote>[]> {
  await deps.pricing.fresh()
  const owners = [...new Set(calls.map(({ owner }) => owner))]
  return await inTransaction(deps.pool, async (client) => {
    await lockOwners(client, owners)
    const known = await readKnown(deps, client, calls)
    const now = deps.clock.now()
    const use = await readUse(client, owners, { now, since: startOfDay(now) })
    const decided = decide(deps, calls, { known, use })
    await insertQuotes(client, decided.made)
    await deps.keys.claimAll(client, decided.claims)
    return decided.answers
  })
}

/** What stands already for each call; null where it is the first. */
async function readKnown(
  { keys }: LockDeps,
  client: SqlClient,
  calls: readonly LockCall[],
): Promise<(Result<FxQuote> | null)[]> {
  const keyed = calls.flatMap(({ key }) => key ?? [])
  const claims = new Map((await keys.findAll(client, keyed)).map((claim, index) => [keyed[index], claim]))
  const idOf = ({ key, id }: LockCall): Result<string> | null => {
    if (!key) return accept(id)
    const claim = claims.get(key) ?? null
    return claim?.ok ? accept(claim.value.resultId) : claim
  }
  const ids = calls.map(idOf)
  const quotes = await readQuotes(
    client,
    ids.flatMap((id) => (id?.ok ? [id.value] : [])),
  )
  return calls.map(({ key, owner }, index) => {
    const id = ids[index] ?? null
    if (!id?.ok) return id
    const quote = quotes.get(id.value)
    invariant(quote || !key, 'a key is committed together with its quote')
    if (!quote) return null
    return quote.owner === owner ? accept(quote) : refuse('NOT_FOUND')
  })
}

/** In the order of the calls: each one counts for those that follow. */
function decide(
  { pricing, exposures, limits }: LockDeps,
  calls: readonly LockCall[],
  { known, use }: { known: readonly (Result<FxQuote> | null)[]; use: ReadonlyMap<string, QuoteUse> },
) {
  const used = new Map(use)
  const made: FxQuote[] = []
  const claims: IdempotentCall[] = []
  const answers = calls.map(({ id, owner, wanted, lock, key, mustExist }, index): Result<FxQuote> => {
    const standing = known[index]
    if (standing) return standing
    if (mustExist) return refuse('NOT_FOUND', 'There is no such quote.')
    const quote = pricing.quote({ id, owner, wanted, lock, paymentId: null })
    if (!quote.ok) return quote
    const { open, todayUsdMinor } = used.get(owner) ?? { open: 0, todayUsdMinor: 0n }
    const usdMinor = quote.value.referenceUsdMinor
    const refusal = overLimit(limits, { open, todayUsdMinor }, usdMinor)
    if (refusal) return refusal
    used.set(owner, { open: open + 1, todayUsdMinor: todayUsdMinor + usdMinor })
    made.push(quote.value)
    exposures.add(quote.value)
    if (key) claims.push({ ...key, resultId: id })
    return quote
  })
  return { answers, made, claims }
}

function startOfDay(now: Date): Date {
  const start = new Date(now)
  start.setUTCHours(0, 0, 0, 0)
  return start
}
