import { setTimeout as delay } from 'node:timers/promises'
import { expect, it, vi } from 'vitest'
import { CASE_TIMEOUT_MS, withFaultPlatform } from './scenario.ts'

const BEFORE_MS = 2_000
const AFTER_MS = 5_000
/** A broker that is silent is given up after nine seconds. */
const ELECTED = { timeout: 150_000, interval: 500 }

const scenario = withFaultPlatform({ twoBrokers: true })

it(
  'loses nothing when each of two brokers dies in turn, and the other leads what it led',
  async () => {
    const { platform, books } = scenario
    const load = scenario.underLoad()
    for (const broker of ['kafka', 'kafka-2'] as const) {
      await vi.waitFor(async () => expect((await books.leaders()).complete).toBe(true), ELECTED)
      await delay(BEFORE_MS)
      platform.kill(broker)
      await vi.waitFor(async () => {
        const { brokers, complete } = await books.leaders()
        expect({ leaders: brokers.size, complete }).toEqual({ leaders: 1, complete: false })
      }, ELECTED)
      await delay(AFTER_MS)
      await platform.bringBack(broker)
    }
    await scenario.checkEverything(load)
  },
  CASE_TIMEOUT_MS,
)
