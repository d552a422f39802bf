import { describe, expect, it } from 'vitest'
import { CURRENCIES, exponentOf, isCurrency } from './currencies.ts'

const codesOf = (exponent: number): string =>
  [...CURRENCIES.values()]
    .filter((currency) => currency.exponent === exponent)
    .map(({ code }) => code)
    .join(' ')

describe('the currencies', () => {
  it('have the exponents of ISO 4217', () => {
    expect(codesOf(0)).toBe('BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF')
    expect(codesOf(3)).toBe('BHD IQD JOD KWD LYD OMR TND')
    expect(CURRENCIES.size).toBe(155)
  })

  it('have a code of three capital letters each, in order, and a name', () => {
    const codes = [...CURRENCIES.keys()]
    expect(codes).toEqual([...codes].sort())
    for (const [code, currency] of CURRENCIES) {
      expect(code).toMatch(/^[A-Z]{3}$/)
      expect(currency.code).toBe(code)
      expect(currency.name.trim()).not.toBe('')
    }
  })

  it.each([
    'HRK',
    'BGN',
    'ANG',
    'SLL',
    'ZWL',
    'CUC',
    'XAU',
    'XDR',
    'XTS',
    'XXX',
    'CLF',
    'usd',
    'US',
    '',
    'constructor',
  ])('do not include %j', (code) => {
    expect(isCurrency(code)).toBe(false)
    expect(() => exponentOf(code)).toThrow(RangeError)
  })

  it.each([
    ['JPY', 0],
    ['USD', 2],
    ['INR', 2],
    ['KWD', 3],
  ])('%s has %i decimals', (code, exponent) => {
    expect(isCurrency(code)).toBe(true)
    expect(exponentOf(code)).toBe(exponent)
  })
})
