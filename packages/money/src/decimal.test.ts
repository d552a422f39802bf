import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Decimal } from './decimal.ts'
import type { Rounding } from './rounding.ts'

const decimals = fc
  .record({ unscaled: fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }), scale: fc.nat({ max: 20 }) })
  .map(({ unscaled, scale }) => Decimal.of(unscaled, scale))

const roundings = fc.constantFrom<Rounding>('down', 'up', 'half-even', 'floor', 'ceiling')

describe('a decimal', () => {
  it.each([
    ['0', 0n, 0],
    ['12.30', 1230n, 2],
    ['-0.05', -5n, 2],
    ['83.1257', 831257n, 4],
    ['1000000000000000000000.000000000000000001', 1000000000000000000000000000000000000001n, 18],
  ])('reads %j exactly and writes it as it was', (text, unscaled, scale) => {
    const decimal = Decimal.parse(text)
    expect(decimal).toMatchObject({ unscaled, scale })
    expect(decimal.toString()).toBe(text)
    expect(JSON.stringify({ decimal })).toBe(`{"decimal":"${text}"}`)
  })

  it.each([
    '',
    ' 1',
    '1 ',
    '+1',
    '1e3',
    '01',
    '.5',
    '5.',
    '1,5',
    '1_000',
    '0x10',
    'NaN',
    'Infinity',
    '١',
    '--1',
    '1\n',
    '9'.repeat(61),
  ])('does not read %j', (text) => {
    expect(() => Decimal.parse(text)).toThrow(RangeError)
  })

  it('divides to the digits asked for, rounded as stated', () => {
    const ten = Decimal.of(10n)
    const three = Decimal.parse('3.00')
    expect(ten.dividedBy(three, 4, 'down').toString()).toBe('3.3333')
    expect(ten.dividedBy(three, 4, 'up').toString()).toBe('3.3334')
    expect(ten.negate().dividedBy(three, 0, 'floor').toString()).toBe('-4')
    expect(ten.dividedBy(three.negate(), 0, 'ceiling').toString()).toBe('-3')
    expect(Decimal.parse('0.5').dividedBy(Decimal.ONE, 0, 'half-even').toString()).toBe('0')
    expect(Decimal.parse('1.5').dividedBy(Decimal.ONE, 0, 'half-even').toString()).toBe('2')
  })

  it('is not divided by zero', () => {
    expect(() => Decimal.ONE.dividedBy(Decimal.parse('0.00'), 2, 'down')).toThrow(RangeError)
  })

  it.each([-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 1_001])('has no scale of %d', (scale) => {
    expect(() => Decimal.of(1n, scale)).toThrow(RangeError)
    expect(() => Decimal.ONE.round(scale, 'down')).toThrow(RangeError)
    expect(() => Decimal.ONE.dividedBy(Decimal.ONE, scale, 'down')).toThrow(RangeError)
  })

  it('compares by value, whatever the scales', () => {
    expect(Decimal.parse('1.5').equals(Decimal.parse('1.500'))).toBe(true)
    expect(Decimal.parse('-1.5').compare(Decimal.parse('1.5'))).toBe(-1)
    expect(Decimal.parse('1.51').compare(Decimal.parse('1.5'))).toBe(1)
    expect([Decimal.parse('-0.00'), Decimal.parse('-2'), Decimal.parse('0.1')].map(({ sign }) => sign)).toEqual([
      0, -1, 1,
    ])
    expect(Decimal.parse('0.000').isZero).toBe(true)
  })

  it('loses its last zeros when normalized, and those alone', () => {
    const normalized = ['1.500', '100', '0.00', '-3.10'].map((text) => Decimal.parse(text).normalized().toString())
    expect(normalized).toEqual(['1.5', '100', '0', '-3.1'])
  })

  it('keeps the laws of arithmetic exactly', () => {
    fc.assert(
      fc.property(decimals, decimals, decimals, (a, b, c) => {
        expect(a.plus(b).equals(b.plus(a))).toBe(true)
        expect(a.plus(b).minus(b).equals(a)).toBe(true)
        expect(a.times(b).equals(b.times(a))).toBe(true)
        expect(a.times(b.plus(c)).equals(a.times(b).plus(a.times(c)))).toBe(true)
        expect(a.minus(b).sign).toBe(a.compare(b))
        expect(a.normalized().equals(a)).toBe(true)
      }),
    )
  })

  it('is read back from its own text', () => {
    fc.assert(
      fc.property(decimals, (decimal) => {
        expect(Decimal.parse(decimal.toString())).toEqual(decimal)
      }),
    )
  })

  it('divides as its product rounds: a quotient times its divisor misses by less than one last digit of it', () => {
    fc.assert(
      fc.property(decimals, decimals, fc.nat({ max: 12 }), roundings, (dividend, divisor, scale, rounding) => {
        fc.pre(!divisor.isZero)
        const quotient = dividend.dividedBy(divisor, scale, rounding)
        expect(quotient.scale).toBe(scale)
        const miss = absolute(quotient.times(divisor).minus(dividend))
        expect(miss.compare(absolute(divisor).times(Decimal.of(1n, scale)))).toBe(-1)
        expect(dividend.times(divisor).dividedBy(divisor, dividend.scale, rounding)).toEqual(dividend)
      }),
    )
  })

  it('rounds as division by one does', () => {
    fc.assert(
      fc.property(decimals, fc.nat({ max: 20 }), roundings, (decimal, scale, rounding) => {
        expect(decimal.round(scale, rounding)).toEqual(decimal.dividedBy(Decimal.ONE, scale, rounding))
      }),
    )
  })
})

const absolute = (decimal: Decimal): Decimal => (decimal.sign < 0 ? decimal.negate() : decimal)
