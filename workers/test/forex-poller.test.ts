import { forexMigrations, type RateProvider, type Tick } from '@corridor/forex'
import { Decimal } from '@corridor/money'
import { Fault, inProcessWakeups, silentLogger } from '@corridor/platform'
import { createTestDatabase, type TestDatabase, testClock } from '@corridor/testing'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { ForexPoller } from '../src/index.ts'

const HOURS_5 = 5 * 60 * 60 * 1000
const clock = testClock()
let database: TestDatabase
beforeAll(async () => {
  database = await createTestDatabase({ migrationsDirectory: forexMigrations })
})
afterAll(() => database.drop())

/** A provider that is asked rarely, and whose answers the test decides. */
function provider(intervalMs = HOURS_5) {
  const state = { calls: 0, failure: null as Error | null }
  const fetch = async (): Promise<Tick[]> => {
    state.calls += 1
    if (state.failure) throw state.failure
    clock.advanceMs(1_000)
    const price = Decimal.parse('83')
    return [{ pair: 'USDINR', bid: price, mid: price, ask: price, source: 'test', observedAt: clock.now() }]
  }
  const rates: RateProvider = { name: 'test', intervalMs, fetch }
  return { state, rates }
}

function poller(rates: RateProvider, { stopsItself = false } = {}): ForexPoller {
  const made = new ForexPoller({
    databaseUrl: database.applicationUrl,
    provider: rates,
    clock,
    wakeups: inProcessWakeups(),
    logger: silentLogger,
  })
  if (!stopsItself) onTestFinished(() => made.stop())
  return made
}

describe('the poller', () => {
  it('polls once per interval, and of several pollers one alone', async () => {
    const { state, rates } = provider()
    const [leader, standby] = [poller(rates, { stopsItself: true }), poller(rates)]
    expect(await leader.round()).toEqual({ changed: 1 })
    expect(await leader.round()).toBe('EARLY')
    expect(await standby.round()).toBe('STANDBY')
    expect(state.calls).toBe(1)
    await leader.stop()
    expect(await standby.round()).toEqual({ changed: 1 })
    expect(await standby.round()).toBe('EARLY')
    expect(state.calls).toBe(2)
  })

  it('waits after a failure, and goes on when its provider does', async () => {
    const { state, rates } = provider(1)
    const one = poller(rates)
    state.failure = new Fault('SERVICE_UNAVAILABLE', 'the provider is away')
    expect(await one.round()).toBe('FAILED')
    state.failure = null
    // It waits a millisecond at most: never longer than its interval.
    let round = await one.round()
    while (round === 'EARLY') round = await one.round()
    expect(round).toEqual({ changed: 1 })
  })

  it('does not ask a provider again at once whose quota is spent', async () => {
    const { state, rates } = provider()
    const one = poller(rates)
    state.failure = new Fault('TOO_MANY_REQUESTS', 'the quota is spent')
    expect(await one.round()).toBe('FAILED')
    state.failure = null
    for (let round = 0; round < 10; round += 1) expect(await one.round()).toBe('EARLY')
    expect(state.calls).toBe(1)
  })

  it('does not take a bug for an outage', async () => {
    const { state, rates } = provider()
    state.failure = new TypeError('a bug')
    await expect(poller(rates).round()).rejects.toThrow('a bug')
  })
})
