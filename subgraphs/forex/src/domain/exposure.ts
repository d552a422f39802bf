import { type Decimal, toDecimal, toMinor } from '@corridor/money'

const ALL_BPS = 10_000n

/** What the house holds in one currency, and what those who hold a price could still call. Minor units, signed. */
export interface Exposure {
  readonly currency: string
  /** The balance of `fx.position`: positive is long, negative is owed. */
  readonly positionMinor: bigint
  /** What would come in and what would go out (zero or less), were all of it called. */
  readonly incomingMinor: bigint
  readonly outgoingMinor: bigint
}

/** How much of a currency the house is ready to be long or short, and what it does on the way there. */
export interface ExposurePolicy {
  /** In US cents, per currency. */
  readonly limitUsdMinor: bigint
  /** Limits of currencies that differ from it, in US cents. */
  readonly currencies: Readonly<Record<string, bigint>>
  /** From this share of a limit on, a quote that brings the currency nearer to it costs `wideningBps` more. */
  readonly widenFromBps: number
  readonly wideningBps: number
}

export const STANDARD_EXPOSURE_POLICY: ExposurePolicy = {
  limitUsdMinor: 1_000_000_000n,
  currencies: {},
  widenFromBps: 8_000,
  wideningBps: 50,
}

export const limitOf = (policy: ExposurePolicy, currency: string): bigint =>
  policy.currencies[currency] ?? policy.limitUsdMinor

/** What all of it called would change. */
export const committedOf = ({ incomingMinor, outgoingMinor }: Exposure): bigint => incomingMinor + outgoingMinor

/** The position with `changeMinor` more that could be called. */
export function withCommitment(exposure: Exposure, changeMinor: bigint): Exposure {
  return changeMinor >= 0n
    ? { ...exposure, incomingMinor: exposure.incomingMinor + changeMinor }
    : { ...exposure, outgoingMinor: exposure.outgoingMinor + changeMinor }
}

/** An amount in US cents at the mid, rounded half-even: a valuation, at which nobody deals. */
export const valueInUsd = (currency: string, amountMinor: bigint, usdMid: Decimal): bigint =>
  toMinor(toDecimal({ amountMinor, currency }).times(usdMid), 'USD', 'half-even')

/** Whether the house takes more of a currency: at the usual spread, at a wider one, or not at all. */
export type Appetite = 'USUAL' | 'WIDER' | 'NONE'

/**
 * Judged by the worst that could come of it: commitments may be called or lapse, so that those which would bring the
 * position back are not counted on. What does not make the worst worse is always taken.
 */
export function appetiteFor(
  exposure: Exposure,
  { changeMinor, usdMid, policy }: { changeMinor: bigint; usdMid: Decimal; policy: ExposurePolicy },
): Appetite {
  const after = distance(worstOf(withCommitment(exposure, changeMinor)))
  if (after <= distance(worstOf(exposure))) return 'USUAL'
  const valueMinor = valueInUsd(exposure.currency, after, usdMid)
  const limitMinor = limitOf(policy, exposure.currency)
  if (valueMinor > limitMinor) return 'NONE'
  return valueMinor * ALL_BPS > limitMinor * BigInt(policy.widenFromBps) ? 'WIDER' : 'USUAL'
}

/** The position farthest from zero that may come of it, in minor units, signed. */
export function worstOf({ positionMinor, incomingMinor, outgoingMinor }: Exposure): bigint {
  const [long, short] = [positionMinor + incomingMinor, positionMinor + outgoingMinor]
  return distance(long) > distance(short) ? long : short
}

const distance = (minor: bigint): bigint => (minor < 0n ? -minor : minor)
