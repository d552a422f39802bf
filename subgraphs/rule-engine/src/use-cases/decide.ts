import { queueChannel } from '@corridor/events'
import { type Clock, inTransaction, invariant, type Pool, type SqlClient, type Wakeups } from '@corridor/platform'
import { combine, type LimitUse, type PaymentKind, type Verdict } from '../domain/decision.ts'
import type { DecisionInput } from '../domain/decision-input.ts'
import { PERIODS } from '../domain/windows.ts'
import type { Evaluated, RuleBook } from '../rule-book.ts'
import { decisionInput, lockCustomers, type RiskCustomer, readUsage, type Usage } from './customers.ts'
import { readDecisions, writeDecisions } from './decision-store.ts'

/** A payment to decide, or, when prepared, a quote. */
export interface DecideRequest {
  readonly subjectId: string
  readonly kind: PaymentKind
  readonly customerId: string
  readonly currency: string
  readonly amountUsdMinor: bigint
  readonly destinationCountry: string | null
  readonly counterpartyId: string | null
}

export interface Decision extends Verdict {
  readonly id: string
  readonly customerId: string
  readonly prepared: boolean
  readonly limits: readonly LimitUse[]
  readonly inputs: DecisionInput
  readonly ruleSets: Readonly<Record<string, number>>
  readonly decidedAt: Date
}

export interface DecideDeps {
  readonly pool: Pool
  readonly book: RuleBook
  readonly clock: Clock
  readonly wakeups: Wakeups
}

/**
 * Decides a group of payments, each customer's in order, in one transaction that holds the customers locked: what one
 * payment reserves the next one sees. A payment that was decided before gets the same answer. `prepare` keeps the
 * decision and reserves nothing.
 */
export async function decide(
  deps: DecideDeps,
  requests: readonly DecideRequest[],
  { prepare }: { prepare: boolean },
): Promise<Decision[]> {
  if (requests.length === 0) return []
  await deps.book.fresh()
  const decisions = await inTransaction(deps.pool, async (client) => {
    const customers = await lockCustomers(
      client,
      requests.map(({ customerId }) => customerId),
    )
    const known = await readDecisions(
      client,
      requests.map(({ subjectId }) => subjectId),
    )
    const fresh = await decideFresh({ ...deps, client, customers, prepare }, requests, new Set(known.keys()))
    await writeDecisions(client, fresh, { reserve: !prepare })
    return new Map([...known, ...fresh.map(({ decision }): [string, Decision] => [decision.id, decision])])
  })
  deps.wakeups.wake(queueChannel('rule-engine'))
  return requests.map(({ subjectId }) => {
    const decision = decisions.get(subjectId)
    invariant(decision, 'every request is decided')
    return decision
  })
}

/** A decision with what it reserves. */
export interface FreshDecision {
  readonly decision: Decision
  readonly request: DecideRequest
  readonly reserves: boolean
}

async function decideFresh(
  {
    client,
    book,
    clock,
    customers,
    prepare,
  }: Pick<DecideDeps, 'book' | 'clock'> & {
    client: SqlClient
    customers: ReadonlyMap<string, RiskCustomer>
    prepare: boolean
  },
  requests: readonly DecideRequest[],
  decided: Set<string>,
): Promise<FreshDecision[]> {
  const now = clock.now()
  const usage = await readUsage(client, [...customers.keys()], now)
  const fresh: FreshDecision[] = []
  for (const request of requests) {
    if (decided.has(request.subjectId)) continue
    decided.add(request.subjectId)
    const customer = customers.get(request.customerId)
    const used = usage.get(request.customerId)
    invariant(customer && used, 'every customer is locked and read')
    const inputs = decisionInput(customer, used, { ...request, at: now })
    const decision = toDecision(request, inputs, await book.evaluate(inputs), now, prepare)
    const reserves = !prepare && decision.outcome !== 'DECLINE' && request.kind !== 'DEPOSIT'
    if (reserves) count(used, request.amountUsdMinor)
    fresh.push({ decision, request, reserves })
  }
  return fresh
}

function count(usage: Usage, usdMinor: bigint): void {
  for (const period of PERIODS) {
    const used = usage.get(period)
    usage.set(period, { payments: (used?.payments ?? 0) + 1, usdMinor: (used?.usdMinor ?? 0n) + usdMinor })
  }
}

function toDecision(
  { subjectId, customerId }: DecideRequest,
  inputs: DecisionInput,
  { found, limits }: Evaluated,
  decidedAt: Date,
  prepared: boolean,
): Decision {
  return {
    id: subjectId,
    customerId,
    prepared,
    ...combine(found),
    limits: limitUses(limits, inputs.usage),
    inputs,
    ruleSets: Object.fromEntries(found.map(({ ruleSetName, ruleSetVersion }) => [ruleSetName, ruleSetVersion])),
    decidedAt,
  }
}

/** The granted limits beside what was used of them. */
export function limitUses(limits: Evaluated['limits'], usage: DecisionInput['usage']): LimitUse[] {
  return [
    { code: 'TRANSACTION_LIMIT', period: 'TRANSACTION', limitMinor: BigInt(limits.transaction), usedMinor: 0n },
    { code: 'DAILY_LIMIT', period: 'DAY', limitMinor: BigInt(limits.day), usedMinor: BigInt(usage.day.usdMinor) },
    {
      code: 'MONTHLY_LIMIT',
      period: 'MONTH',
      limitMinor: BigInt(limits.month),
      usedMinor: BigInt(usage.month.usdMinor),
    },
  ]
}
