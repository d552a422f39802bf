import { Decimal } from '@corridor/money'
import { type Cache, inProcessWakeups, silentLogger, uuidv7, type Wakeups } from '@corridor/platform'
import { asUser, codesOf, createTestDatabase, dataOf, type TestDatabase, testClock } from '@corridor/testing'
import { parse, subscribe } from 'graphql'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished, vi } from 'vitest'
import { createForexSubgraph, type ForexSubgraph, forexMigrations, standardPolicies, type Tick } from '../src/index.ts'
import { RateCache } from '../src/rate-cache.ts'
import { FarLedger } from './far-side.ts'

const WAIT = { timeout: 30_000 }

/** What holds of rates that several instances share through a cache, whichever it is. */
export function describeSharedRates(
  name: string,
  { openCache, openWakeups = inProcessWakeups }: { openCache: () => Cache; openWakeups?: () => Wakeups },
): void {
  describe(name, () => {
    const clock = testClock()
    const cache = openCache()
    let database: TestDatabase
    beforeAll(async () => {
      database = await createTestDatabase({ migrationsDirectory: forexMigrations })
      // Until it is connected every write may be lost, by contract.
      await vi.waitFor(async () => {
        await cache.set('ready', 'yes', 60_000)
        expect(await cache.get('ready')).toBe('yes')
      }, WAIT)
    })
    afterAll(async () => {
      await cache.close()
      await database.drop()
    })

    async function instance({ databaseUrl = database.applicationUrl, shared = cache } = {}): Promise<ForexSubgraph> {
      const wakeups = openWakeups()
      const forex = await createForexSubgraph({
        databaseUrl,
        clock,
        logger: silentLogger,
        wakeups,
        cache: shared,
        idempotencySecret: 'a secret for these tests alone',
        ledger: new FarLedger(),
        policies: standardPolicies({ intervalMs: 2_000 }),
      })
      onTestFinished(async () => {
        await forex.close()
        await wakeups.close()
      })
      return forex
    }
    const caller = asUser(uuidv7(), 'forex:read', 'forex:quote')
    const mid = async (forex: ForexSubgraph, pair = 'USDINR'): Promise<string> =>
      (await dataOf<{ rate: { mid: string } }>(forex.schema, caller, `{ rate(pair: "${pair}") { mid } }`)).rate.mid
    const tick = (price: string, pair = 'USDINR'): Tick => {
      clock.advanceMs(1_000)
      const value = Decimal.parse(price)
      return { pair, bid: value, mid: value, ask: value, source: 'test', observedAt: clock.now() }
    }
    const nowhere = () => database.applicationUrl.replace(/:\d+\//, ':1/')

    it('answer while the database is away, where another instance has read them, and lock nothing', async () => {
      const well = await instance()
      await well.recordTicks([tick('83')])
      expect(await mid(well)).toBe('83')
      const cut = await instance({ databaseUrl: nowhere() })
      await vi.waitFor(async () => expect(await mid(cut)).toBe('83'), WAIT)
      expect(await mid(cut, 'INRUSD')).toBe('0.012048192771')
      const create = `mutation { createFxQuote(input: {idempotencyKey: "a", from: {amount: "1.00", currency: "USD"},
        toCurrency: "INR"}) { id } }`
      expect(await codesOf(cut.schema, caller, create)).not.toEqual([])
      await well.recordTicks([tick('84')])
      await vi.waitFor(async () => expect(await mid(well)).toBe('84'), WAIT)
      await vi.waitFor(async () => expect(await mid(cut)).toBe('84'), WAIT)
    })

    it('never go back, and are not overwritten by what was read before them', async () => {
      const well = await instance()
      await well.recordTicks([tick('85')])
      await mid(well)
      const price = async () => (await new RateCache(cache).read()).get('USDINR')?.mid.toString()
      await vi.waitFor(async () => expect(await price()).toBe('85'), WAIT)
      const later = await new RateCache(cache).read()
      const before = new Map([...later].map(([pair, rate]) => [pair, { ...rate, version: rate.version - 1n }]))
      await new RateCache(cache).write(before)
      expect(await new RateCache(cache).read()).toEqual(later)
    })

    it('come from the database when they are gone from the cache, or make no sense there', async () => {
      await (await instance()).recordTicks([tick('86')])
      for (const spoil of [() => cache.delete('forex:rates'), () => cache.set('forex:rates', '[[3]]', 60_000)]) {
        await spoil()
        expect(await mid(await instance())).toBe('86')
      }
    })

    it('reach who follows them at another instance: all as they stand, then the newest of each change', async () => {
      const [one, other] = [await instance(), await instance()]
      await one.recordTicks([tick('88'), tick('1.1', 'EURUSD')])
      await vi.waitFor(async () => expect(await mid(other, 'EURINR')).toBe('96.8'), WAIT)
      const stream = (await subscribe({
        schema: other.schema,
        document: parse('subscription { rateChanged(pairs: ["USDINR", "EURUSD", "EURINR"]) { pair mid } }'),
        contextValue: caller,
      })) as AsyncGenerator<{ data: { rateChanged: { pair: string; mid: string } } }>
      const next = async () => {
        const { pair, mid: price } = (await stream.next()).value.data.rateChanged
        return `${pair} ${price}`
      }
      expect([await next(), await next(), await next()]).toEqual(['USDINR 88', 'EURUSD 1.1', 'EURINR 96.8'])
      for (let price = 81; price <= 90; price += 1) await one.recordTicks([tick(String(price))])
      // Whoever reads slowly gets the newest, and never all of them.
      await vi.waitFor(async () => expect(await mid(other)).toBe('90'), WAIT)
      expect([await next(), await next()]).toEqual(['USDINR 90', 'EURINR 99'])
      await stream.return(undefined)
    })

    it('that nobody has are refused, not invented', async () => {
      await cache.delete('forex:rates')
      const cut = await instance({ databaseUrl: nowhere() })
      expect(await codesOf(cut.schema, caller, '{ rate(pair: "USDINR") { mid } }')).not.toEqual([])
    })

    it('are kept for five hours and no longer', async () => {
      const set = vi.spyOn(cache, 'set')
      onTestFinished(() => set.mockRestore())
      const well = await instance()
      await well.recordTicks([tick('87')])
      await mid(well)
      const kept = () => set.mock.calls.map(([key, , ttlMs]) => [key, ttlMs])
      await vi.waitFor(() => expect(kept()).toContainEqual(['forex:rates', 18_000_000]), WAIT)
    })

    it('outlive a database that goes away under an instance', async () => {
      const gone = await createTestDatabase({ migrationsDirectory: forexMigrations })
      const own = openCache()
      onTestFinished(() => own.close())
      const forex = await instance({ databaseUrl: gone.applicationUrl, shared: own })
      await forex.recordTicks([tick('7', 'USDDKK')])
      expect(await mid(forex, 'USDDKK')).toBe('7')
      const admin = new pg.Client({ connectionString: inject('postgresAdminUrl') })
      await admin.connect()
      await admin.query(`alter database ${gone.name} with allow_connections false`)
      await admin.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [gone.name])
      clock.advanceMs(1_000)
      expect(await mid(forex, 'USDDKK')).toBe('7')
      await admin.query(`alter database ${gone.name} with allow_connections true`)
      await admin.end()
      await gone.drop()
    })
  })
}
