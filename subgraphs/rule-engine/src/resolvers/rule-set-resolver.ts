import { orThrow } from '@corridor/platform'
import {
  DateTimeScalar,
  InternalField,
  parseDateTime,
  RequiresScopes,
  type SubgraphContext,
  subjectOf,
  toMoneyType,
} from '@corridor/subgraph'
import { Arg, Ctx, FieldResolver, Int, Mutation, Query, Resolver, Root } from 'type-graphql'
import type { Comparison } from '../domain/comparison.ts'
import type { RuleSet } from '../domain/rule-set.ts'
import { activateRuleSet } from '../use-cases/activate-rule-set.ts'
import { backtestRuleSet, shadowComparison } from '../use-cases/backtest-rule-set.ts'
import { importRiskList } from '../use-cases/import-risk-list.ts'
import { findRiskList, listRiskLists, type RiskList, type RiskListVersion } from '../use-cases/risk-list-store.ts'
import { changesOf, findRuleSet, listRuleSets, type RuleChange } from '../use-cases/rule-set-store.ts'
import { type RuleChangeDeps, saveRuleSet } from '../use-cases/save-rule-set.ts'
import { shadowRuleSet } from '../use-cases/shadow-rule-set.ts'
import {
  BacktestReportType,
  RiskListContentType,
  RiskListType,
  RuleSetStatusEnum,
  RuleSetType,
  SaveRuleSetInput,
} from './rule-set-types.ts'
import { RuleOutcomeEnum } from './rule-types.ts'

/** What a rule set's own fields do not need a resolver for. */
type RuleSetRow = Omit<RuleSetType, 'changes' | 'shadowReport'>

@Resolver(() => RuleSetType)
export class RuleSetResolver {
  constructor(private readonly deps: RuleChangeDeps) {}

  @RequiresScopes('rules:read')
  @Query(() => [RuleSetType])
  async ruleSets(): Promise<RuleSetRow[]> {
    return (await listRuleSets(this.deps.pool)).map(toRuleSet)
  }

  @RequiresScopes('rules:read')
  @Query(() => RuleSetType, { nullable: true, description: 'A version; the active one where none is named.' })
  async ruleSet(
    @Arg('name', () => String) name: string,
    @Arg('version', () => Int, { nullable: true }) version: number | null,
  ): Promise<RuleSetRow | null> {
    const found = await findRuleSet(this.deps.pool, name, version ?? null)
    return found && toRuleSet(found)
  }

  @RequiresScopes('rules:write')
  @Mutation(() => RuleSetType, {
    description:
      'A new draft version of a GoRules JSON Decision Model. Refused if it does not load and evaluate its own examples.',
  })
  async saveRuleSet(
    @Arg('input', () => SaveRuleSetInput) { description, ...input }: SaveRuleSetInput,
    @Ctx() { caller }: SubgraphContext,
  ): Promise<RuleSetRow> {
    const request = { ...input, description: description ?? null }
    return toRuleSet(orThrow(await saveRuleSet(this.deps, request, subjectOf(caller))))
  }

  @RequiresScopes('rules:write')
  @Mutation(() => RuleSetType, {
    description: 'In production mode the first call proposes and the second, by somebody else, activates.',
  })
  async activateRuleSet(
    @Arg('name', () => String) name: string,
    @Arg('version', () => Int) version: number,
    @Ctx() { caller }: SubgraphContext,
  ): Promise<RuleSetRow> {
    return toRuleSet(orThrow(await activateRuleSet(this.deps, { name, version }, subjectOf(caller))))
  }

  @RequiresScopes('rules:write')
  @Mutation(() => RuleSetType, {
    description: 'Evaluated beside the active version, with no effect but its record. Without a version: no longer.',
  })
  async shadowRuleSet(
    @Arg('name', () => String) name: string,
    @Arg('version', () => Int, { nullable: true }) version: number | null,
    @Ctx() { caller }: SubgraphContext,
  ): Promise<RuleSetRow> {
    return toRuleSet(orThrow(await shadowRuleSet(this.deps, { name, version: version ?? null }, subjectOf(caller))))
  }

  @RequiresScopes('rules:write')
  @Mutation(() => BacktestReportType, {
    description: 'What this version would have decided on past payments, against what was decided.',
  })
  async backtestRuleSet(
    @Arg('name', () => String) name: string,
    @Arg('version', () => Int) version: number,
    @Arg('from', () => DateTimeScalar) from: string,
    @Arg('to', () => DateTimeScalar) to: string,
  ): Promise<BacktestReportType> {
    const period = { from: orThrow(parseDateTime(from, 'from')), to: orThrow(parseDateTime(to, 'to')) }
    return toReport(orThrow(await backtestRuleSet(this.deps, { name, version, ...period })))
  }

  @FieldResolver()
  changes(@Root() { name, version }: RuleSetRow): Promise<RuleChange[]> {
    return changesOf(this.deps.pool, { subject: 'rule-set', name, version })
  }

  @FieldResolver()
  async shadowReport(@Root() { name, version }: RuleSetRow): Promise<BacktestReportType> {
    return toReport(await shadowComparison(this.deps.pool, { name, version }))
  }
}

@Resolver(() => RiskListType)
export class RiskListResolver {
  constructor(private readonly deps: RuleChangeDeps) {}

  @RequiresScopes('rules:read')
  @Query(() => [RiskListType])
  riskLists(): Promise<RiskList[]> {
    return listRiskLists(this.deps.pool)
  }

  @RequiresScopes('rules:write')
  @Mutation(() => RiskListType, {
    description: 'Replaces a list. The heading of the first column says what it holds: country, account, or name.',
  })
  async importRiskList(
    @Arg('name', () => String) name: string,
    @Arg('csv', () => String) csv: string,
    @Ctx() { caller }: SubgraphContext,
  ): Promise<RiskList> {
    return orThrow(await importRiskList(this.deps, { name, csv }, subjectOf(caller)))
  }

  /** For whoever screens names: the rules are given the result and never a name. */
  @InternalField('profile-service', 'profile-sync')
  @Query(() => RiskListContentType, { nullable: true })
  riskListContent(@Arg('name', () => String) name: string): Promise<RiskListVersion | null> {
    return findRiskList(this.deps.pool, name)
  }
}

const toRuleSet = ({ status, examples, ...set }: RuleSet): RuleSetRow => ({
  ...set,
  status: RuleSetStatusEnum[status],
  examples: examples.map(({ input, outcome }) => ({ input, outcome: RuleOutcomeEnum[outcome] })),
})

const toReport = ({ evaluated, changed, changes }: Comparison): BacktestReportType => ({
  evaluated,
  changed,
  changes: changes.map(({ before, after, count, usdMinor }) => ({
    before: RuleOutcomeEnum[before],
    after: RuleOutcomeEnum[after],
    count,
    volume: [toMoneyType({ amountMinor: usdMinor, currency: 'USD' })],
  })),
})
