import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { divideRounded, type Rounding } from './rounding.ts'

const ROUNDINGS: readonly Rounding[] = ['down', 'up', 'half-even', 'floor', 'ceiling']

describe('divideRounded', () => {
  // Quarters of -2.5 to 2.5, as IEEE 754 and java.math.RoundingMode define the five modes.
  it.each<
    [numerator: bigint, expected: readonly [down: bigint, up: bigint, even: bigint, floor: bigint, ceiling: bigint]]
  >([
    [-10n, [-2n, -3n, -2n, -3n, -2n]],
    [-7n, [-1n, -2n, -2n, -2n, -1n]],
    [-6n, [-1n, -2n, -2n, -2n, -1n]],
    [-5n, [-1n, -2n, -1n, -2n, -1n]],
    [-4n, [-1n, -1n, -1n, -1n, -1n]],
    [-2n, [0n, -1n, 0n, -1n, 0n]],
    [-1n, [0n, -1n, 0n, -1n, 0n]],
    [0n, [0n, 0n, 0n, 0n, 0n]],
    [1n, [0n, 1n, 0n, 0n, 1n]],
    [2n, [0n, 1n, 0n, 0n, 1n]],
    [3n, [0n, 1n, 1n, 0n, 1n]],
    [6n, [1n, 2n, 2n, 1n, 2n]],
    [10n, [2n, 3n, 2n, 2n, 3n]],
  ])('rounds %i quarters', (numerator, expected) => {
    expect(ROUNDINGS.map((rounding) => divideRounded(numerator, 4n, rounding))).toEqual(expected)
  })

  it('misses the exact quotient by less than one, by at most a half to the nearest, and to its own side', () => {
    fc.assert(
      fc.property(fc.bigInt(), fc.bigInt({ min: 1n }), (numerator, denominator) => {
        const missOf = (rounding: Rounding): bigint =>
          divideRounded(numerator, denominator, rounding) * denominator - numerator
        for (const rounding of ROUNDINGS) {
          const miss = missOf(rounding)
          expect(miss < denominator && -miss < denominator).toBe(true)
        }
        const nearest = missOf('half-even')
        expect((nearest < 0n ? -nearest : nearest) * 2n <= denominator).toBe(true)
        expect(missOf('floor') <= 0n).toBe(true)
        expect(missOf('ceiling') >= 0n).toBe(true)
        expect(missOf('down')).toBe(numerator < 0n ? missOf('ceiling') : missOf('floor'))
        expect(missOf('up')).toBe(numerator < 0n ? missOf('floor') : missOf('ceiling'))
      }),
    )
  })

  it('takes no denominator that is not positive', () => {
    expect(() => divideRounded(1n, 0n, 'down')).toThrow(RangeError)
    expect(() => divideRounded(1n, -1n, 'down')).toThrow(RangeError)
  })
})
