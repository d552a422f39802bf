import { describe, expect, it } from 'vitest'
import { Decimal } from './decimal.ts'
import { divideToMinor, formatAmount, multiplyToMinor, parseMoney, splitByLargestRemainder, toMinor } from './money.ts'
import type { Rounding } from './rounding.ts'

describe('parseMoney', () => {
  it.each([
    ['JPY', '0', 0n],
    ['JPY', '12', 12n],
    ['JPY', '999999999999999', 999999999999999n],
    ['USD', '12', 1200n],
    ['USD', '12.3', 1230n],
    ['USD', '12.30', 1230n],
    ['USD', '0.05', 5n],
    ['USD', '999999999999999.99', 99999999999999999n],
    ['KWD', '1.25', 1250n],
    ['KWD', '0.001', 1n],
    ['KWD', '999999999999999.999', 999999999999999999n],
  ])('reads %s %s', (currency, amount, amountMinor) => {
    expect(parseMoney({ amount, currency })).toEqual({ ok: true, value: { amountMinor, currency } })
  })

  it.each([
    ['a sign', 'USD', '+1'],
    ['a minus sign', 'USD', '-1'],
    ['an exponent', 'USD', '1e3'],
    ['leading zeros', 'USD', '01.00'],
    ['two zeros', 'USD', '00'],
    ['no digit before the point', 'USD', '.50'],
    ['no digit after the point', 'USD', '1.'],
    ['a group separator', 'USD', '1,000.00'],
    ['a space', 'USD', ' 1'],
    ['a line end', 'USD', '1\n'],
    ['nothing', 'USD', ''],
    ['a word', 'USD', 'NaN'],
    ['digits of another script', 'USD', '١٢'],
    ['one decimal too many (JPY)', 'JPY', '1.0'],
    ['one decimal too many (USD)', 'USD', '1.000'],
    ['one decimal too many (KWD)', 'KWD', '1.0000'],
    ['one digit too many', 'USD', '1000000000000000'],
    ['a text without end', 'USD', '1'.repeat(100_000)],
    ['a currency that is none', 'XXX', '1'],
    ['a currency in lower case', 'usd', '1'],
    ['a name that every object has', '__proto__', '1'],
    ['another base', 'USD', '0x10'],
    ['infinity', 'USD', 'Infinity'],
  ])('refuses %s', (_what, currency, amount) => {
    expect(parseMoney({ amount, currency })).toEqual({ ok: false, reason: expect.stringMatching(/\.$/) })
  })
})

describe('formatAmount', () => {
  it.each([
    ['JPY', 12n, '12'],
    ['JPY', 0n, '0'],
    ['USD', 1230n, '12.30'],
    ['USD', 5n, '0.05'],
    ['USD', -5n, '-0.05'],
    ['USD', 0n, '0.00'],
    ['KWD', 1250n, '1.250'],
    ['KWD', -1250n, '-1.250'],
    ['INR', 9223372036854775807n, '92233720368547758.07'],
  ])('writes %s %i as %s', (currency, amountMinor, text) => {
    expect(formatAmount({ amountMinor, currency })).toBe(text)
  })
})

describe('conversions', () => {
  // Worked by hand: the exact product or quotient stands beside each, in major units of the target.
  it.each<[from: string, amount: string, rate: string, to: string, rounding: Rounding, expected: bigint]>([
    ['USD', '1.00', '83.1257', 'INR', 'down', 8312n], // 83.1257
    ['USD', '1.00', '83.1257', 'INR', 'up', 8313n],
    ['USD', '1.00', '149.505', 'JPY', 'down', 149n], // 149.505
    ['USD', '1.00', '149.505', 'JPY', 'half-even', 150n],
    ['JPY', '1', '0.00205', 'KWD', 'down', 2n], // 0.00205
    ['JPY', '1', '0.00205', 'KWD', 'up', 3n],
    ['KWD', '0.001', '3.25', 'USD', 'down', 0n], // 0.00325
    ['KWD', '2.000', '3.25', 'USD', 'down', 650n], // 6.5 exactly
    ['KWD', '2.000', '3.25', 'USD', 'up', 650n],
    ['USD', '0.50', '1', 'JPY', 'half-even', 0n], // 0.5
    ['USD', '1.50', '1', 'JPY', 'half-even', 2n], // 1.5
  ])('%s %s at %s is in %s, rounded %s, %i minor units', (currency, amount, rate, to, rounding, expected) => {
    expect(multiplyToMinor({ money: moneyOf(amount, currency), rate: Decimal.parse(rate), to, rounding })).toBe(
      expected,
    )
  })

  it.each<[from: string, amount: string, rate: string, to: string, rounding: Rounding, expected: bigint]>([
    ['INR', '25000.00', '83.1257', 'USD', 'up', 30075n], // 300.749491...
    ['INR', '25000.00', '83.1257', 'USD', 'down', 30074n],
    ['JPY', '1000', '149.5', 'USD', 'up', 669n], // 6.68896...
    ['KWD', '1.000', '0.308', 'USD', 'down', 324n], // 3.24675...
    ['USD', '6.50', '3.25', 'KWD', 'up', 2000n], // 2 exactly
    ['USD', '0.01', '3.25', 'KWD', 'up', 4n], // 0.003076...
  ])('%s %s divided by %s is in %s, rounded %s, %i minor units', (currency, amount, rate, to, rounding, expected) => {
    expect(divideToMinor({ money: moneyOf(amount, currency), rate: Decimal.parse(rate), to, rounding })).toBe(expected)
  })

  it('needs a rate other than zero to divide by', () => {
    const money = moneyOf('1.00', 'USD')
    expect(() => divideToMinor({ money, rate: Decimal.ZERO, to: 'INR', rounding: 'up' })).toThrow(RangeError)
  })

  it('brings a decimal to minor units as stated', () => {
    expect(toMinor(Decimal.parse('1.005'), 'USD', 'down')).toBe(100n)
    expect(toMinor(Decimal.parse('1.005'), 'USD', 'ceiling')).toBe(101n)
    expect(toMinor(Decimal.parse('1.005'), 'KWD', 'down')).toBe(1005n)
  })
})

describe('splitByLargestRemainder', () => {
  it.each<[totalMinor: bigint, weights: bigint[], parts: bigint[]]>([
    [100n, [1n, 1n, 1n], [34n, 33n, 33n]],
    [1n, [1n, 1n], [1n, 0n]],
    [10n, [1n, 2n, 3n], [2n, 3n, 5n]], // 1.67, 3.33, 5
    [5n, [0n, 3n, 0n], [0n, 5n, 0n]],
    [0n, [1n, 2n], [0n, 0n]],
  ])('splits %s by %s', (totalMinor, weights, parts) => {
    expect(splitByLargestRemainder(totalMinor, weights)).toEqual(parts)
  })

  it.each<[totalMinor: bigint, weights: bigint[]]>([
    [-1n, [1n]],
    [1n, []],
    [1n, [0n, 0n]],
    [1n, [2n, -1n]],
  ])('does not split %s by %s', (totalMinor, weights) => {
    expect(() => splitByLargestRemainder(totalMinor, weights)).toThrow(RangeError)
  })
})

function moneyOf(amount: string, currency: string): { amountMinor: bigint; currency: string } {
  const parsed = parseMoney({ amount, currency })
  if (!parsed.ok) throw new Error(parsed.reason)
  return parsed.value
}
