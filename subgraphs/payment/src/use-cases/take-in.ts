import { queueChannel } from '@corridor/events'
import {
  accept,
  CallGroup,
  type Claim,
  currentTraceparent,
  type IdempotencyKeys,
  inTransaction,
  invariant,
  type Result,
  refuse,
  sqlState,
  uuidv5,
  type Wakeups,
} from '@corridor/platform'
import type { Payment } from '../domain/payment.ts'
import { DUE_CHANNEL, EVENTS_QUEUED_CHANNEL } from './channels.ts'
import { type DraftDeps, draftPayments, type PaymentRequest } from './draft-payments.ts'
import { insertPayments, type NewPayment, readPayments } from './payment-store.ts'
import { useQuotes } from './quote-store.ts'

export interface TakeInDeps extends DraftDeps {
  readonly wakeups: Wakeups
  readonly keys: IdempotencyKeys
}

export interface CallerKey {
  readonly subject: string
  /** `idempotencyScope(caller)`. */
  readonly scope: string
  readonly key: string
}

export type TakeInCall = PaymentRequest & {
  readonly caller: CallerKey
  /** Where in the caller's input the request stands, for the fields of refusals. */
  readonly at: string
}

/** With the trace that its payment is then part of. */
type TracedCall = TakeInCall & { readonly traceparent: string | null }

const PAYMENT_NAMESPACE = '3d0f3a38-62ac-5f0e-9d3c-0b6d3e5c7a11'
const MAX_BATCH = 1_000
/** Another process took a key between our look and our write; the next attempt sees its payment. */
const MAX_ATTEMPTS = 5
const UNIQUE_VIOLATION = '23505'
const DEADLOCK = '40P01'

/**
 * Takes payments in: checks what can be checked at once, uses quotes, and leaves the rest to the processor. However many
 * come together, they cost a handful of statements. A refusal records nothing and leaves the key free; the same call
 * again answers the same payment as it stands.
 */
export class TakeIn {
  private readonly group: CallGroup<TracedCall, Result<Payment>>

  constructor(private readonly deps: TakeInDeps) {
    this.group = new CallGroup({
      span: { service: 'payment-service', name: 'take in payments' },
      answer: (calls) => this.takeAll(calls),
      // The second call with a key finds the first one's payment.
      keyOf: ({ caller }) => `${caller.scope}\n${caller.key}`,
      maxSize: MAX_BATCH,
    })
  }

  submit(call: TakeInCall): Promise<Result<Payment>> {
    return this.group.submit({ ...call, traceparent: currentTraceparent() })
  }

  private async takeAll(calls: readonly TracedCall[]): Promise<Result<Payment>[]> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.attempt(calls)
      } catch (error) {
        const rival = [UNIQUE_VIOLATION, DEADLOCK].includes(sqlState(error) ?? '')
        if (!rival || attempt === MAX_ATTEMPTS) throw error
      }
    }
  }

  private async attempt(calls: readonly TracedCall[]): Promise<Result<Payment>[]> {
    const { pool, keys } = this.deps
    const claims = calls.map(toClaim)
    const known = await keys.findAll(pool, claims)
    const fresh = claims.filter((_, index) => known[index] === null)
    const written = (await this.write(fresh, await draftPayments(this.deps, fresh.map(toDraft)))).values()
    const results = known.map((claim) => claim ?? (written.next().value as Result<Payment>)) // One per fresh claim.
    // A call with the same key may have come to its end meanwhile, and have used what a refused one asked for.
    const isRefused = (index: number): boolean => known[index] === null && results[index]?.ok === false
    const refused = claims.filter((_, index) => isRefused(index))
    const late = (await keys.findAll(pool, refused)).values()
    return await this.withPayments(
      results.map((result, index) => (isRefused(index) ? (late.next().value ?? result) : result)),
    )
  }

  /** The payments of those that were made before, as they stand, in the place of their keys. */
  private async withPayments(results: readonly Result<Payment | Claim>[]): Promise<Result<Payment>[]> {
    const made = results.flatMap((result) => (result.ok && 'resultId' in result.value ? [result.value.resultId] : []))
    const payments = made.length === 0 ? new Map<string, Payment>() : await readPayments(this.deps.pool, made)
    return results.map((result) => {
      if (!result.ok) return result
      const payment = 'resultId' in result.value ? payments.get(result.value.resultId) : result.value
      invariant(payment, 'a key is committed together with its payment')
      return accept(payment)
    })
  }

  /** Writes keys, payments and events of what was not refused, in one transaction. */
  private async write(claims: readonly Claimed[], drafts: readonly Result<NewPayment>[]): Promise<Result<Payment>[]> {
    const accepted = claims.flatMap((claim, index) => {
      const draft = drafts[index]
      return draft?.ok ? [{ claim, draft: draft.value }] : []
    })
    if (accepted.length === 0) return drafts as Result<Payment>[] // Refusals alone.
    const { pool, clock, wakeups, keys } = this.deps
    const payments = await inTransaction(pool, async (client) => {
      const lost = await useQuotes(
        client,
        accepted.map(({ draft }) => draft),
      )
      const ours = accepted.filter(({ draft }) => !lost.has(draft.id))
      // In the order of the keys, so that no two processes wait for each other.
      await keys.claimAll(client, ours.map(({ claim }) => claim).sort(byKey))
      return await insertPayments(
        client,
        ours.map(({ draft, claim: { traceparent } }) => ({ ...draft, traceparent })),
        clock.now(),
      )
    })
    for (const channel of [DUE_CHANNEL, EVENTS_QUEUED_CHANNEL, queueChannel('payment')]) wakeups.wake(channel)
    return drafts.map((draft, index) => {
      if (!draft.ok) return draft
      const payment = payments.get(draft.value.id)
      return payment ? accept(payment) : refuse('QUOTE_USED', undefined, `${claims[index]?.at ?? 'input'}.quoteId`)
    })
  }
}

type Claimed = ReturnType<typeof toClaim>

function toClaim(call: TracedCall) {
  const { scope, key } = call.caller
  return { ...call, scope, key, resultId: uuidv5(`${scope}\n${key}`, PAYMENT_NAMESPACE) }
}

const toDraft = (claim: Claimed) => ({ ...claim, paymentId: claim.resultId, payer: claim.caller.subject })

const byKey = (a: Claimed, b: Claimed): number => (`${a.scope}\n${a.key}` < `${b.scope}\n${b.key}` ? -1 : 1)
