import { randomUUID } from 'node:crypto'
import { afterAll, describe, expect, it, vi } from 'vitest'
import type { RateLimit, RateLimiter } from '../src/index.ts'

/** Nothing is given back while a test runs. */
const SLOW = 0.001
const TIMEOUT_MS = 30_000

/** What holds of all limits. `createPair` answers two that count together. */
export function describeRateLimiter(name: string, createPair: () => readonly [RateLimiter, RateLimiter]): void {
  describe(name, () => {
    const [limiter, other] = createPair()
    afterAll(async () => {
      await limiter.close()
      await other.close()
    })
    const takeMany = (key: string, limit: RateLimit, times: number): number =>
      Array.from({ length: times }, () => limiter.take(key, limit)).filter((waitMs) => waitMs === null).length

    it('let a burst pass and not one more', () => {
      expect(takeMany(randomUUID(), { perSecond: SLOW, burst: 20 }, 25)).toBe(20)
    })

    it('say how long to wait', () => {
      const key = randomUUID()
      const limit = { perSecond: 0.1, burst: 1 }
      expect(limiter.take(key, limit)).toBeNull()
      const waitMs = limiter.take(key, limit)
      expect(waitMs).toBeGreaterThan(0)
      expect(waitMs).toBeLessThanOrEqual(10_000)
    })

    it('hold for each key alone', () => {
      const limit = { perSecond: SLOW, burst: 2 }
      const key = randomUUID()
      expect(takeMany(key, limit, 3)).toBe(2)
      expect(limiter.take(randomUUID(), limit)).toBeNull()
    })

    it('give back with time', async () => {
      const key = randomUUID()
      const limit = { perSecond: 5, burst: 2 }
      expect(takeMany(key, limit, 4)).toBe(2)
      await vi.waitFor(() => expect(limiter.take(key, limit)).toBeNull(), { timeout: TIMEOUT_MS })
    })

    it('count what is taken elsewhere', async () => {
      const key = randomUUID()
      const limit = { perSecond: SLOW, burst: 1_000 }
      expect(takeMany(key, limit, 1_000)).toBe(1_000)
      // As often as it is asked here within that time, it never refuses by its own count.
      await vi.waitFor(() => expect(other.take(key, limit)).not.toBeNull(), { timeout: TIMEOUT_MS, interval: 50 })
    })
  })
}
