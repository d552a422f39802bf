import { divideRounded } from '@corridor/money'

const BPS = 10_000n

/** Fees in basis points of the principal, by corridor `USDINR` (source and target currency); `standard` for all others. */
export interface FeePolicy {
  readonly standardBps: number
  readonly corridors: Readonly<Record<string, number>>
}

export const STANDARD_FEES: FeePolicy = { standardBps: 50, corridors: {} }

const CORRIDOR = /^[A-Z]{6}$/
const isBps = (value: unknown): boolean => Number.isInteger(value) && Number(value) >= 0 && Number(value) <= Number(BPS)

/** Whether somebody's setting is a policy, whole and with nothing else in it. */
export function isFeePolicy(value: unknown): value is FeePolicy {
  if (typeof value !== 'object' || value === null) return false
  const { standardBps, corridors, ...others } = value as Record<string, unknown> // Judged field by field.
  if (!isBps(standardBps) || Object.keys(others).length > 0) return false
  if (typeof corridors !== 'object' || corridors === null || Array.isArray(corridors)) return false
  return Object.entries(corridors).every(([corridor, bps]) => CORRIDOR.test(corridor) && isBps(bps))
}

/** The fee of a corridor, in basis points. */
export const feeBpsOf = (
  { fromCurrency, toCurrency }: { readonly fromCurrency: string; readonly toCurrency: string },
  { corridors, standardBps }: FeePolicy,
): number => corridors[`${fromCurrency}${toCurrency}`] ?? standardBps

/** The fee in minor units of the source currency, on top of the principal; rounded up, since the customer pays it. */
export const feeOf = (principalMinor: bigint, feeBps: number): bigint =>
  divideRounded(principalMinor * BigInt(feeBps), BPS, 'up')
