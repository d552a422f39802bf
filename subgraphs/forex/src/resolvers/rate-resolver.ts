import { CURRENCIES, type CurrencyInfo, Decimal } from '@corridor/money'
import { type Clock, orThrow, type Pool, RefusalError, refuse } from '@corridor/platform'
import {
  Authenticated,
  CurrencyPairScalar,
  CurrencyScalar,
  DateTimeScalar,
  Live,
  liveStream,
  MoneyInput,
  parseCurrency,
  parseDateTime,
  parsePositiveMoneyInput,
  RequiresScopes,
  type SubgraphContext,
  subscribeWith,
  toMoneyType,
} from '@corridor/subgraph'
import { Arg, Ctx, Mutation, Query, Resolver, Root, Subscription } from 'type-graphql'
import { INTERVAL_MS, openTimeOf } from '../domain/candle.ts'
import { deriveRate } from '../domain/derive-rate.ts'
import { isStale, type Policies, policyOf } from '../domain/policy.ts'
import { baseOf, isPair, quoteOf, type Rate } from '../domain/rate.ts'
import type { RateHistory } from '../history/rate-history.ts'
import { type RateBook, ratesAt } from '../rate-book.ts'
import type { Pricing } from '../use-cases/pricing.ts'
import type { RateOverrides } from '../use-cases/rate-overrides.ts'
import {
  CandleIntervalEnum,
  CandleType,
  ConversionType,
  CurrencyInfoType,
  OverrideRateInput,
  PairPolicyType,
  RateType,
  StalePolicyEnum,
} from './rate-types.ts'

const MAX_PAIRS = 200
const MAX_CANDLES = 1_500
/** At most 15 whole digits and 12 after the point; no sign, no exponent. */
const RATE = /^(0|[1-9]\d{0,14})(\.\d{1,12})?$/

export interface RateResolverDeps {
  readonly pool: Pool
  readonly book: RateBook
  readonly pricing: Pricing
  readonly overrides: RateOverrides
  readonly history: RateHistory | undefined
  readonly policies: Policies
  readonly clock: Clock
}

@Resolver()
export class RateResolver {
  constructor(private readonly deps: RateResolverDeps) {}

  @Authenticated()
  @Query(() => [CurrencyInfoType])
  currencies(): CurrencyInfo[] {
    return [...CURRENCIES.values()]
  }

  @RequiresScopes('forex:read')
  @Query(() => RateType)
  async rate(@Arg('pair', () => CurrencyPairScalar) pair: string): Promise<RateType> {
    mustBePair(pair, 'pair')
    return this.show(orUnavailable(await this.deps.book.rate(pair), pair))
  }

  @RequiresScopes('forex:read')
  @Query(() => [RateType])
  async rates(
    @Arg('pairs', () => [CurrencyPairScalar], { nullable: true }) given: string[] | null,
  ): Promise<RateType[]> {
    const pairs = await this.pairsOf(given)
    return pairs.map((pair) => this.show(orUnavailable(this.deps.book.known(pair), pair)))
  }

  @RequiresScopes('forex:read')
  @Query(() => RateType, {
    nullable: true,
    description: 'The rate that was in force at that instant, overrides included.',
  })
  async rateAt(
    @Arg('pair', () => CurrencyPairScalar) pair: string,
    @Arg('at', () => DateTimeScalar) at: string,
  ): Promise<RateType | null> {
    mustBePair(pair, 'pair')
    const instant = orThrow(parseDateTime(at, 'at'))
    const rate = deriveRate(await ratesAt(this.deps.pool, instant), pair)
    return rate ? this.show(rate, instant) : null
  }

  @RequiresScopes('forex:read')
  @Query(() => [CandleType])
  async rateHistory(
    @Arg('pair', () => CurrencyPairScalar) pair: string,
    @Arg('from', () => DateTimeScalar) fromText: string,
    @Arg('to', () => DateTimeScalar) toText: string,
    @Arg('interval', () => CandleIntervalEnum) interval: CandleIntervalEnum,
  ): Promise<CandleType[]> {
    mustBePair(pair, 'pair')
    const [from, to] = [orThrow(parseDateTime(fromText, 'from')), orThrow(parseDateTime(toText, 'to'))]
    if (to <= from) throw new RefusalError(refuse('BAD_USER_INPUT', 'to must be after from.', 'to'))
    const candlesAsked = (to.getTime() - openTimeOf(from, interval).getTime()) / INTERVAL_MS[interval]
    if (candlesAsked > MAX_CANDLES) {
      throw new RefusalError(refuse('BAD_USER_INPUT', `At most ${MAX_CANDLES} candles are given at once.`, 'to'))
    }
    const { history, book } = this.deps
    if (!history) throw new RefusalError(refuse('SERVICE_UNAVAILABLE', 'No history of rates is kept here.'))
    if (!(await book.pairs()).includes(pair)) {
      throw new RefusalError(refuse('RATE_UNAVAILABLE', `${pair} is not quoted: history is of quoted pairs.`))
    }
    const candles = await history.candles(pair, interval, from, to)
    return candles.map(({ openTime, ticks, open, high, low, close }) => ({
      openTime,
      ticks,
      open: open.normalized().toString(),
      high: high.normalized().toString(),
      low: low.normalized().toString(),
      close: close.normalized().toString(),
    }))
  }

