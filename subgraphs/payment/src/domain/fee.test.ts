import { expect, it } from 'vitest'
import { feeBpsOf, feeOf, isFeePolicy, STANDARD_FEES } from './fee.ts'

it('is that of the corridor, or the standard one, rounded up', () => {
  const policy = { standardBps: 50, corridors: { USDINR: 75 } }
  expect(feeBpsOf({ fromCurrency: 'USD', toCurrency: 'INR' }, policy)).toBe(75)
  expect(feeBpsOf({ fromCurrency: 'INR', toCurrency: 'USD' }, policy)).toBe(50)
  expect(feeOf(10_001n, 50)).toBe(51n)
  expect(feeOf(1n, 0)).toBe(0n)
})

it('is set as a whole, in whole basis points, by corridors that can be', () => {
  const standardBps = 50
  for (const policy of [STANDARD_FEES, { standardBps: 0, corridors: { USDINR: 10_000 } }]) {
    expect(isFeePolicy(policy)).toBe(true)
  }
  for (const wrong of [
    null,
    50,
    { standardBps },
    { standardBps, corridors: null },
    { standardBps, corridors: [] },
    { standardBps: 0.5, corridors: {} },
    { standardBps: -1, corridors: {} },
    { standardBps: 10_001, corridors: {} },
    { standardBps: '50', corridors: {} },
    { standardBps, corridors: { USDINR: '75' } },
    { standardBps, corridors: { 'USD-INR': 75 } },
    { standardBps, corridors: {}, corridor: {} },
  ])
    expect([wrong, isFeePolicy(wrong)]).toEqual([wrong, false])
})
