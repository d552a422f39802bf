import { expect, it, onTestFinished, vi } from 'vitest'
import { poisonCounters, queueTooLarge, shrinkParked } from './database-faults.ts'
import { CASE_TIMEOUT_MS, withFaultPlatform } from './scenario.ts'

const SHOWN = { timeout: 150_000, interval: 500 }

const scenario = withFaultPlatform()

it(
  'gives up a message that its consumer refuses for ever, goes on with others, and takes it when that is mended',
  async () => {
    const { platform, books } = scenario
    const mend = await poisonCounters(platform, 777)
    onTestFinished(mend)
    const load = scenario.underLoad()
    const poisoned = await scenario.send('7.77')
    await vi.waitFor(async () => {
      const shown = await platform.ops('dead-letters', 'payment')
      expect(shown).toMatch('payment.events: 1 dead letters')
      expect(shown).toMatch(`key ${poisoned}, given up by rule-engine.counters`)
    }, SHOWN)
    const after = await scenario.send('1.00')
    await vi.waitFor(async () => expect(await books.countedPayments()).toContain(after), SHOWN)
    expect(await books.countedPayments()).not.toContain(poisoned)
    await mend()
    expect(await platform.ops('dead-letters', 'replay', 'payment')).toMatch('payment.events: 1 sent again')
    expect(await platform.ops('dead-letters', 'payment')).toMatch('payment.events: 0 dead letters')
    await scenario.checkEverything(load)
  },
  CASE_TIMEOUT_MS,
)

it(
  'parks an event that no broker takes with its key, goes on with others, and tells it when that is mended',
  async () => {
    const { platform, books } = scenario
    const load = scenario.underLoad()
    const key = await queueTooLarge(platform)
    await vi.waitFor(async () => expect(await platform.ops('parked', 'wallet')).toMatch(`key ${key}`), SHOWN)
    const opened = await scenario.openWallet()
    await vi.waitFor(async () => expect(await books.keysTold('wallet.events')).toContain(opened), SHOWN)
    await shrinkParked(platform, key)
    expect(await platform.ops('parked', 'replay', 'wallet')).toMatch('wallet: 1 put back into the queue')
    await scenario.checkEverything(load)
    expect(await books.keysTold('wallet.events')).toContain(key)
  },
  CASE_TIMEOUT_MS,
)
