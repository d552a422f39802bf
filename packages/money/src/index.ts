export { CURRENCIES, type CurrencyInfo, exponentOf, isCurrency } from './currencies.ts'
export { Decimal } from './decimal.ts'
export {
  divideToMinor,
  formatAmount,
  MAX_INTEGER_DIGITS,
  type Money,
  multiplyToMinor,
  type ParsedMoney,
  parseMoney,
  splitByLargestRemainder,
  toDecimal,
  toMinor,
} from './money.ts'
export { divideRounded, type Rounding } from './rounding.ts'
