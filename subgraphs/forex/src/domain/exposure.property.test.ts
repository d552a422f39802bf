import { Decimal } from '@corridor/money'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { appetiteFor, type Exposure, valueInUsd, withCommitment, worstOf } from './exposure.ts'

const minor = fc.bigInt(-(10n ** 9n), 10n ** 9n)
const exposure = fc
  .record({ positionMinor: minor, incomingMinor: fc.bigInt(0n, 10n ** 9n), outgoingMinor: fc.bigInt(-(10n ** 9n), 0n) })
  .map((parts): Exposure => ({ currency: 'INR', ...parts }))
const usdMid = fc.bigInt(1n, 10n ** 6n).map((mid) => Decimal.of(mid, 4))
const policy = { limitUsdMinor: 10n ** 7n, currencies: {}, widenFromBps: 8_000, wideningBps: 50 }
const magnitude = (value: bigint): bigint => (value < 0n ? -value : value)

describe('the appetite of the house', () => {
  it('never lets the worst go beyond the limit, unless it was there and gets no worse', () => {
    fc.assert(
      fc.property(exposure, minor, usdMid, (before, changeMinor, mid) => {
        const appetite = appetiteFor(before, { changeMinor, usdMid: mid, policy })
        const [was, is] = [before, withCommitment(before, changeMinor)].map((one) => magnitude(worstOf(one)))
        if (was === undefined || is === undefined) throw new Error('two were valued')
        const beyond = valueInUsd('INR', is, mid) > policy.limitUsdMinor
        expect(appetite === 'NONE').toBe(beyond && is > was)
      }),
    )
  })

  it('counts on nobody: whatever part of the commitments is called, the position is no farther than the worst', () => {
    fc.assert(
      fc.property(exposure, fc.nat(100), fc.nat(100), (one, inShare, outShare) => {
        const called = (amount: bigint, share: number): bigint => (amount * BigInt(share)) / 100n
        const position = one.positionMinor + called(one.incomingMinor, inShare) + called(one.outgoingMinor, outShare)
        expect(magnitude(position)).toBeLessThanOrEqual(magnitude(worstOf(one)))
      }),
    )
  })
})
