/**
 * Currencies that Stripe counts otherwise than ISO 4217 says (docs.stripe.com/currencies, "Special cases"): ISK and UGX
 * have no decimals and are yet given in hundredths. All others are counted as ISO 4217 does: yen whole, dinars in
 * thousandths.
 */
const IN_HUNDREDTHS = new Set(['ISK', 'UGX'])
const HUNDRED = 100n
/** Of currencies with three decimals the last digit must be zero. */
const THREE_DECIMALS = new Set(['BHD', 'JOD', 'KWD', 'OMR', 'TND'])
const TEN = 10n

/** An amount as Stripe counts it, or null for one that Stripe cannot move: 1.005 dinars. */
export function toStripeAmount(amountMinor: bigint, currency: string): number | null {
  if (THREE_DECIMALS.has(currency) && amountMinor % TEN !== 0n) return null
  const amount = IN_HUNDREDTHS.has(currency) ? amountMinor * HUNDRED : amountMinor
  return amount <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(amount) : null
}

/** An amount of Stripe's in minor units of ISO 4217, or null when it is none. */
export function fromStripeAmount(amount: number, currency: string): bigint | null {
  if (!Number.isSafeInteger(amount) || amount < 0) return null
  if (!IN_HUNDREDTHS.has(currency)) return BigInt(amount)
  return BigInt(amount) % HUNDRED === 0n ? BigInt(amount) / HUNDRED : null
}
