import {
  accept,
  asOneList,
  CallGroup,
  hasScope,
  isUuid,
  orThrow,
  type Pool,
  type Result,
  refuse,
} from '@corridor/platform'
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
import { Arg, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root } from 'type-graphql'
import { weightiest } from '../domain/decision.ts'
import { type LimitUse, nearestFirst, remainingMinor } from '../domain/limit-use.ts'
import type { RuleEngine } from '../rule-engine.ts'
import { type DecideDeps, type DecideRequest, type Decision, type DryRun, decide } from '../use-cases/decide.ts'
import { readDecisions } from '../use-cases/decision-store.ts'
import { evaluate, explain, limitsOf } from '../use-cases/evaluate.ts'
import {
  DecideInput,
  DecisionResult,
  LimitPeriodEnum,
  LimitUseType,
  ProfileType,
  RuleDecisionType,
  RuleInput,
  RuleOutcomeEnum,
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

type DecisionGroup = CallGroup<readonly DecideRequest[], readonly Decision[]>

/** One group is being written while the engine is asked for the next. */
const decisionGroup = (deps: DecideDeps, options: { prepare: boolean }): DecisionGroup =>
  new CallGroup({
    span: { service: 'rule-engine-service', name: 'decide payments' },
    answer: asOneList((requests) => decide(deps, requests, options)),
    sizeOf: (requests) => requests.length,
    maxSize: MAX_GROUP,
  })

@Resolver(() => RuleDecisionType)
export class RuleDecisionResolver {
  private readonly deciding: DecisionGroup
  private readonly preparing: DecisionGroup

  constructor(
    private readonly deps: DecideDeps & { decisions: DecisionReader; forex: ServiceClient; engine: RuleEngine },
  ) {
    this.deciding = decisionGroup(deps, { prepare: false })
    this.preparing = decisionGroup(deps, { prepare: true })
  }

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
    const decisions = await (prepare ? this.preparing : this.deciding).submit(requests)
    return decisions.map(({ id, outcome, riskScore, reasons }) => ({
      subjectId: id,
      outcome: RuleOutcomeEnum[outcome],
      riskScore,
      message: weightiest(reasons)?.message ?? null,
    }))
  }

  @FieldResolver()
  nearestLimits(@Root() { limits }: DryRun): LimitUseType[] {
    return nearestFirst(limits).map(toLimitUseType)
  }

  @FieldResolver()
  trace(@Root() decision: DryRun): Promise<Record<string, unknown>> {
    return explain(this.deps, decision)
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

const usd = (amountMinor: bigint) => toMoneyType({ amountMinor, currency: 'USD' })

const toLimitUseType = (use: LimitUse): LimitUseType => ({
  code: use.code,
  period: LimitPeriodEnum[use.period],
  limit: usd(use.limitMinor),
  used: usd(use.usedMinor),
  remaining: usd(remainingMinor(use)),
})

function countryOf(country: string | null | undefined, field: string): Result<string | null> {
  if (country === null || country === undefined) return accept(null)
  return COUNTRY.test(country)
    ? accept(country)
    : refuse('BAD_USER_INPUT', `${field} is no country code of ISO 3166-1.`, field)
}

function decideRequest(input: DecideInput, field: string): Result<DecideRequest> {
  const { subjectId, customerId } = input
  const others = {
    counterpartyId: input.counterpartyId ?? null,
    fromAccountId: input.fromAccountId ?? null,
    toAccountId: input.toAccountId ?? null,
  }
  for (const [name, id] of Object.entries({ subjectId, customerId, ...others })) {
    if (id !== null && !isUuid(id))
      return refuse('BAD_USER_INPUT', `${field}.${name} is not a UUID.`, `${field}.${name}`)
  }
  if (!MINOR.test(input.amountUsdMinor)) return refuse('BAD_USER_INPUT', `${field}.amountUsdMinor is no whole number.`)
  const destinationCountry = countryOf(input.destinationCountry, `${field}.destinationCountry`)
  if (!destinationCountry.ok) return destinationCountry
  const { kind, currency, amountUsdMinor } = input
  return accept({
    subjectId,
    customerId,
    ...others,
    kind,
    currency,
    amountUsdMinor: BigInt(amountUsdMinor),
    destinationCountry: destinationCountry.value,
  })
}
