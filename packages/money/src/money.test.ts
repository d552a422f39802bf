import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  CURRENCIES,
  Decimal,
  divideToMinor,
  formatAmount,
  multiplyToMinor,
  parseMoney,
  splitByLargestRemainder,
} from './index.ts'

const amountMinor = fc.bigInt({ min: 0n, max: 10n ** 17n })
const currency = fc.constantFrom('USD', 'JPY', 'KWD', 'INR')
const rate = fc.bigInt({ min: 1n, max: 10n ** 12n }).map((unscaled) => Decimal.of(unscaled, 6))

describe('an amount', () => {
  it.each([
    ['12.30', 'USD', 1230n],
    ['12', 'USD', 1200n],
    ['12', 'JPY', 12n],
    ['1.25', 'KWD', 1250n],
    ['0', 'USD', 0n],
    ['999999999999999.99', 'USD', 99_999_999_999_999_999n],
  ])('reads %s %s', (amount, code, minor) => {
    expect(parseMoney({ amount, currency: code })).toEqual({ ok: true, value: { amountMinor: minor, currency: code } })
  })

  it.each([
    ['1e3', 'USD'],
    ['1.234', 'USD'],
    ['0.5', 'JPY'],
    ['-1', 'USD'],
    ['+1', 'USD'],
    ['01', 'USD'],
    ['', 'USD'],
    ['1.', 'USD'],
    ['.5', 'USD'],
    [' 1', 'USD'],
    ['1,000', 'USD'],
    ['0x10', 'USD'],
    ['Infinity', 'USD'],
    ['١', 'USD'],
    ['9'.repeat(40), 'USD'],
    ['1000000000000000', 'USD'],
    ['1.0000', 'KWD'],
    ['1', 'XXX'],
    ['1', 'usd'],
    ['1', '__proto__'],
  ])('refuses %j %s', (amount, code) => {
    expect(parseMoney({ amount, currency: code }).ok).toBe(false)
  })

  it('is written as it is read, in every currency', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 0n, max: 10n ** 15n - 1n }),
        fc.constantFrom(...CURRENCIES.keys()),
        (minor, code) => {
          const money = { amountMinor: minor, currency: code }
          expect(parseMoney({ amount: formatAmount(money), currency: code })).toEqual({ ok: true, value: money })
        },
      ),
    )
  })
})

describe('a conversion', () => {
  it('never gains on the way there and back when each way rounds down', () => {
    fc.assert(
      fc.property(amountMinor, currency, currency, rate, (minor, from, to, price) => {
        const there = multiplyToMinor({
          money: { amountMinor: minor, currency: from },
          rate: price,
          to,
          rounding: 'down',
        })
        const back = divideToMinor({
          money: { amountMinor: there, currency: to },
          rate: price,
          to: from,
          rounding: 'down',
        })
        expect(back <= minor).toBe(true)
      }),
    )
  })

  it.each([
    [{ amountMinor: 1n, currency: 'USD' }, '83.125', 'INR', 'down', 83n],
    [{ amountMinor: 1n, currency: 'USD' }, '83.125', 'INR', 'up', 84n],
    [{ amountMinor: 100n, currency: 'JPY' }, '0.0065', 'USD', 'half-even', 65n],
    [{ amountMinor: 12_345n, currency: 'KWD' }, '3.25', 'USD', 'down', 4012n],
    [{ amountMinor: 50n, currency: 'USD' }, '1', 'JPY', 'half-even', 0n],
    [{ amountMinor: 150n, currency: 'USD' }, '1', 'JPY', 'half-even', 2n],
  ] as const)('of %o at %s to %s, %s, is %s', (money, price, to, rounding, expected) => {
    expect(multiplyToMinor({ money, rate: Decimal.parse(price), to, rounding })).toBe(expected)
  })
})

describe('a split', () => {
  it('always adds up to the whole', () => {
    const weights = fc.array(fc.bigInt({ min: 0n, max: 1_000_000n }), { minLength: 1, maxLength: 12 })
    fc.assert(
      fc.property(amountMinor, weights, (total, parts) => {
        fc.pre(parts.some((weight) => weight > 0n))
        const split = splitByLargestRemainder(total, parts)
        expect(split.reduce((sum, part) => sum + part, 0n)).toBe(total)
        expect(split.every((part) => part >= 0n)).toBe(true)
      }),
    )
  })

  it('gives what is left to the largest remainders', () => {
    expect(splitByLargestRemainder(100n, [1n, 1n, 1n])).toEqual([34n, 33n, 33n])
    expect(splitByLargestRemainder(5n, [1n, 3n])).toEqual([1n, 4n])
  })
})

describe('a decimal', () => {
  it.each(['1e3', '+1', '01', '1.', '.5', '', 'NaN', '1'.repeat(61)])('refuses %j', (text) => {
    expect(() => Decimal.parse(text)).toThrow(RangeError)
  })

  it('divides with the rounding stated', () => {
    const two = Decimal.parse('2')
    const three = Decimal.parse('3')
    expect(two.dividedBy(three, 4, 'down').toString()).toBe('0.6666')
    expect(two.dividedBy(three, 4, 'up').toString()).toBe('0.6667')
    expect(two.negate().dividedBy(three, 4, 'floor').toString()).toBe('-0.6667')
    expect(two.negate().dividedBy(three, 4, 'ceiling').toString()).toBe('-0.6666')
    expect(() => two.dividedBy(Decimal.ZERO, 2, 'down')).toThrow(RangeError)
  })

  it('multiplies and adds exactly', () => {
    const number = fc
      .tuple(fc.bigInt(), fc.integer({ min: 0, max: 12 }))
      .map(([value, scale]) => Decimal.of(value, scale))
    fc.assert(
      fc.property(number, number, number, (a, b, c) => {
        expect(
          a
            .plus(b)
            .times(c)
            .equals(a.times(c).plus(b.times(c))),
        ).toBe(true)
        expect(Decimal.of(a.unscaled, a.scale).minus(a).isZero).toBe(true)
      }),
    )
  })
})
