import { exponentOf, isCurrency } from './currencies.ts'
import { Decimal } from './decimal.ts'
import type { Rounding } from './rounding.ts'

/** An amount in minor units of its currency: 1230 of USD is 12.30 dollars, 12 of JPY is 12 yen. */
export interface Money {
  readonly amountMinor: bigint
  readonly currency: string
}

export type ParsedMoney = { readonly ok: true; readonly value: Money } | { readonly ok: false; readonly reason: string }

export const MAX_INTEGER_DIGITS = 15

const AMOUNT = /^(0|[1-9]\d*)(?:\.(\d+))?$/
const MAX_TEXT_LENGTH = 40

/**
 * Reads an amount in major units as clients write it: no sign, no exponent, no leading zeros, up to the currency's
 * number of decimals, at most 15 digits before the point. `reason` completes "amount: …".
 */
export function parseMoney({ amount, currency }: { amount: string; currency: string }): ParsedMoney {
  if (!isCurrency(currency)) return { ok: false, reason: 'is of an unknown currency.' }
  const match = amount.length <= MAX_TEXT_LENGTH ? AMOUNT.exec(amount) : null
  if (!match) return { ok: false, reason: 'must be a plain decimal number such as "12.30", without sign or exponent.' }
  const [, whole = '', fraction = ''] = match
  const exponent = exponentOf(currency)
  if (whole.length > MAX_INTEGER_DIGITS) {
    return { ok: false, reason: `has more than ${MAX_INTEGER_DIGITS} digits before the point.` }
  }
  if (fraction.length > exponent) return { ok: false, reason: `${currency} has ${exponent} decimals.` }
  return { ok: true, value: { amountMinor: BigInt(whole + fraction.padEnd(exponent, '0')), currency } }
}

/** Major units with exactly the currency's decimals: "12.30", "12", "1.250", "-0.05". */
export const formatAmount = ({ amountMinor, currency }: Money): string =>
  toDecimal({ amountMinor, currency }).toString()

/** The amount in major units, exactly. */
export const toDecimal = ({ amountMinor, currency }: Money): Decimal => Decimal.of(amountMinor, exponentOf(currency))

/** A decimal amount of major units in minor units, rounded as stated. */
export const toMinor = (amount: Decimal, currency: string, rounding: Rounding): bigint =>
  amount.round(exponentOf(currency), rounding).unscaled

/** What `money` is in the currency `to` at `rate` units of `to` per unit of its own. */
export function multiplyToMinor(input: { money: Money; rate: Decimal; to: string; rounding: Rounding }): bigint {
  return toMinor(toDecimal(input.money).times(input.rate), input.to, input.rounding)
}

/** What `money` is in the currency `to` at `rate` units of its own currency per unit of `to`. */
export function divideToMinor(input: { money: Money; rate: Decimal; to: string; rounding: Rounding }): bigint {
  return toDecimal(input.money).dividedBy(input.rate, exponentOf(input.to), input.rounding).unscaled
}

/** `totalMinor` in parts of the given weights that always add up to it: largest remainders first, then the earliest. */
export function splitByLargestRemainder(totalMinor: bigint, weights: readonly bigint[]): bigint[] {
  const sum = weights.reduce((total, weight) => total + weight, 0n)
  if (totalMinor < 0n || sum <= 0n || weights.some((weight) => weight < 0n)) {
    throw new RangeError('A split needs an amount and weights of 0 or more, not all of them 0.')
  }
  const parts = weights.map((weight) => (totalMinor * weight) / sum)
  const left = Number(totalMinor - parts.reduce((total, part) => total + part, 0n))
  const byRemainder = weights
    .map((weight, index) => ({ index, remainder: (totalMinor * weight) % sum }))
    .sort((a, b) => (a.remainder === b.remainder ? a.index - b.index : a.remainder > b.remainder ? -1 : 1))
  for (const { index } of byRemainder.slice(0, left)) parts[index] = (parts[index] ?? 0n) + 1n
  return parts
}
