import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CURRENCIES, exponentOf } from './currencies.ts'
import { Decimal } from './decimal.ts'
import {
  divideToMinor,
  formatAmount,
  multiplyToMinor,
  parseMoney,
  splitByLargestRemainder,
  toDecimal,
} from './money.ts'

const currencies = fc.constantFrom(...CURRENCIES.keys())
const amounts = fc.bigInt({ min: 0n, max: 10n ** 17n })
const rates = fc
  .record({ unscaled: fc.bigInt({ min: 1n, max: 10n ** 12n }), scale: fc.nat({ max: 12 }) })
  .map(({ unscaled, scale }) => Decimal.of(unscaled, scale))
const conversions = fc.record({ amountMinor: amounts, from: currencies, to: currencies, rate: rates })

const oneMinorUnitOf = (currency: string): Decimal => Decimal.of(1n, exponentOf(currency))

describe('amounts', () => {
  it('are read back from their own text', () => {
    fc.assert(
      fc.property(currencies, amounts, (currency, amountMinor) => {
        const money = { amountMinor: amountMinor % 10n ** 15n, currency }
        expect(parseMoney({ amount: formatAmount(money), currency })).toEqual({ ok: true, value: money })
      }),
    )
  })
})

describe('a conversion that rounds against the customer', () => {
  it('gains nothing there and back at one rate', () => {
    fc.assert(
      fc.property(conversions, ({ amountMinor, from, to, rate }) => {
        const there = multiplyToMinor({ money: { amountMinor, currency: from }, rate, to, rounding: 'down' })
        const back = divideToMinor({ money: { amountMinor: there, currency: to }, rate, to: from, rounding: 'down' })
        expect(back <= amountMinor).toBe(true)
      }),
    )
  })

  it('gains nothing there and back when the amounts to arrive are the fixed ones', () => {
    fc.assert(
      fc.property(conversions, ({ amountMinor, from, to, rate }) => {
        const paid = divideToMinor({ money: { amountMinor, currency: to }, rate, to: from, rounding: 'up' })
        const paidBack = multiplyToMinor({ money: { amountMinor: paid, currency: from }, rate, to, rounding: 'up' })
        expect(paidBack >= amountMinor).toBe(true)
      }),
    )
  })

  it('gains nothing when one way fixes what leaves and the other what arrives', () => {
    fc.assert(
      fc.property(conversions, ({ amountMinor, from, to, rate }) => {
        const received = multiplyToMinor({ money: { amountMinor, currency: from }, rate, to, rounding: 'down' })
        const cost = multiplyToMinor({ money: { amountMinor, currency: from }, rate, to, rounding: 'up' })
        expect(cost >= received && cost - received <= 1n).toBe(true)
      }),
    )
  })

  it('takes less than one minor unit of the target from what the rate gives', () => {
    fc.assert(
      fc.property(conversions, ({ amountMinor, from, to, rate }) => {
        const money = { amountMinor, currency: from }
        const exact = toDecimal(money).times(rate)
        const received = multiplyToMinor({ money, rate, to, rounding: 'down' })
        const lost = exact.minus(toDecimal({ amountMinor: received, currency: to }))
        expect(lost.sign).toBeGreaterThanOrEqual(0)
        expect(lost.compare(oneMinorUnitOf(to))).toBe(-1)
      }),
    )
  })

  it('asks for less than one minor unit of the source more than the rate does', () => {
    fc.assert(
      fc.property(conversions, ({ amountMinor, from, to, rate }) => {
        const wanted = { amountMinor, currency: to }
        const paid = divideToMinor({ money: wanted, rate, to: from, rounding: 'up' })
        const worth = toDecimal({ amountMinor: paid, currency: from }).times(rate)
        const extra = worth.minus(toDecimal(wanted))
        expect(extra.sign).toBeGreaterThanOrEqual(0)
        expect(extra.compare(oneMinorUnitOf(from).times(rate))).toBe(-1)
      }),
    )
  })
})

describe('splits', () => {
  const weights = fc
    .array(fc.bigInt({ min: 0n, max: 10n ** 12n }), { minLength: 1, maxLength: 20 })
    .filter((list) => list.some((weight) => weight > 0n))

  it('add up, and no part is a minor unit or more from its exact share', () => {
    fc.assert(
      fc.property(amounts, weights, (totalMinor, list) => {
        const parts = splitByLargestRemainder(totalMinor, list)
        const sum = list.reduce((total, weight) => total + weight, 0n)
        expect(parts).toHaveLength(list.length)
        expect(parts.reduce((total, part) => total + part, 0n)).toBe(totalMinor)
        parts.forEach((part, index) => {
          const miss = part * sum - totalMinor * (list[index] ?? 0n)
          expect(miss < sum && -miss < sum).toBe(true)
          if (list[index] === 0n) expect(part).toBe(0n)
        })
      }),
    )
  })

  it('give nobody of a larger weight less', () => {
    fc.assert(
      fc.property(amounts, weights, (totalMinor, list) => {
        const parts = splitByLargestRemainder(totalMinor, list)
        const byWeight = list
          .map((weight, index) => ({ weight, part: parts[index] ?? 0n }))
          .sort((a, b) => (a.weight < b.weight ? -1 : a.weight > b.weight ? 1 : 0))
        byWeight.forEach(({ weight, part }, index) => {
          const next = byWeight[index + 1]
          if (next && next.weight > weight) expect(part <= next.part).toBe(true)
        })
      }),
    )
  })
})
