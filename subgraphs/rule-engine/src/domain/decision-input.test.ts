import { describe, expect, it } from 'vitest'
import { localHour, toSafeNumber } from './decision-input.ts'

describe('the hour on a customer’s clock', () => {
  it.each([
    ['America/New_York', '2026-11-03T02:59:59.999Z', 21],
    ['America/New_York', '2026-11-03T03:00:00.000Z', 22],
    ['Asia/Kolkata', '2026-11-03T16:29:59.999Z', 21],
    ['Asia/Kolkata', '2026-11-03T16:30:00.000Z', 22],
    ['Asia/Kathmandu', '2026-11-03T00:15:00.000Z', 6],
    ['UTC', '2026-11-03T00:00:00.000Z', 0],
  ])('in %s at %s is %i', (zone, at, hour) => {
    expect(localHour(new Date(at), zone)).toBe(hour)
  })

  it('follows the zone’s summer time, in which an hour is missing and another comes twice', () => {
    const at = (instant: string) => localHour(new Date(instant), 'Europe/Berlin')
    expect([at('2026-03-29T00:59:00.000Z'), at('2026-03-29T01:00:00.000Z')]).toEqual([1, 3])
    expect([at('2026-10-25T00:30:00.000Z'), at('2026-10-25T01:30:00.000Z')]).toEqual([2, 2])
  })

  it('is that of UTC where the zone is not known', () => {
    expect(localHour(new Date('2026-11-03T23:30:00.000Z'), 'Atlantis/Center')).toBe(23)
    expect(localHour(new Date('2026-11-03T23:30:00.000Z'), null)).toBe(23)
  })
})

describe('an amount as a JSON number', () => {
  it('is exact, and cut where it could not be', () => {
    expect(toSafeNumber(9_007_199_254_740_991n)).toBe(Number.MAX_SAFE_INTEGER)
    expect(toSafeNumber(9_007_199_254_740_993n)).toBe(Number.MAX_SAFE_INTEGER)
    expect(toSafeNumber(1n)).toBe(1)
  })
})
