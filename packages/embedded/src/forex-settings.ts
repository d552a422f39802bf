import {
  DYNAMO_SETTINGS,
  type DynamoSettings,
  dynamoOf,
  MARKET_SETTINGS,
  type Market,
  marketOf,
  POLICY_SETTINGS,
  type PolicyDocument,
} from '@corridor/forex'
import { readConfig } from '@corridor/platform'

type Environment = Readonly<Record<string, string | undefined>>

/** Providers of rates, the rules of pairs, quotes and exposure, and where history is kept. */
export interface ForexSettings {
  readonly market: Market
  readonly policy: PolicyDocument
  readonly dynamo: DynamoSettings | undefined
}

const SETTINGS = { ...MARKET_SETTINGS, ...DYNAMO_SETTINGS, ...POLICY_SETTINGS }
/** What the platform itself decides. */
const NOT_PASSED_ON: ReadonlySet<string> = new Set(['PLATFORM_MODE', 'RATE_INTERVAL_MS', 'DYNAMODB_ENDPOINT'])

/** Of an environment, what is for forex, to be given to its processes as it is. */
export function forexEnvironment(env: Environment): Readonly<Record<string, string>> {
  const given = Object.keys(SETTINGS).flatMap((name): [string, string][] => {
    const value = env[name]
    return value && !NOT_PASSED_ON.has(name) ? [[name, value]] : []
  })
  return Object.fromEntries(given)
}

/** @throws ConfigError naming every setting of forex that is wrong. */
export function readForexSettings(env: Environment): ForexSettings {
  const config = readConfig(env, SETTINGS)
  return { market: marketOf(config), policy: config.FX_POLICY, dynamo: dynamoOf(config) }
}
