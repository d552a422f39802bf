import { isCurrency, parseMoney } from '@corridor/money'
import type { Setting } from '@corridor/platform'
import { type ExposurePolicy, STANDARD_EXPOSURE_POLICY } from './domain/exposure.ts'
import type { PairPolicy, Policies } from './domain/policy.ts'
import { isPair } from './domain/rate.ts'
import { type QuoteLimits, STANDARD_QUOTE_LIMITS } from './use-cases/quote-limits.ts'

/** What `FX_POLICY` may say, in JSON, amounts in dollars as text; what it leaves out is as usual. */
export interface PolicyDocument {
  readonly standard?: Partial<PairPolicy>
  readonly pairs?: Readonly<Record<string, Partial<PairPolicy>>>
  readonly quotes?: Partial<Omit<QuoteLimits, 'maxDailyUsdMinor'> & { readonly maxDailyUsd: bigint }>
  readonly exposure?: Partial<Omit<ExposurePolicy, 'limitUsdMinor'> & { readonly limitUsd: bigint }>
}

/** Reads a part of the document; undefined for what is not one. */
type Reader<T> = (value: unknown) => T | undefined

const ALL_BPS = 10_000
const MAX_SECONDS = 31 * 86_400
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const whole =
  (min: number, max: number): Reader<number> =>
  (value) =>
    typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max ? value : undefined
const orNull =
  <T>(read: Reader<T>): Reader<T | null> =>
  (value) =>
    value === null ? null : read(value)
const dollars: Reader<bigint> = (value) => {
  const money = typeof value === 'string' ? parseMoney({ amount: value, currency: 'USD' }) : { ok: false as const }
  return money.ok ? money.value.amountMinor : undefined
}
const whenStale: Reader<PairPolicy['whenStale']> = (value) =>
  value === 'REJECT' || value === 'INDICATIVE' ? value : undefined

/** Each name by the reader of its own; a name that is none is not passed over. */
function fields<T extends object>(readers: { readonly [Name in keyof T]-?: Reader<T[Name]> }): Reader<Partial<T>> {
  return entries((name) => (Object.hasOwn(readers, name) ? readers[name as keyof T] : undefined)) as Reader<Partial<T>> // Read field by field.
}

function entries<T>(readerOf: (name: string) => Reader<T> | undefined): Reader<Record<string, T>> {
  return (value) => {
    if (!isObject(value)) return undefined
    const read = Object.entries(value).map(([name, part]): [string, T | undefined] => [name, readerOf(name)?.(part)])
    if (read.some(([, part]) => part === undefined)) return undefined
    return Object.fromEntries(read) as Record<string, T> // None is undefined.
  }
}

const pairPolicy = fields<Required<PairPolicy>>({
  spreadBps: whole(0, ALL_BPS - 1),
  maxAgeSeconds: whole(1, MAX_SECONDS),
  whenStale,
  maxJumpBps: whole(1, ALL_BPS * 100),
})
const document = fields<Required<PolicyDocument>>({
  standard: pairPolicy,
  pairs: entries((name) => (isPair(name) ? pairPolicy : undefined)),
  quotes: fields<Required<NonNullable<PolicyDocument['quotes']>>>({
    lockSeconds: whole(1, MAX_SECONDS),
    maxFreeLockSeconds: whole(1, MAX_SECONDS),
    maxLockSeconds: whole(1, MAX_SECONDS),
    quoteHoldBps: orNull(whole(0, ALL_BPS - 1)),
    maxOpenPerOwner: whole(1, 1_000),
    maxDailyUsd: dollars,
  }),
  exposure: fields<Required<NonNullable<PolicyDocument['exposure']>>>({
    limitUsd: dollars,
    currencies: entries((name) => (isCurrency(name) ? dollars : undefined)),
    widenFromBps: whole(0, ALL_BPS),
    wideningBps: whole(0, ALL_BPS - 1),
  }),
})

/** Rules of pairs, quotes and exposure that differ from the usual ones. */
export const POLICY_SETTINGS: { readonly FX_POLICY: Setting<PolicyDocument> } = {
  FX_POLICY: {
    expects: 'a policy in JSON, as the README of forex describes it',
    absent: { value: {} },
    parse: (text) => {
      try {
        return document(JSON.parse(text))
      } catch {
        return undefined // Reported by name, like any other wrong value.
      }
    },
  },
}

const STALE_AFTER_INTERVALS = 1.2
/** However often a provider is polled, a rate is not stale before this: a poll may be late on a busy machine. */
const MIN_MAX_AGE_SECONDS = 60
const STANDARD_SPREAD_BPS = 50

/** The policies for rates of a provider that has something new every `intervalMs`, with what differs from the usual. */
export const standardPolicies = (
  { intervalMs }: { intervalMs: number },
  { standard = {}, pairs = {} }: PolicyDocument = {},
): Policies => ({
  standard: {
    spreadBps: STANDARD_SPREAD_BPS,
    maxAgeSeconds: Math.max(Math.ceil((intervalMs * STALE_AFTER_INTERVALS) / 1000), MIN_MAX_AGE_SECONDS),
    whenStale: 'REJECT',
    ...standard,
  },
  pairs,
})

export function quoteLimitsOf({ quotes = {} }: PolicyDocument): QuoteLimits {
  const { maxDailyUsd: maxDailyUsdMinor = STANDARD_QUOTE_LIMITS.maxDailyUsdMinor, ...others } = quotes
  return { ...STANDARD_QUOTE_LIMITS, ...others, maxDailyUsdMinor }
}

export function exposurePolicyOf({ exposure = {} }: PolicyDocument): ExposurePolicy {
  const { limitUsd: limitUsdMinor = STANDARD_EXPOSURE_POLICY.limitUsdMinor, ...others } = exposure
  return { ...STANDARD_EXPOSURE_POLICY, ...others, limitUsdMinor }
}
