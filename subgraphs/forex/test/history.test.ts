import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import { Decimal } from '@corridor/money'
import { inProcessWakeups, silentLogger } from '@corridor/platform'
import {
  asUser,
  codesOf,
  createTestDatabase,
  dataOf,
  startTestDynamo,
  type TestDatabase,
  testClock,
} from '@corridor/testing'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Candle, withTick } from '../src/domain/candle.ts'
import { queryAll } from '../src/history/query.ts'
import {
  createForexSubgraph,
  createTickRecorder,
  type ForexSubgraph,
  forexMigrations,
  RateHistory,
  standardPolicies,
  type Tick,
} from '../src/index.ts'
import { simulatedMarket } from '../src/providers/simulated-market.ts'
import { FarLedger } from './far-side.ts'

const clock = testClock(new Date('2026-11-03T12:00:00.000Z'))
let dynamo: Awaited<ReturnType<typeof startTestDynamo>>
let database: TestDatabase
let forex: ForexSubgraph
let history: RateHistory
let recorder: ReturnType<typeof createTickRecorder>

const wakeups = inProcessWakeups()
const deps = (endpoint: string | null) => ({
  databaseUrl: database.applicationUrl,
  clock,
  logger: silentLogger,
  wakeups,
  idempotencySecret: 'a secret for these tests alone',
  ledger: new FarLedger(),
  policies: standardPolicies({ intervalMs: 2_000 }),
  dynamo: endpoint === null ? undefined : { endpoint },
})

beforeAll(async () => {
  dynamo = await startTestDynamo()
  database = await createTestDatabase({ migrationsDirectory: forexMigrations })
  forex = await createForexSubgraph(deps(dynamo.endpoint))
  history = new RateHistory({ endpoint: dynamo.endpoint })
  recorder = createTickRecorder({ ...deps(dynamo.endpoint), service: 'forex-poller' })
})
afterAll(async () => {
  await recorder.close()
  await forex.close()
  history.close()
  await database.drop()
  await dynamo.close()
})

const caller = asUser('00000000-0000-4000-8000-000000000001', 'forex:read')
const tick = (pair: string, mid: string, observedAt: string, source = 'test'): Tick => {
  const price = Decimal.parse(mid)
  return { pair, bid: price, mid: price, ask: price, source, observedAt: new Date(observedAt) }
}
const HISTORY = `query ($pair: CurrencyPair!, $from: DateTime!, $to: DateTime!, $interval: CandleInterval!) {
  rateHistory(pair: $pair, from: $from, to: $to, interval: $interval) { openTime open high low close ticks } }`
interface Shown {
  openTime: string
  open: string
  high: string
  low: string
  close: string
  ticks: number
}
const candles = async (pair: string, interval: string, from: string, to: string): Promise<Shown[]> =>
  (await dataOf<{ rateHistory: Shown[] }>(forex.schema, caller, HISTORY, { pair, interval, from, to })).rateHistory
const shown = (list: readonly Shown[]) =>
  list.map(({ openTime, open, high, low, close, ticks }) =>
    [new Date(openTime).toISOString().slice(5, 16), open, high, low, close, ticks].join(' '),
  )

