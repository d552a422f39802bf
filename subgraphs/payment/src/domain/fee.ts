import { divideRounded } from '@corridor/money'

const BPS = 10_000n

/** Fees in basis points of the principal, by corridor `USDINR` (source and target currency); `standard` for all others. */
export interface FeePolicy {
  readonly standardBps: number
  readonly corridors: Readonly<Record<string, number>>
}

export const STANDARD_FEES: FeePolicy = { standardBps: 50, corridors: {} }

/** The fee of a corridor, in basis points. */
export const feeBpsOf = (
  { fromCurrency, toCurrency }: { readonly fromCurrency: string; readonly toCurrency: string },
  { corridors, standardBps }: FeePolicy,
): number => corridors[`${fromCurrency}${toCurrency}`] ?? standardBps

/** The fee in minor units of the source currency, on top of the principal; rounded up, since the customer pays it. */
export const feeOf = (principalMinor: bigint, feeBps: number): bigint =>
  divideRounded(principalMinor * BigInt(feeBps), BPS, 'up')
