import { randomUUID } from 'node:crypto'
import { afterAll, describe, expect, it, vi } from 'vitest'
import type { Cache } from '../src/index.ts'

const WAIT = { timeout: 30_000 }

/** What holds of every cache. */
export function describeCache(name: string, createCache: () => Cache): void {
  describe(name, () => {
    const cache = createCache()
    afterAll(() => cache.close())
    /** Kept once the cache is connected: until then every write may be lost, by contract. */
    const keep = (key: string, value: string, ttlMs: number): Promise<void> =>
      vi.waitFor(async () => {
        await cache.set(key, value, ttlMs)
        expect(await cache.get(key)).toBe(value)
      }, WAIT)

    it('answers null for what it does not have', async () => {
      expect(await cache.get(randomUUID())).toBeNull()
    })

    it('answers what was set last', async () => {
      const key = randomUUID()
      await keep(key, 'first', 60_000)
      await cache.set(key, 'second ä', 60_000)
      expect(await cache.get(key)).toBe('second ä')
    })

    it('forgets what was deleted, and nothing else', async () => {
      const [gone, kept] = [randomUUID(), randomUUID()]
      await keep(gone, 'value', 60_000)
      await keep(kept, 'value', 60_000)
      await cache.delete(gone)
      expect(await cache.get(gone)).toBeNull()
      expect(await cache.get(kept)).toBe('value')
    })

    it('forgets what is past its time', async () => {
      const key = randomUUID()
      await keep(key, 'value', 500)
      await vi.waitFor(async () => expect(await cache.get(key)).toBeNull(), WAIT)
    })
  })
}
