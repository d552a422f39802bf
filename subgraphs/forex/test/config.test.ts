import { ConfigError, readConfig, silentLogger, systemClock } from '@corridor/platform'
import { describe, expect, it } from 'vitest'
import { policyOf } from '../src/domain/policy.ts'
import {
  createRateProvider,
  DYNAMO_SETTINGS,
  dynamoOf,
  exposurePolicyOf,
  MARKET_SETTINGS,
  marketOf,
  POLICY_SETTINGS,
  preferredIntervalMs,
  quoteLimitsOf,
  STANDARD_EXPOSURE_POLICY,
  STANDARD_QUOTE_LIMITS,
  standardPolicies,
} from '../src/index.ts'

type Environment = Record<string, string>
const market = (env: Environment) => marketOf(readConfig(env, MARKET_SETTINGS))
const policy = (document: unknown) =>
  readConfig({ FX_POLICY: typeof document === 'string' ? document : JSON.stringify(document) }, POLICY_SETTINGS)
    .FX_POLICY
const problems = (read: () => unknown): readonly string[] => {
  try {
    read()
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
  return []
}

describe('where rates come from', () => {
  it('is the simulated market, or OANDA where there is a key, or what is named, in that order', async () => {
    expect(market({}).providers).toEqual(['simulated'])
    expect(market({ OANDA_API_KEY: 'a key' }).providers).toEqual(['oanda'])
    const both = market({ FX_PROVIDER: 'ecb, oanda', OANDA_API_KEY: 'a key', PAIRS_CSV: 'EURUSD,USDINR' })
    expect(both.oanda).toMatchObject({ apiKey: 'a key', pairs: ['EURUSD', 'USDINR'], intervalMs: 18_000_000 })
    const provider = await createRateProvider(both, { clock: systemClock, logger: silentLogger })
    expect(provider.name).toBe('ecb+oanda')
    expect((await createRateProvider(market({}), { clock: systemClock, logger: silentLogger })).name).toBe('simulated')
  })

  it('says how old a rate may be: 1.2 times the interval of the provider that is preferred', () => {
    const maxAge = (env: Environment) =>
      standardPolicies({ intervalMs: preferredIntervalMs(market(env)) }).standard.maxAgeSeconds
    expect(maxAge({ OANDA_API_KEY: 'a key' })).toBe(21_600)
    expect(maxAge({ FX_PROVIDER: 'ecb,simulated' })).toBe(103_680)
    expect(maxAge({ FX_PROVIDER: 'simulated,ecb', RATE_INTERVAL_MS: '100000' })).toBe(120)
    expect(maxAge({})).toBe(60)
  })

  it('is refused where settings are wrong or contradict each other, all at once, without their values', () => {
    expect(
      problems(() => market({ FX_PROVIDER: 'reuters', PAIRS_CSV: 'EURUSD,USDUSD', OANDA_API_BASE: 'secret' })),
    ).toEqual([
      'FX_PROVIDER must be some of oanda, ecb, simulated, separated by commas',
      'OANDA_API_BASE must be a URL',
      'PAIRS_CSV must be pairs of currencies such as EURUSD, separated by commas',
    ])
    expect(problems(() => market({ FX_PROVIDER: 'oanda,simulated', PLATFORM_MODE: 'production' }))).toEqual([
      'OANDA_API_KEY is not set; FX_PROVIDER names oanda',
      'FX_PROVIDER must name providers other than simulated in production',
    ])
  })
})

describe('where history is kept', () => {
  const dynamo = (env: Environment) => dynamoOf(readConfig(env, DYNAMO_SETTINGS))

  it('is nowhere, at an address, or with Amazon', () => {
    expect(dynamo({})).toBeUndefined()
    expect(dynamo({ DYNAMODB_ENDPOINT: 'http://localhost:8000' })).toEqual({
      endpoint: 'http://localhost:8000',
      table: 'fx_rates',
      region: 'us-east-1',
    })
    expect(dynamo({ DYNAMODB_ENDPOINT: 'aws', AWS_REGION: 'eu-central-1', DYNAMODB_TABLE: 'rates' })).toEqual({
      table: 'rates',
      region: 'eu-central-1',
    })
    expect(problems(() => dynamo({ DYNAMODB_ENDPOINT: 'amazon' }))).toEqual(['DYNAMODB_ENDPOINT must be a URL or aws'])
  })
})

describe('the policy', () => {
  it('is the usual one but for what is said', () => {
    expect(quoteLimitsOf(policy({}))).toEqual(STANDARD_QUOTE_LIMITS)
    expect(exposurePolicyOf(policy({}))).toEqual(STANDARD_EXPOSURE_POLICY)
    const said = policy({
      standard: { spreadBps: 40 },
      pairs: { USDTRY: { spreadBps: 150, whenStale: 'INDICATIVE' } },
      quotes: { quoteHoldBps: null, maxDailyUsd: '1000.50' },
      exposure: { limitUsd: '2000000.00', currencies: { TRY: '50000' } },
    })
    const policies = standardPolicies({ intervalMs: 60_000 }, said)
    expect(policyOf(policies, 'USDINR')).toMatchObject({ spreadBps: 40, maxAgeSeconds: 72, whenStale: 'REJECT' })
    expect(policyOf(policies, 'USDTRY')).toMatchObject({ spreadBps: 150, whenStale: 'INDICATIVE' })
    expect(quoteLimitsOf(said)).toEqual({ ...STANDARD_QUOTE_LIMITS, quoteHoldBps: null, maxDailyUsdMinor: 100_050n })
    expect(exposurePolicyOf(said)).toEqual({
      ...STANDARD_EXPOSURE_POLICY,
      limitUsdMinor: 200_000_000n,
      currencies: { TRY: 5_000_000n },
    })
  })

  it.each([
    ['no JSON', '{'],
    ['no object', []],
    ['a name that is none', { spread: 3 }],
    ['a pair that is none', { pairs: { USDUSD: {} } }],
    ['a number out of range', { standard: { spreadBps: 10_000 } }],
    ['a part that is no whole number', { quotes: { lockSeconds: 1.5 } }],
    ['an amount as a number', { exposure: { limitUsd: 1000 } }],
    ['a currency that is none', { exposure: { currencies: { XXQ: '1.00' } } }],
  ])('is refused with %s', (_what, document) => {
    expect(problems(() => policy(document))).toHaveLength(1)
  })
})
