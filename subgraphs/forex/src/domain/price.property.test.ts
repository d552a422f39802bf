import { CURRENCIES, Decimal, exponentOf, splitByLargestRemainder } from '@corridor/money'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DERIVED_SCALE, deriveRate } from './derive-rate.ts'
import { appliedRate, priceConversion } from './price.ts'
import type { Rate } from './rate.ts'

const CODES = [...CURRENCIES.keys()].filter((code) => code !== 'USD')
const currency = fc.constantFrom(...CODES)

/** A rate of USD in some currency, from a hundredth to a hundred thousand, with a market spread. */
const usdRate = fc
  .record({ mid: fc.bigInt(1n, 10n ** 11n), half: fc.bigInt(0n, 99n), quote: currency })
  .map(({ mid, half, quote }): Rate => {
    const middle = Decimal.of(mid, 6)
    const gap = middle.times(Decimal.of(half, 4)).round(6, 'down')
    const price = { bid: middle.minus(gap), mid: middle, ask: middle.plus(gap) }
    return {
      ...price,
      pair: `USD${quote}`,
      source: 'test',
      path: [`USD${quote}`],
      manual: false,
      version: 1n,
      observedAt: new Date(0),
    }
  })

describe('pricing', () => {
  it('never gains there and back, at any amount, pair and exponent', () => {
    fc.assert(
      fc.property(
        usdRate,
        usdRate,
        fc.integer({ min: 0, max: 500 }),
        fc.bigInt(1n, 10n ** 15n),
        (a, b, spread, amountMinor) => {
          fc.pre(a.pair !== b.pair)
          const [from, to] = [a.pair.slice(3), b.pair.slice(3)]
          const rates = new Map([a, b].map((rate) => [rate.pair, rate]))
          const [there, back] = [deriveRate(rates, from + to), deriveRate(rates, to + from)]
          if (!there || !back) throw new Error('both are derived through USD')
          const out = priceConversion({ from: { amountMinor, currency: from }, toCurrency: to }, there, spread)
          if (!out.ok) return
          const home = priceConversion({ from: out.value.to, toCurrency: from }, back, spread)
          if (home.ok) expect(home.value.to.amountMinor).toBeLessThanOrEqual(amountMinor)
        },
      ),
      { numRuns: 2_000 },
    )
  })

  it('takes at least what an exact conversion of the amount to arrive would cost', () => {
    fc.assert(
      fc.property(usdRate, fc.integer({ min: 0, max: 500 }), fc.bigInt(1n, 10n ** 15n), (rate, spread, amountMinor) => {
        const to = rate.pair.slice(3)
        const priced = priceConversion({ to: { amountMinor, currency: to }, fromCurrency: 'USD' }, rate, spread)
        if (!priced.ok) return
        const paid = Decimal.of(priced.value.from.amountMinor, 2)
        const worth = paid.times(priced.value.appliedRate)
        expect(worth.compare(Decimal.of(amountMinor, exponentOf(to)))).toBeGreaterThanOrEqual(0)
      }),
      { numRuns: 1_000 },
    )
  })

  it('in parts that add up to an amount never gives more than the whole, and one unit less a part at most', () => {
    const weights = fc.array(fc.bigInt(1n, 1_000n), { minLength: 2, maxLength: 8 })
    fc.assert(
      fc.property(usdRate, weights, fc.bigInt(1n, 10n ** 15n), (rate, shares, amountMinor) => {
        const to = rate.pair.slice(3)
        const convert = (minor: bigint): bigint => {
          const priced = priceConversion({ from: { amountMinor: minor, currency: 'USD' }, toCurrency: to }, rate, 50)
          return priced.ok ? priced.value.to.amountMinor : 0n // Too small: nothing is given for it.
        }
        const parts = splitByLargestRemainder(amountMinor, shares)
        expect(parts.reduce((sum, part) => sum + part, 0n)).toBe(amountMinor)
        const [whole, inParts] = [convert(amountMinor), parts.map(convert).reduce((sum, part) => sum + part, 0n)]
        expect(inParts).toBeLessThanOrEqual(whole)
        expect(inParts).toBeGreaterThan(whole - BigInt(parts.length))
      }),
      { numRuns: 1_000 },
    )
  })

  it('never sells beyond the mid less the spread, nor beyond the bid', () => {
    fc.assert(
      fc.property(usdRate, fc.integer({ min: 0, max: 500 }), (rate, spread) => {
        const applied = appliedRate(rate, spread)
        expect(applied.compare(rate.bid)).toBeLessThanOrEqual(0)
        const exact = rate.mid.times(Decimal.of(BigInt(10_000 - spread), 4))
        expect(applied.compare(exact)).toBeLessThanOrEqual(0)
      }),
    )
  })

  it('derives a cross within the rounding bound of the exact quotient', () => {
    fc.assert(
      fc.property(usdRate, usdRate, (a, b) => {
        fc.pre(a.pair !== b.pair)
        const cross = deriveRate(new Map([a, b].map((rate) => [rate.pair, rate])), a.pair.slice(3) + b.pair.slice(3))
        if (!cross) throw new Error('derived through USD')
        // Exact is b / a. The inverse of a is off by half a unit at most, and their product by another half:
        // |cross - b / a| <= (b + 1) / 2 units, compared without a division.
        const difference = cross.mid.times(a.mid).minus(b.mid)
        const twice = difference.times(Decimal.of(difference.sign < 0 ? -2n : 2n))
        const bound = a.mid.times(b.mid.plus(Decimal.ONE)).times(Decimal.of(1n, DERIVED_SCALE))
        expect(twice.compare(bound)).toBeLessThanOrEqual(0)
        // The customer's sides are never better than exact: b.bid / a.ask, and b.ask / a.bid.
        expect(cross.bid.times(a.ask).compare(b.bid)).toBeLessThanOrEqual(0)
        expect(cross.ask.times(a.bid).compare(b.ask)).toBeGreaterThanOrEqual(0)
        expect(cross.path).toEqual([a.pair, b.pair])
        expect(cross.bid.compare(cross.mid)).toBeLessThanOrEqual(0)
        expect(cross.mid.compare(cross.ask)).toBeLessThanOrEqual(0)
      }),
      { numRuns: 1_000 },
    )
  })
})
