import { accept, hasScope, isUuid, orThrow, type Pool, type Result, refuse } from '@corridor/platform'
import {
  InternalField,
  parseId,
  parsePositiveMoneyInput,
  RequiresScopes,
  requestLoader,
  type ServiceClient,
  type SubgraphContext,
  subjectOf,
  toMoneyType,
} from '@corridor/subgraph'
import { Arg, Ctx, FieldResolver, ID, Int, Mutation, Query, Resolver, Root } from 'type-graphql'
import type { LimitUse } from '../domain/decision.ts'
import type { RuleBook, RuleSet } from '../rule-book.ts'
import { type DecideDeps, type DecideRequest, type Decision, decide } from '../use-cases/decide.ts'
import { readDecisions } from '../use-cases/decision-store.ts'
import { type DryRun, evaluate, limitsOf } from '../use-cases/evaluate.ts'
import {
  DecideInput,
  DecisionResult,
  LimitPeriodEnum,
  LimitUseType,
  ProfileType,
  RuleDecisionType,
  RuleInput,
  RuleOutcomeEnum,
  RuleSetStatusEnum,
  RuleSetType,
} from './rule-types.ts'

const MAX_GROUP = 1_000
const MINOR = /^\d{1,19}$/
const COUNTRY = /^[A-Z]{2}$/

/** Decisions by id that the caller may see: his own, or any for staff who review payments or read rules. */
export const createDecisionReader = (pool: Pool) =>
  requestLoader<Decision | null>(async (ids, { caller }) => {
    const decisions = await readDecisions(pool, ids.filter(isUuid))
    const staff = ['payments:review', 'rules:read', 'ledger:audit'].some((scope) => hasScope(caller, scope))
    return ids.map((id) => {
      const decision = decisions.get(id)
      return decision && (staff || (caller.kind === 'user' && decision.customerId === caller.subject)) ? decision : null
    })
  })

export type DecisionReader = ReturnType<typeof createDecisionReader>

@Resolver(() => RuleDecisionType)
export class RuleDecisionResolver {
  constructor(private readonly deps: DecideDeps & { decisions: DecisionReader; forex: ServiceClient }) {}

  @RequiresScopes('rules:read')
  @Query(() => RuleDecisionType, { nullable: true })
  ruleDecision(@Arg('id', () => ID) id: string, @Ctx() context: SubgraphContext): Promise<Decision | null> {
    return this.deps.decisions(id, context)
  }

  @RequiresScopes('rules:read')
  @Query(() => RuleDecisionType, { description: 'A dry run: decides, explains, and leaves no trace.' })
  async evaluateRules(@Arg('input', () => RuleInput) input: RuleInput): Promise<DryRun> {
    const amount = orThrow(parsePositiveMoneyInput(input.amount, 'input.amount'))
    const customerId = input.profileId ? orThrow(parseId(input.profileId, 'input.profileId')) : null
    const destinationCountry = orThrow(countryOf(input.destinationCountry, 'input.destinationCountry'))
    const { usdReference } = await this.deps.forex.request<{ usdReference: { usdMinor: string } }>(
      'query ($a: String!, $c: Currency!) { usdReference(amountMinor: $a, currency: $c) { usdMinor } }',
      { a: String(amount.amountMinor), c: amount.currency },
    )
    return evaluate(this.deps, {
      kind: input.kind,
      currency: amount.currency,
      amountUsdMinor: BigInt(usdReference.usdMinor),
      customerId,
      destinationCountry,
    })
  }

  @InternalField('payment-service', 'payment-processor')
  @Mutation(() => [DecisionResult])
  async decide(
    @Arg('inputs', () => [DecideInput]) inputs: DecideInput[],
    @Arg('prepare', () => Boolean, { nullable: true }) prepare: boolean | null,
  ): Promise<DecisionResult[]> {
    if (inputs.length > MAX_GROUP) orThrow(refuse('BATCH_TOO_LARGE', undefined, 'inputs'))
    const requests = inputs.map((input, index) => orThrow(decideRequest(input, `inputs.${index}`)))
    const decisions = await decide(this.deps, requests, { prepare: prepare === true })
    return decisions.map(({ id, outcome, riskScore, reasons }) => ({
      subjectId: id,
      outcome: RuleOutcomeEnum[outcome],
      riskScore,
      message: reasons[0]?.message ?? null,
    }))
  }

