import { ISO_4217 } from './iso-4217.ts'

/** A currency of ISO 4217. `exponent` is its number of digits after the decimal point. */
export interface CurrencyInfo {
  readonly code: string
  readonly name: string
  readonly exponent: 0 | 2 | 3
}

/** Every currency that money may be held in, by its code, in the order of the codes. */
export const CURRENCIES: ReadonlyMap<string, CurrencyInfo> = new Map(
  ISO_4217.map(([code, exponent, name]) => [code, { code, name, exponent }]),
)

/** Whether `code` is a currency that money may be held in. Codes are upper case: `usd` is none. */
export const isCurrency = (code: string): boolean => CURRENCIES.has(code)

/** Digits after the decimal point. Throws `RangeError` for a code that is no currency: ask `isCurrency` of what a client wrote. */
export function exponentOf(code: string): CurrencyInfo['exponent'] {
  const currency = CURRENCIES.get(code)
  if (!currency) throw new RangeError('There is no such currency.')
  return currency.exponent
}
