import { setTimeout as delay } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { afterAll, expect, it, onTestFinished, vi } from 'vitest'
import { REDIS_PORT } from './fault-platform.ts'
import { FaultProxy } from './fault-proxy.ts'
import { CASE_TIMEOUT_MS, withFaultPlatform } from './scenario.ts'

const AWAY_MS = 20_000
const FLUSHES = 10
const FLUSH_EVERY_MS = 500
const SLOW_MS = 15_000
const SLOW_BY_MS = 500
/** Longer than anybody may wait for an answer of the platform's. */
const SILENT_BY_MS = 120_000
const SHOWN = { timeout: 60_000, interval: 100 }

const proxy = await FaultProxy.start({ targetPort: REDIS_PORT })
afterAll(() => proxy.close())
const scenario = withFaultPlatform({ external: { redisUrl: `redis://127.0.0.1:${proxy.port}` } })

/** A rate that moves all the time is read, and a payment made to where its event has had its effect in another process. */
async function payToItsEnd(): Promise<void> {
  const client = await scenario.platform.signIn('customer1')
  await client.request('{ rate(pair: "EURUSD") { mid } }')
  const id = await scenario.send('1.00')
  await vi.waitFor(async () => expect(await scenario.books.countedPayments()).toContain(id), SHOWN)
}

async function payAgainAndAgain(forMs: number): Promise<void> {
  for (const until = performance.now() + forMs; performance.now() < until; ) await payToItsEnd()
}

it(
  'makes payments to their end while Redis is away, and loses nothing',
  async () => {
    const { platform } = scenario
    const load = scenario.underLoad()
    await payToItsEnd()
    platform.kill('redis')
    onTestFinished(async () => {
      if (!platform.runs('redis')) await platform.bringBack('redis')
    })
    await payAgainAndAgain(AWAY_MS)
    expect(platform.runs('redis')).toBe(false)
    await platform.bringBack('redis')
    await payToItsEnd()
    await scenario.checkEverything(load)
  },
  CASE_TIMEOUT_MS,
)

it(
  'loses nothing when Redis forgets everything, and caches and counts are there again',
  async () => {
    const redis = new Redis({ port: REDIS_PORT })
    onTestFinished(() => redis.disconnect())
    const load = scenario.underLoad()
    for (let flush = 1; flush <= FLUSHES; flush += 1) {
      await vi.waitFor(async () => expect(await redis.dbsize()).toBeGreaterThan(0), SHOWN)
      await redis.flushall()
      await delay(FLUSH_EVERY_MS)
    }
    await vi.waitFor(async () => {
      expect(await redis.exists('forex:rates')).toBe(1)
      expect(await redis.keys('rate:*')).not.toEqual([])
    }, SHOWN)
    await scenario.checkEverything(load)
  },
  CASE_TIMEOUT_MS,
)

it.each([
  ['is slow', SLOW_BY_MS],
  ['is silent', SILENT_BY_MS],
])(
  'makes payments to their end while Redis %s, and loses nothing',
  async (_, delayMs) => {
    const load = scenario.underLoad()
    await payToItsEnd()
    proxy.delayMs = delayMs
    onTestFinished(() => {
      proxy.delayMs = 0
    })
    await payAgainAndAgain(SLOW_MS)
    proxy.delayMs = 0
    await scenario.checkEverything(load)
  },
  CASE_TIMEOUT_MS,
)