  @FieldResolver()
  nearestLimits(@Root() { limits }: DryRun): LimitUseType[] {
    return limits.map(toLimitUseType)
  }

  @FieldResolver()
  async trace(@Root() { inputs, ruleSets }: DryRun): Promise<Record<string, unknown>> {
    return await this.deps.book.trace(inputs, ruleSets)
  }
}

@Resolver(() => ProfileType)
export class LimitsResolver {
  constructor(private readonly deps: DecideDeps) {}

  @RequiresScopes('limits:read')
  @Query(() => [LimitUseType])
  async myLimits(@Ctx() { caller }: SubgraphContext): Promise<LimitUseType[]> {
    return (await limitsOf(this.deps, subjectOf(caller))).map(toLimitUseType)
  }

  @FieldResolver()
  async limits(@Root() { id }: { id: string }, @Ctx() { caller }: SubgraphContext): Promise<LimitUseType[] | null> {
    const may = caller.subject === id || hasScope(caller, 'profile:admin') || hasScope(caller, 'payments:review')
    return may ? (await limitsOf(this.deps, id)).map(toLimitUseType) : null
  }
}

@Resolver()
export class RuleSetResolver {
  constructor(private readonly book: RuleBook) {}

  @RequiresScopes('rules:read')
  @Query(() => [RuleSetType])
  async ruleSets(): Promise<RuleSetType[]> {
    return (await this.book.list()).map(toRuleSetType)
  }

  @RequiresScopes('rules:read')
  @Query(() => RuleSetType, { nullable: true })
  async ruleSet(
    @Arg('name', () => String) name: string,
    @Arg('version', () => Int, { nullable: true }) version: number | null,
  ): Promise<RuleSetType | null> {
    const found = await this.book.find(name, version ?? null)
    return found && toRuleSetType(found)
  }
}

const toRuleSetType = (set: RuleSet): RuleSetType => ({ ...set, status: RuleSetStatusEnum[set.status] })

const usd = (amountMinor: bigint) => toMoneyType({ amountMinor, currency: 'USD' })

function toLimitUseType({ code, period, limitMinor, usedMinor }: LimitUse): LimitUseType {
  const remaining = limitMinor > usedMinor ? limitMinor - usedMinor : 0n
  return {
    code,
    period: LimitPeriodEnum[period],
    limit: usd(limitMinor),
    used: usd(usedMinor),
    remaining: usd(remaining),
  }
}

function countryOf(country: string | null | undefined, field: string): Result<string | null> {
  if (country === null || country === undefined) return accept(null)
  return COUNTRY.test(country)
    ? accept(country)
    : refuse('BAD_USER_INPUT', `${field} is no country code of ISO 3166-1.`, field)
}

function decideRequest(input: DecideInput, field: string): Result<DecideRequest> {
  const { subjectId, customerId, counterpartyId = null } = input
  for (const [name, id] of Object.entries({ subjectId, customerId, ...(counterpartyId ? { counterpartyId } : {}) })) {
    if (!isUuid(id)) return refuse('BAD_USER_INPUT', `${field}.${name} is not a UUID.`, `${field}.${name}`)
  }
  if (!MINOR.test(input.amountUsdMinor)) return refuse('BAD_USER_INPUT', `${field}.amountUsdMinor is no whole number.`)
  const destinationCountry = countryOf(input.destinationCountry, `${field}.destinationCountry`)
  if (!destinationCountry.ok) return destinationCountry
  const { kind, currency, amountUsdMinor } = input
  return accept({
    subjectId,
    customerId,
    counterpartyId,
    kind,
    currency,
    amountUsdMinor: BigInt(amountUsdMinor),
    destinationCountry: destinationCountry.value,
  })
}
