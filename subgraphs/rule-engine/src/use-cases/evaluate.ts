import { type Clock, isUuid, type Pool } from '@corridor/platform'
import { combine, type LimitUse, type PaymentKind, type Verdict } from '../domain/decision.ts'
import type { DecisionInput } from '../domain/decision-input.ts'
import type { RuleBook } from '../rule-book.ts'
import { decisionInput, readCustomer, readUsage } from './customers.ts'
import { limitUses } from './decide.ts'

export interface DryRun extends Verdict {
  readonly limits: readonly LimitUse[]
  readonly inputs: DecisionInput
  readonly ruleSets: Readonly<Record<string, number>>
  readonly decidedAt: Date
}

export interface DryRunRequest {
  readonly kind: PaymentKind
  readonly currency: string
  readonly amountUsdMinor: bigint
  readonly customerId: string | null
  readonly destinationCountry: string | null
}

interface EvaluateDeps {
  readonly pool: Pool
  readonly book: RuleBook
  readonly clock: Clock
}

/** Nobody in particular: of whom nothing is known. */
const NOBODY = '00000000-0000-0000-0000-000000000000'

/** Decides without keeping or reserving anything. */
export async function evaluate({ pool, book, clock }: EvaluateDeps, request: DryRunRequest): Promise<DryRun> {
  await book.fresh()
  const now = clock.now()
  const customerId = request.customerId ?? NOBODY
  const customer = await readCustomer(pool, customerId)
  const usage = (await readUsage(pool, [customerId], now)).get(customerId) ?? new Map()
  const inputs = decisionInput(customer, usage, { ...request, counterpartyId: null, at: now })
  const { found, limits } = await book.evaluate(inputs)
  return {
    ...combine(found),
    limits: limitUses(limits, inputs.usage),
    inputs,
    ruleSets: Object.fromEntries(found.map(({ ruleSetName, ruleSetVersion }) => [ruleSetName, ruleSetVersion])),
    decidedAt: now,
  }
}

/** What a customer may still send, as the rules grant it now. */
export async function limitsOf(deps: EvaluateDeps, customerId: string): Promise<readonly LimitUse[]> {
  if (!isUuid(customerId)) return []
  const request = { kind: 'TRANSFER' as const, currency: 'USD', amountUsdMinor: 0n, destinationCountry: null }
  return (await evaluate(deps, { ...request, customerId })).limits
}
