/** Amounts as the API has them: major units, exact, as text. */
export interface Amount {
  readonly amount: string
  readonly currency: string
}

/** The language and region that amounts and dates are written in: the browser's. */
export const browserLocale = (): string => navigator.language

const RATE_DIGITS = 6

const digitsOf = (decimal: string): number => decimal.split('.')[1]?.length ?? 0

/** An amount with its currency, every digit as it is: text goes in, and no float is ever made of it. */
export function formatMoney({ amount, currency }: Amount, locale: string): string {
  const digits = digitsOf(amount)
  const options = { minimumFractionDigits: digits, maximumFractionDigits: digits }
  return new Intl.NumberFormat(locale, { style: 'currency', currency, ...options }).format(exact(amount))
}

/** A rate or another bare number, every digit as it is. */
export function formatDecimal(decimal: string, locale: string): string {
  const digits = digitsOf(decimal)
  return new Intl.NumberFormat(locale, { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(
    exact(decimal),
  )
}

/** An exchange rate, shortened for reading: what is paid stands in the amounts. */
export const formatRate = (rate: string, locale: string): string =>
  new Intl.NumberFormat(locale, {
    minimumSignificantDigits: RATE_DIGITS,
    maximumSignificantDigits: RATE_DIGITS,
  }).format(exact(rate))

/** Text that `Intl.NumberFormat` formats digit by digit (ECMA-402, 2023); its type wants a literal. */
const exact = (decimal: string): `${number}` => decimal as `${number}`

/** "26 Nov 2026, 17:34", in the reader's own time zone. */
export const formatInstant = (instant: string, locale: string): string =>
  new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' }).format(new Date(instant))

/** "26 Nov 2026" */
export const formatDay = (instant: string, locale: string): string =>
  new Intl.DateTimeFormat(locale, { dateStyle: 'medium' }).format(new Date(instant))

/** "17:34:51" */
export const formatTime = (instant: string, locale: string): string =>
  new Intl.DateTimeFormat(locale, { timeStyle: 'medium' }).format(new Date(instant))

/** The name of a currency in the reader's language: "US Dollar". */
export const currencyName = (currency: string, locale: string): string =>
  new Intl.DisplayNames(locale, { type: 'currency' }).of(currency) ?? currency

/** The name of a country in the reader's language. */
export const countryName = (country: string, locale: string): string =>
  new Intl.DisplayNames(locale, { type: 'region' }).of(country) ?? country

/** "+1.25%": a change for the eye, of numbers that are drawn and not paid. */
export const formatChange = (ratio: number, locale: string): string =>
  new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 2, signDisplay: 'exceptZero' }).format(ratio)

/** "USDINR" as "USD/INR". */
export const inTwo = (pair: string): string => `${pair.slice(0, 3)}/${pair.slice(3)}`

export type ParsedAmount = { readonly amount: string } | { readonly problem: string }

const MAX_INTEGER_DIGITS = 15

/**
 * The amount that somebody typed in the way of his locale, as the API takes it: "1.234,5" in German is "1234.5".
 *
 * @param exponent the currency's digits after the decimal point.
 */
export function parseAmount(text: string, { exponent, locale }: { exponent: number; locale: string }): ParsedAmount {
  const { group, decimal } = separatorsOf(locale)
  const plain = text
    .trim()
    .replaceAll(/[\s\u00a0\u202f’']/g, '')
    .replaceAll(group, '')
    .replace(decimal, '.')
  const match = /^(\d*)(?:\.(\d*))?$/.exec(plain)
  const [, whole = '', fraction = ''] = match ?? []
  if (!match || whole + fraction === '') return { problem: 'Enter an amount in digits.' }
  if (fraction.length > exponent) return { problem: tooManyDecimals(exponent) }
  const integer = whole.replace(/^0+(?=\d)/, '') || '0'
  if (integer.length > MAX_INTEGER_DIGITS) return { problem: 'This amount is too large.' }
  if (/^0*$/.test(integer + fraction)) return { problem: 'Enter an amount greater than zero.' }
  return { amount: fraction === '' ? integer : `${integer}.${fraction}` }
}

const tooManyDecimals = (exponent: number): string =>
  exponent === 0
    ? 'This currency has no digits after the decimal point.'
    : `This currency has at most ${exponent} digits after the decimal point.`

function separatorsOf(locale: string): { group: string; decimal: string } {
  const parts = new Intl.NumberFormat(locale, { useGrouping: 'always' }).formatToParts(1234567.8)
  const of = (type: string): string | undefined => parts.find((part) => part.type === type)?.value
  const decimal = of('decimal') ?? '.'
  const group = of('group')
  return { decimal, group: group === undefined || group === decimal ? ' ' : group }
}

/** How much of a whole is used, from 0 to 1, for a bar; exact until the last division. */
export function shareOf(part: string, whole: string): number {
  const scale = Math.max(digitsOf(part), digitsOf(whole))
  const [used, all] = [toUnits(part, scale), toUnits(whole, scale)]
  if (all <= 0n) return used > 0n ? 1 : 0
  const perMille = (used * 1000n) / all
  return Math.min(1, Math.max(0, Number(perMille) / 1000))
}

function toUnits(decimal: string, scale: number): bigint {
  const [whole = '0', fraction = ''] = decimal.split('.')
  return BigInt(`${whole}${fraction.padEnd(scale, '0')}`)
}
