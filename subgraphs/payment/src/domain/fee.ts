import { divideRounded } from '@corridor/money'

const BPS = 10_000n

/** Fees in basis points of the principal, by corridor `USDINR` (source and target currency); `standard` for all others. */
export interface FeePolicy {
  readonly standardBps: number
  readonly corridors: Readonly<Record<string, number>>
}

export const STANDARD_FEES: FeePolicy = { standardBps: 50, corridors: {} }

/** The fee in minor units of the source currency, on top of the principal; rounded up, since the customer pays it. */
export function feeOf(
  { fromCurrency, toCurrency, principalMinor }: { fromCurrency: string; toCurrency: string; principalMinor: bigint },
  policy: FeePolicy,
): bigint {
  const bps = policy.corridors[`${fromCurrency}${toCurrency}`] ?? policy.standardBps
  return divideRounded(principalMinor * BigInt(bps), BPS, 'up')
}
