import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatDecimal, formatMoney, parseAmount, shareOf } from './format.ts'

const plain = (text: string): string => text.replaceAll(/[\u00a0\u202f]/g, ' ')

describe('an amount on the screen', () => {
  it.each([
    ['en-US', '1234.50', 'USD', '$1,234.50'],
    ['de-DE', '1234.50', 'EUR', '1.234,50 €'],
    ['en-IN', '1234567.00', 'INR', '₹12,34,567.00'],
    ['ja-JP', '12', 'JPY', '¥12'],
    ['en-US', '1.250', 'KWD', 'KWD 1.250'],
    ['fr-FR', '-3.00', 'EUR', '-3,00 €'],
  ])('is written in %s: %s %s as %s', (locale, amount, currency, expected) => {
    expect(plain(formatMoney({ amount, currency }, locale)).replace('￥', '¥')).toBe(expected)
  })

  it('keeps every digit that no float could hold', () => {
    expect(formatMoney({ amount: '123456789012345.67', currency: 'USD' }, 'en-US')).toBe('$123,456,789,012,345.67')
    expect(formatDecimal('0.123456789012345678', 'en-US')).toBe('0.123456789012345678')
  })
})

describe('an amount that was typed', () => {
  it.each([
    ['en-US', '1,234.5', 2, '1234.5'],
    ['de-DE', '1.234,5', 2, '1234.5'],
    ['de-CH', '1’234.50', 2, '1234.50'],
    ['fr-FR', '1 234,5', 2, '1234.5'],
    ['en-US', '007', 0, '7'],
    ['en-US', '.5', 2, '0.5'],
    ['en-US', '5.', 2, '5'],
    ['en-US', '1.250', 3, '1.250'],
  ])('in %s as %s is %s', (locale, text, exponent, amount) => {
    expect(parseAmount(text, { exponent, locale })).toEqual({ amount })
  })

  it.each([
    ['', 2, 'Enter an amount in digits.'],
    ['.', 2, 'Enter an amount in digits.'],
    ['-5', 2, 'Enter an amount in digits.'],
    ['1e3', 2, 'Enter an amount in digits.'],
    ['1.234', 2, 'This currency has at most 2 digits after the decimal point.'],
    ['1.2', 0, 'This currency has no digits after the decimal point.'],
    ['0.00', 2, 'Enter an amount greater than zero.'],
    ['1234567890123456', 2, 'This amount is too large.'],
  ])('as "%s" is refused: %s digits, %s', (text, exponent, problem) => {
    expect(parseAmount(text, { exponent, locale: 'en-US' })).toEqual({ problem })
  })

  it('comes back as it was written, in any locale', () => {
    const amounts = fc.tuple(fc.integer({ min: 1, max: 999_999_999 }), fc.integer({ min: 0, max: 99 }))
    const locales = fc.constantFrom('en-US', 'de-DE', 'en-IN', 'fr-FR', 'de-CH', 'es-ES', 'pl-PL', 'sv-SE')
    fc.assert(
      fc.property(amounts, locales, ([whole, cents], locale) => {
        const amount = `${whole}.${String(cents).padStart(2, '0')}`
        expect(parseAmount(formatDecimal(amount, locale), { exponent: 2, locale })).toEqual({ amount })
      }),
    )
  })
})

describe('the share that a bar shows', () => {
  it.each([
    ['250.00', '1000', 0.25],
    ['0', '10.00', 0],
    ['20', '10.00', 1],
    ['0', '0', 0],
  ])('of %s in %s is %s', (part, whole, share) => {
    expect(shareOf(part, whole)).toBe(share)
  })
})