  @RequiresScopes('forex:read')
  @Query(() => [PairPolicyType])
  async pairPolicies(): Promise<PairPolicyType[]> {
    const quoted = await this.deps.book.pairs()
    const pairs = [...new Set([...quoted, ...Object.keys(this.deps.policies.pairs)])].sort()
    return pairs.map((pair) => {
      const policy = policyOf(this.deps.policies, pair)
      return { ...policy, pair, whenStale: StalePolicyEnum[policy.whenStale] }
    })
  }

  @RequiresScopes('forex:read')
  @Query(() => ConversionType, { description: 'Indicative: nothing is locked.' })
  async convert(
    @Arg('from', () => MoneyInput) from: MoneyInput,
    @Arg('to', () => CurrencyScalar) to: string,
  ): Promise<ConversionType> {
    const money = orThrow(parsePositiveMoneyInput(from, 'from'))
    const toCurrency = orThrow(parseCurrency(to, 'to'))
    await this.deps.book.fresh()
    const priced = orThrow(this.deps.pricing.indicative({ from: money, toCurrency }))
    return {
      from: toMoneyType(priced.from),
      to: toMoneyType(priced.to),
      appliedRate: priced.appliedRate.normalized().toString(),
      basedOn: this.show(priced.rate),
    }
  }

  @RequiresScopes('forex:admin')
  @Mutation(() => RateType, {
    description: 'A manual rate. It holds until it is cleared or expires, and says so wherever it is used.',
  })
  async overrideRate(
    @Arg('input', () => OverrideRateInput) input: OverrideRateInput,
    @Ctx() { caller }: SubgraphContext,
  ): Promise<RateType> {
    const { pair, note, expiresAt } = input
    mustBePair(pair, 'pair')
    if (!RATE.test(input.mid)) throw new RefusalError(refuse('BAD_USER_INPUT', 'mid is not a rate.', 'mid'))
    const until = expiresAt ? orThrow(parseDateTime(expiresAt, 'expiresAt')) : null
    orThrow(await this.deps.overrides.override(caller, { pair, mid: Decimal.parse(input.mid), note, expiresAt: until }))
    return this.show(orUnavailable(this.deps.book.known(pair), pair))
  }

  @RequiresScopes('forex:admin')
  @Mutation(() => RateType)
  async clearRateOverride(
    @Arg('pair', () => CurrencyPairScalar) pair: string,
    @Ctx() { caller }: SubgraphContext,
  ): Promise<RateType> {
    mustBePair(pair, 'pair')
    orThrow(await this.deps.overrides.clear(caller, pair))
    return this.show(orUnavailable(this.deps.book.known(pair), pair))
  }

  @Live({ shared: true, conflateBy: 'pair' })
  @RequiresScopes('forex:read')
  @Subscription(() => RateType, {
    description: 'Every pair asked for as it stands, then each change. Slow readers get the latest, never a backlog.',
    subscribe: subscribeWith(
      () => RateResolver,
      (resolver, { pairs }: { pairs?: string[] | null }) => resolver.watchRates(pairs ?? null),
    ),
  })
  rateChanged(
    @Root() rate: RateType,
    @Arg('pairs', () => [CurrencyPairScalar], { nullable: true }) _pairs: string[] | null,
  ): RateType {
    return rate
  }

  async watchRates(given: string[] | null): Promise<AsyncIterable<RateType>> {
    const { book } = this.deps
    const pairs = await this.pairsOf(given)
    for (const pair of pairs) orUnavailable(book.known(pair), pair)
    const shown = new Map<string, bigint>()
    return liveStream({
      read: () =>
        pairs.flatMap((pair) => {
          const rate = book.known(pair)
          if (!rate || rate.version === shown.get(pair)) return []
          shown.set(pair, rate.version)
          return [this.show(rate)]
        }),
      onWake: (wake) => book.onChange(wake),
    })
  }

  /** The pairs asked for, or all that are quoted. */
  private async pairsOf(given: string[] | null): Promise<string[]> {
    const quoted = await this.deps.book.pairs()
    if (given === null || given === undefined) return quoted
    if (given.length > MAX_PAIRS) throw new RefusalError(refuse('BATCH_TOO_LARGE', undefined, 'pairs'))
    for (const [index, pair] of given.entries()) mustBePair(pair, `pairs.${index}`)
    return [...new Set(given)]
  }

  private show(rate: Rate, now: Date = this.deps.clock.now()): RateType {
    const { pair } = rate
    return {
      pair,
      base: baseOf(pair),
      quote: quoteOf(pair),
      bid: rate.bid.normalized().toString(),
      mid: rate.mid.normalized().toString(),
      ask: rate.ask.normalized().toString(),
      source: rate.source,
      path: rate.path,
      manual: rate.manual,
      version: String(rate.version),
      observedAt: rate.observedAt,
      stale: isStale(rate, policyOf(this.deps.policies, pair), now),
    }
  }
}

function mustBePair(pair: string, field: string): void {
  if (!isPair(pair))
    throw new RefusalError(refuse('BAD_USER_INPUT', `${field} is not a pair of two currencies.`, field))
}

function orUnavailable(rate: Rate | null, pair: string): Rate {
  if (!rate) throw new RefusalError(refuse('RATE_UNAVAILABLE', `There is no rate of ${pair}.`))
  return rate
}
