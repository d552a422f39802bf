import { invariant, isUuid } from '@corridor/platform'
import { combine } from '../domain/decision.ts'
import { type LimitUse, limitUses } from '../domain/limit-use.ts'
import { type RuleEngine, reasonsOf } from '../rule-engine.ts'
import { type Circumstances, decisionInput, readCustomer, readFacts } from './customers.ts'
import type { DecideDeps, DryRun } from './decide.ts'
import { readRuleSets } from './rule-set-store.ts'

export interface DryRunRequest
  extends Pick<Circumstances, 'kind' | 'currency' | 'amountUsdMinor' | 'destinationCountry'> {
  readonly customerId: string | null
}

type EvaluateDeps = Omit<DecideDeps, 'wakeups'>

/** Nobody in particular: of whom nothing is known. */
const NOBODY = '00000000-0000-0000-0000-000000000000'

/** Decides without keeping or reserving anything. */
export async function evaluate(
  { pool, book, clock, bounds }: EvaluateDeps,
  { customerId, ...asked }: DryRunRequest,
): Promise<DryRun> {
  const edition = await book.current()
  const at = clock.now()
  const id = customerId ?? NOBODY
  const customer = await readCustomer(pool, id)
  const { usage } = await readFacts(pool, { subjects: [], customers: [id], counterparties: [], at })
  const payment = { ...asked, counterpartyId: null, fromAccountId: null, toAccountId: null }
  const surroundings = { at, bounds, lists: edition.lists, counterpartyCountry: null }
  const inputs = decisionInput(customer, usage.get(id) ?? new Map(), payment, surroundings)
  const { reasons, limits, ruleSets } = await edition.evaluate(inputs)
  return { ...combine(reasons), limits: limitUses(limits, inputs), inputs, ruleSets, decidedAt: at }
}

/** What a customer may still send, as the rules grant it now. */
export async function limitsOf(deps: EvaluateDeps, customerId: string): Promise<readonly LimitUse[]> {
  if (!isUuid(customerId)) return []
  const request = { kind: 'TRANSFER' as const, currency: 'USD', amountUsdMinor: 0n, destinationCountry: null }
  return (await evaluate(deps, { ...request, customerId })).limits
}

/**
 * Decides again what was decided, by the versions that decided it, and answers every node that the engine passed through.
 * A trace that leads elsewhere than the decision would explain nothing, so the two must be the same.
 */
export async function explain(
  { pool, engine }: Pick<EvaluateDeps, 'pool'> & { engine: RuleEngine },
  { inputs, ruleSets, outcome, riskScore }: Pick<DryRun, 'inputs' | 'ruleSets' | 'outcome' | 'riskScore'>,
): Promise<Record<string, unknown>> {
  const sets = await readRuleSets(pool, ruleSets)
  const again = combine(reasonsOf(inputs, await engine.compile(sets).evaluate(inputs)))
  const same = again.outcome === outcome && again.riskScore === riskScore
  invariant(same, 'the same versions decide the same inputs the same way')
  return await engine.trace(sets, inputs)
}
