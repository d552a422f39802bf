import { queueChannel } from '@corridor/events'
import { type Clock, inTransaction, invariant, type Pool, type Wakeups } from '@corridor/platform'
import type { AmountBounds } from '../domain/amount-bounds.ts'
import { combine, type Verdict } from '../domain/decision.ts'
import type { DecisionInput } from '../domain/decision-input.ts'
import { type LimitUse, limitUses } from '../domain/limit-use.ts'
import { PERIODS } from '../domain/windows.ts'
import type { Edition, RuleBook, ShadowSay } from '../rule-book.ts'
import {
  type Circumstances,
  decisionInput,
  type GroupFacts,
  lockCustomers,
  type RiskCustomer,
  readFacts,
  type Usage,
} from './customers.ts'
import { readDecisions, writeDecisions } from './decision-store.ts'

/** A payment to decide, or, when prepared, a quote. */
export interface DecideRequest extends Circumstances {
  readonly subjectId: string
  readonly customerId: string
}

/** What was decided, on what, and by which versions. */
export interface DryRun extends Verdict {
  readonly limits: readonly LimitUse[]
  readonly inputs: DecisionInput
  readonly ruleSets: Readonly<Record<string, number>>
  readonly decidedAt: Date
}

export interface Decision extends DryRun {
  readonly id: string
  readonly customerId: string
  readonly prepared: boolean
}

export interface DecideDeps {
  readonly pool: Pool
  readonly book: RuleBook
  readonly clock: Clock
  readonly wakeups: Wakeups
  readonly bounds: AmountBounds
}

/**
 * Decides a group of payments in one transaction that holds the customers locked, in id order: what one payment reserves,
 * the customer's next one sees. Customers are independent, so the engine is asked for all of them at once. A payment
 * that was decided before gets the same answer. `prepare` keeps the decision and reserves nothing.
 */
export async function decide(
  deps: DecideDeps,
  requests: readonly DecideRequest[],
  { prepare }: { prepare: boolean },
): Promise<Decision[]> {
  if (requests.length === 0) return []
  const edition = await deps.book.current()
  const decisions = await inTransaction(deps.pool, async (client) => {
    const customers = await lockCustomers(
      client,
      requests.map(({ customerId }) => customerId),
    )
    const at = deps.clock.now()
    const facts = await readFacts(client, {
      subjects: requests.map(({ subjectId }) => subjectId),
      customers: [...customers.keys()],
      counterparties: requests.flatMap(({ counterpartyId }) => counterpartyId ?? []),
      at,
    })
    const known = facts.decided.size === 0 ? [] : await readDecisions(client, [...facts.decided])
    const undecided = firstOfEach(requests, facts.decided)
    const fresh = await decideFresh({ edition, customers, facts, at, bounds: deps.bounds, prepare }, undecided)
    await writeDecisions(client, fresh, { announce: !prepare })
    return new Map([...known, ...fresh.map(({ decision }): [string, Decision] => [decision.id, decision])])
  })
  deps.wakeups.wake(queueChannel('rule-engine'))
  return requests.map(({ subjectId }) => {
    const decision = decisions.get(subjectId)
    invariant(decision, 'every request is decided')
    return decision
  })
}

/** The requests that are not decided yet; of several with one id, the first. */
function firstOfEach(requests: readonly DecideRequest[], decided: ReadonlySet<string>): DecideRequest[] {
  const first = new Map<string, DecideRequest>()
  for (const request of requests) {
    const { subjectId } = request
    if (!decided.has(subjectId) && !first.has(subjectId)) first.set(subjectId, request)
  }
  return [...first.values()]
}

/** A decision with what it reserves, and what shadows would have decided. */
export interface FreshDecision {
  readonly decision: Decision
  readonly request: DecideRequest
  readonly reserves: boolean
  readonly shadows: readonly ShadowSay[]
}

interface DecideFresh extends Pick<DecideDeps, 'bounds'> {
  readonly edition: Edition
  readonly customers: ReadonlyMap<string, RiskCustomer>
  readonly facts: GroupFacts
  readonly at: Date
  readonly prepare: boolean
}

/** In the order of the requests; those of one customer one after the other. */
async function decideFresh(
  { edition, customers, facts, at, bounds, prepare }: DecideFresh,
  requests: readonly DecideRequest[],
): Promise<FreshDecision[]> {
  const decided = new Map<string, FreshDecision>()
  const decideInTurn = async (customerId: string, own: readonly DecideRequest[]): Promise<void> => {
    let customer = customers.get(customerId)
    const used = facts.usage.get(customerId)
    invariant(customer && used, 'every customer is locked and read')
    for (const request of own) {
      const counterpartyCountry = facts.countries.get(request.counterpartyId ?? '') ?? null
      const surroundings = { at, bounds, lists: edition.lists, counterpartyCountry }
      const inputs = decisionInput(customer, used, request, surroundings)
      const { decision, shadows } = await decideOne({ edition, request, inputs, at, prepare })
      const reserves = !prepare && decision.outcome !== 'DECLINE' && request.kind !== 'DEPOSIT'
      if (reserves) customer = count(customer, used, inputs, request.amountUsdMinor)
      decided.set(request.subjectId, { decision, request, reserves, shadows: prepare ? [] : shadows })
    }
  }
  const byCustomer = Map.groupBy(requests, ({ customerId }) => customerId)
  await Promise.all([...byCustomer].map(([customerId, own]) => decideInTurn(customerId, own)))
  return requests.flatMap(({ subjectId }) => decided.get(subjectId) ?? [])
}

async function decideOne({
  edition,
  request: { subjectId, customerId },
  inputs,
  at,
  prepare,
}: {
  edition: Edition
  request: DecideRequest
  inputs: DecisionInput
  at: Date
  prepare: boolean
}): Promise<{ decision: Decision; shadows: readonly ShadowSay[] }> {
  const { reasons, limits, ruleSets, shadows } = await edition.evaluate(inputs)
  const decision = {
    id: subjectId,
    customerId,
    prepared: prepare,
    ...combine(reasons),
    limits: limitUses(limits, inputs),
    inputs,
    ruleSets,
    decidedAt: at,
  }
  return { decision, shadows }
}

/** Counts in memory what the payment reserves, for the customer's next one in the group. */
function count(customer: RiskCustomer, usage: Usage, inputs: DecisionInput, usdMinor: bigint): RiskCustomer {
  for (const period of PERIODS) {
    const used = usage.get(period)
    usage.set(period, { payments: (used?.payments ?? 0) + 1, usdMinor: (used?.usdMinor ?? 0n) + usdMinor })
  }
  const { destinationCountry, newDestination } = inputs
  if (!newDestination || destinationCountry === null) return customer
  return { ...customer, countries: [...customer.countries, destinationCountry] }
}
