import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { returnedAtOriginalRate } from './refund.ts'

const amount = fc.bigInt({ min: 1n, max: 10n ** 15n })

describe('what refunds return at the original rate', () => {
  it('is the whole principal when all of it is refunded, however it was cut', () => {
    fc.assert(
      fc.property(amount, fc.array(amount, { minLength: 1, maxLength: 12 }), (principalMinor, parts) => {
        const creditMinor = parts.reduce((sum, part) => sum + part, 0n)
        let [refundedBeforeMinor, returned] = [0n, 0n]
        for (const amountMinor of parts) {
          const part = returnedAtOriginalRate({ principalMinor, creditMinor, refundedBeforeMinor, amountMinor })
          expect(part).toBeGreaterThanOrEqual(0n)
          refundedBeforeMinor += amountMinor
          returned += part
          // Never ahead of the part that was given back.
          expect(returned * creditMinor).toBeLessThanOrEqual(principalMinor * refundedBeforeMinor)
        }
        expect(returned).toBe(principalMinor)
      }),
    )
  })
})