describe('the history of rates', () => {
  it('has candles of each interval, kept with the ticks whatever their order, each tick once', async () => {
    const ticks = [
      tick('USDINR', '83.20', '2026-11-03T10:04:59.999Z'),
      tick('USDINR', '83.00', '2026-11-03T10:00:00.000Z'),
      tick('USDINR', '83.50', '2026-11-03T10:00:30.000Z'),
      tick('USDINR', '82.90', '2026-11-03T11:00:00.000Z'),
      tick('USDINR', '83.10', '2026-11-02T23:59:59.999Z'),
    ]
    for (const one of ticks) await recorder.recordTicks([one])
    await recorder.recordTicks(ticks)
    const [from, to] = ['2026-11-02T00:00:00.000Z', '2026-11-03T11:00:00.001Z']
    expect(shown(await candles('USDINR', 'HOUR', from, to))).toEqual([
      '11-02T23:00 83.1 83.1 83.1 83.1 1',
      '11-03T10:00 83 83.5 83 83.2 3',
      '11-03T11:00 82.9 82.9 82.9 82.9 1',
    ])
    expect(shown(await candles('USDINR', 'DAY', from, to))).toEqual([
      '11-02T00:00 83.1 83.1 83.1 83.1 1',
      '11-03T00:00 83 83.5 82.9 82.9 4',
    ])
    const [start, end] = ['2026-11-03T10:00:30.000Z', '2026-11-03T11:00:00.000Z']
    expect(shown(await candles('USDINR', 'MINUTE', start, end))).toEqual([
      '11-03T10:00 83 83.5 83 83.5 2',
      '11-03T10:04 83.2 83.2 83.2 83.2 1',
    ])
    expect(shown(await candles('USDINR', 'FIVE_MINUTES', start, end))).toEqual(['11-03T10:00 83 83.5 83 83.2 3'])
  })

  it('has no tick that was not believed', async () => {
    await recorder.recordTicks([tick('USDJPY', '150', '2026-11-03T10:00:00.000Z')])
    await recorder.recordTicks([
      tick('USDJPY', '15000', '2026-11-03T10:00:01.000Z'),
      tick('USDJPY', '0', '2026-11-03T10:00:02.000Z'),
    ])
    expect(shown(await candles('USDJPY', 'DAY', '2026-11-03T00:00:00.000Z', '2026-11-04T00:00:00.000Z'))).toEqual([
      '11-03T00:00 150 150 150 150 1',
    ])
  })

  it('is the same to the digit when its candles are made again from the ticks', async () => {
    const market = simulatedMarket({ seed: 'history', intervalMs: 300_000, clock })
    const start = new Date('2026-11-03T12:00:00.000Z')
    for (let step = 0; step < 24; step += 1) {
      clock.set(new Date(start.getTime() + step * 300_000))
      await recorder.recordTicks((await market.fetch(AbortSignal.timeout(1_000))).slice(0, 2))
    }
    const pair = 'AUDUSD'
    const [from, to] = [start, clock.now()]
    const kept = await history.candles(pair, 'HOUR', from, to)
    expect(kept.reduce((sum, { ticks }) => sum + ticks, 0)).toBe(24)
    await history.rebuildCandles(pair, from, to)
    expect(await history.candles(pair, 'HOUR', from, to)).toEqual(kept)
  })

  it('has manual rates among its ticks, as they were set and as they ended, and no candle of them', async () => {
    const finance = asUser('00000000-0000-4000-8000-000000000009', 'forex:read', 'forex:admin')
    const set = `mutation { overrideRate(input: {pair: "USDMXN", mid: "17.5", note: "fixed by hand"}) { mid } }`
    await dataOf(forex.schema, finance, set)
    const kept = async () => {
      await recorder.keepOverrides()
      const client = new DynamoDBClient({
        endpoint: dynamo.endpoint,
        region: 'local',
        credentials: { accessKeyId: 'any', secretAccessKey: 'any' },
      })
      const parts = { documents: DynamoDBDocumentClient.from(client), table: 'fx_rates' }
      const items = await queryAll(parts, { pair: 'USDMXN', from: '2', to: 'z' })
      client.destroy()
      return items.map(({ kind, mid, note, setBy, endedBy }) => ({ kind, mid, note, setBy, endedBy }))
    }
    const standing = { kind: 'override', mid: '17.5', note: 'fixed by hand', setBy: finance.caller.subject }
    expect(await kept()).toEqual([{ ...standing, endedBy: null }])
    clock.advanceMs(1_000)
    await dataOf(
      forex.schema,
      finance,
      'mutation { overrideRate(input: {pair: "USDMXN", mid: "17.7", note: "b"}) { mid } }',
    )
    expect((await kept()).map(({ mid, endedBy }) => [mid, endedBy])).toEqual([
      ['17.5', finance.caller.subject],
      ['17.7', null],
    ])
  })

  it('takes a day of ticks at once', async () => {
    const ticks = Array.from({ length: 200 }, (_, n) =>
      tick('USDPLN', '4', new Date(Date.parse('2026-11-01T00:00:00.000Z') + n * 60_000).toISOString()),
    )
    await history.record(ticks.slice(0, 10))
    await history.record(ticks)
    const [from, to] = [new Date('2026-11-01T00:00:00.000Z'), new Date('2026-11-02T00:00:00.000Z')]
    expect(await history.candles('USDPLN', 'MINUTE', from, to)).toHaveLength(200)
    expect((await history.candles('USDPLN', 'DAY', from, to)).map((candle) => candle.ticks)).toEqual([200])
    await history.rebuildCandles('USDPLN', from, from)
    expect((await history.candles('USDPLN', 'DAY', from, to)).map((candle) => candle.ticks)).toEqual([200])
  })

  it('refuses more than 1,500 candles, a time that ends before it begins, and a pair that is not quoted', async () => {
    const ask = (pair: string, from: string, to: string) =>
      codesOf(forex.schema, caller, HISTORY, { pair, from, to, interval: 'MINUTE' })
    const from = '2026-11-03T00:00:00.000Z'
    expect(await ask('USDINR', from, '2026-11-04T01:00:00.000Z')).toEqual([])
    expect(await ask('USDINR', from, '2026-11-04T01:00:00.001Z')).toEqual(['BAD_USER_INPUT'])
    expect(await ask('USDINR', from, from)).toEqual(['BAD_USER_INPUT'])
    expect(await ask('USDUSD', from, '2026-11-03T00:01:00.000Z')).toEqual(['BAD_USER_INPUT'])
    expect(await ask('INRJPY', from, '2026-11-03T00:01:00.000Z')).toEqual(['RATE_UNAVAILABLE'])
  })

  it('that is not kept, or cannot be reached, is refused aloud, and no rate is without its tick', async () => {
    const range = { from: '2026-11-03T00:00:00.000Z', to: '2026-11-03T00:01:00.000Z', interval: 'MINUTE' }
    for (const endpoint of [null, 'http://127.0.0.1:1']) {
      const other = await createForexSubgraph(deps(endpoint))
      try {
        expect(await codesOf(other.schema, caller, HISTORY, { pair: 'USDINR', ...range })).toEqual([
          'SERVICE_UNAVAILABLE',
        ])
        if (endpoint === null) continue
        const late = tick('USDSEK', '10', '2026-11-03T13:00:00.000Z')
        await expect(other.recordTicks([late])).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE', retryable: true })
        expect(await codesOf(other.schema, caller, '{ rate(pair: "USDSEK") { mid } }')).toEqual(['RATE_UNAVAILABLE'])
      } finally {
        await other.close()
      }
    }
  })
})

describe('a candle', () => {
  it('is the same in whatever order its ticks arrive', () => {
    const ticks = fc.array(
      fc.record({
        mid: fc.integer({ min: 1, max: 50 }).map((mid) => Decimal.of(BigInt(mid))),
        observedAt: fc.integer({ min: 0, max: 20 }).map((ms) => new Date(ms)),
      }),
      { minLength: 1, maxLength: 12 },
    )
    const build = (list: readonly Pick<Tick, 'mid' | 'observedAt'>[]): Candle | undefined =>
      list.reduce<Candle | undefined>((candle, one) => withTick(candle, one, 'MINUTE'), undefined)
    fc.assert(
      fc.property(ticks, fc.infiniteStream(fc.nat(1_000_000)), (list, keys) => {
        const shuffled = list
          .map((one) => ({ one, key: keys.next().value ?? 0 }))
          .sort((a, b) => a.key - b.key)
          .map(({ one }) => one)
        expect(build(shuffled)).toEqual(build(list))
      }),
    )
  })
})
