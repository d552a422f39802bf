import { ConfigError, type readConfig, type Setting, setting } from '@corridor/platform'
import { isPair } from './domain/rate.ts'
import type { DynamoSettings } from './history/rate-history.ts'
import { ECB_DAILY_URL } from './providers/ecb.ts'
import type { Market, ProviderName } from './providers/market.ts'
import { OANDA_API_BASE } from './providers/oanda.ts'

const PROVIDERS: readonly ProviderName[] = ['oanda', 'ecb', 'simulated']
const DEFAULT_SIMULATED_MS = 10_000
const STANDARD_PAIRS =
  'EURUSD,GBPUSD,AUDUSD,NZDUSD,USDAED,USDBHD,USDBRL,USDCAD,USDCHF,USDCNY,USDDKK,USDHKD,USDIDR,USDINR,USDJPY,USDKES,USDKRW,USDKWD,USDMXN,USDMYR,USDNGN,USDNOK,USDPHP,USDPKR,USDPLN,USDSAR,USDSEK,USDSGD,USDTHB,USDTRY,USDZAR'

/** A list each of whose items is judged; an empty one is none. */
function listOf<T extends string>(is: (item: string) => item is T, expects: string): Setting<readonly T[]> {
  const { parse } = setting.list()
  return {
    expects,
    parse: (text) => {
      const items = parse(text) ?? []
      return items.length > 0 && items.every(is) ? items : undefined
    },
  }
}

const isProvider = (item: string): item is ProviderName => PROVIDERS.some((name) => name === item)
const pairs = listOf((item): item is string => isPair(item), 'pairs of currencies such as EURUSD, separated by commas')

/** Where rates come from, for the poller and for how old the subgraph may take them to be. */
export const MARKET_SETTINGS = {
  PLATFORM_MODE: setting.oneOf(['development', 'production'], 'development'),
  /** In order of preference. Without it: OANDA where there is a key, else the simulated market. */
  FX_PROVIDER: setting.optional(listOf(isProvider, `some of ${PROVIDERS.join(', ')}, separated by commas`)),
  OANDA_API_BASE: setting.url(OANDA_API_BASE),
  OANDA_API_KEY: setting.optional(setting.text()),
  OANDA_INTERVAL_MS: setting.integer(5 * 60 * 60 * 1000),
  PAIRS_CSV: { ...pairs, absent: { value: STANDARD_PAIRS.split(',') } },
  ECB_URL: setting.url(ECB_DAILY_URL),
  RATE_INTERVAL_MS: setting.integer(DEFAULT_SIMULATED_MS),
  MARKET_SEED: setting.text('corridor'),
} as const

/** @throws ConfigError where settings contradict each other. */
export function marketOf(config: ReturnType<typeof readConfig<typeof MARKET_SETTINGS>>): Market {
  const { OANDA_API_KEY: apiKey, PLATFORM_MODE: mode } = config
  const providers = config.FX_PROVIDER ?? [apiKey === undefined ? 'simulated' : 'oanda']
  const problems = [
    ...(providers.includes('oanda') && apiKey === undefined
      ? ['OANDA_API_KEY is not set; FX_PROVIDER names oanda']
      : []),
    ...(providers.includes('simulated') && mode === 'production'
      ? ['FX_PROVIDER must name providers other than simulated in production']
      : []),
  ]
  if (problems.length > 0) throw new ConfigError(problems)
  return {
    providers,
    oanda: {
      apiBase: config.OANDA_API_BASE,
      apiKey: apiKey ?? '',
      pairs: config.PAIRS_CSV,
      intervalMs: config.OANDA_INTERVAL_MS,
    },
    ecb: { url: config.ECB_URL },
    simulated: { seed: config.MARKET_SEED, intervalMs: config.RATE_INTERVAL_MS },
  }
}

/** Where ticks and candles are kept. */
export const DYNAMO_SETTINGS = {
  /** A URL, or `aws` for DynamoDB itself with the credentials of the environment. */
  DYNAMODB_ENDPOINT: setting.optional(setting.text()),
  DYNAMODB_TABLE: setting.text('fx_rates'),
  AWS_REGION: setting.text('us-east-1'),
} as const

/** Undefined where no endpoint is named: no history is kept. @throws ConfigError when it is no URL. */
export function dynamoOf(config: ReturnType<typeof readConfig<typeof DYNAMO_SETTINGS>>): DynamoSettings | undefined {
  const { DYNAMODB_ENDPOINT: endpoint, DYNAMODB_TABLE: table, AWS_REGION: region } = config
  if (endpoint === undefined) return undefined
  if (endpoint === 'aws') return { table, region }
  if (!URL.canParse(endpoint)) throw new ConfigError(['DYNAMODB_ENDPOINT must be a URL or aws'])
  return { endpoint, table, region }
}
