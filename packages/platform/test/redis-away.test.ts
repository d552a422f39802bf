import { freePort } from '@corridor/testing'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { redisCache, redisRateLimiter, redisWakeups, silentLogger } from '../src/index.ts'

const nobodyThere = async (): Promise<string> => `redis://127.0.0.1:${await freePort()}`

describe('while Redis is away', () => {
  it('the cache misses, and takes what it is given without complaint', async () => {
    const cache = redisCache({ url: await nobodyThere(), logger: silentLogger })
    onTestFinished(() => cache.close())
    await cache.set('key', 'value', 60_000)
    expect(await cache.get('key')).toBeNull()
    await cache.delete('key')
  })

  it('wake-ups reach their own process', async () => {
    const wakeups = redisWakeups({ url: await nobodyThere(), logger: silentLogger })
    onTestFinished(() => wakeups.close())
    const woken = vi.fn()
    wakeups.subscribe('channel', woken)
    wakeups.wake('channel')
    await vi.waitFor(() => expect(woken).toHaveBeenCalledTimes(1), { timeout: 20_000 })
  })

  it('each process limits by its own counts: neither nobody nor everybody is refused', async () => {
    const limiter = redisRateLimiter({ url: await nobodyThere(), logger: silentLogger })
    onTestFinished(() => limiter.close())
    const limit = { perSecond: 0.001, burst: 3 }
    expect(Array.from({ length: 4 }, () => limiter.take('anna', limit) === null)).toEqual([true, true, true, false])
    expect(limiter.take('ben', limit)).toBeNull()
  })
})
