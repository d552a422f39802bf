import { createServer, type Socket } from 'node:net'
import { freePort } from '@corridor/testing'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { redisCache, redisRateLimiter, redisWakeups, silentLogger } from '../src/index.ts'

const nobodyThere = async (): Promise<string> => `redis://127.0.0.1:${await freePort()}`

/** Takes connections and what comes by them, and keeps silent. */
async function nobodyAnswers(): Promise<string> {
  const sockets = new Set<Socket>()
  const port = await freePort()
  const server = createServer((socket) => sockets.add(socket.on('error', () => undefined).resume()))
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
  })
  return `redis://127.0.0.1:${port}`
}

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
    await vi.waitFor(() => expect(woken).toHaveBeenCalledTimes(1), { timeout: 40_000 })
  })

  it.each([
    ['away', nobodyThere],
    ['there and answers nothing', nobodyAnswers],
  ])('each process limits by its own counts, neither nobody nor everybody: %s', async (_, urlOf) => {
    const limiter = redisRateLimiter({ url: await urlOf(), logger: silentLogger })
    onTestFinished(() => limiter.close())
    const limit = { perSecond: 0.001, burst: 3 }
    expect(Array.from({ length: 4 }, () => limiter.take('anna', limit) === null)).toEqual([true, true, true, false])
    expect(limiter.take('ben', limit)).toBeNull()
  })
})
