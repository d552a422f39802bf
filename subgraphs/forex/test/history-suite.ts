import { randomBytes } from 'node:crypto'
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import { Decimal } from '@corridor/money'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Candle } from '../src/domain/candle.ts'
import { CandleItems } from '../src/history/candle-items.ts'
import { TickItems } from '../src/history/tick-items.ts'
import { RateHistory, type Tick } from '../src/index.ts'

export interface Store {
  readonly endpoint: string
  close(): Promise<void>
}

const HOUR_MS = 3_600_000
const START = new Date('2026-10-31T22:00:00.000Z')

/** What holds of the history whichever DynamoDB keeps it. */
export function describeHistory(name: string, openStore: () => Promise<Store>): void {
  describe(name, () => {
    const table = `rates_${randomBytes(4).toString('hex')}`
    let store: Store
    let client: DynamoDBClient
    let history: RateHistory
    beforeAll(async () => {
      store = await openStore()
      client = new DynamoDBClient({
        endpoint: store.endpoint,
        region: 'us-east-1',
        credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
      })
      history = new RateHistory({ endpoint: store.endpoint, table })
    })
    afterAll(async () => {
      history.close()
      client.destroy()
      await store.close()
    })

    let pairs = 0
    /** A pair that no other test has. */
    const nextPair = (): string => {
      pairs += 1
      return `PAIR${String(pairs).padStart(2, '0')}`
    }
    const tick = (pair: string, mid: string, afterMs: number, source = 'test'): Tick => {
      const price = Decimal.parse(mid)
      return { pair, bid: price, mid: price, ask: price, source, observedAt: new Date(START.getTime() + afterMs) }
    }
    const shown = ({ openTime, open, high, low, close, ticks }: Candle) =>
      [openTime.toISOString().slice(5, 16), open, high, low, close, ticks].join(' ')
    const all = async (pair: string, interval: Parameters<RateHistory['candles']>[1], of = history) =>
      (await of.candles(pair, interval, new Date(0), new Date('2027-01-01T00:00:00.000Z'))).map(shown)

    it('has a table that is made once, however many ask for it at once, and verified', async () => {
      const others = Array.from({ length: 3 }, () => new RateHistory({ endpoint: store.endpoint, table }))
      await Promise.all(others.map((other) => other.ensureTable()))
      await history.check()
      for (const other of others) other.close()
    })

    it('is refused in a table of that name with other keys, or where there is none', async () => {
      await client.send(
        new CreateTableCommand({
          TableName: `${table}_other`,
          KeySchema: [{ AttributeName: 'pair', KeyType: 'HASH' }],
          AttributeDefinitions: [{ AttributeName: 'pair', AttributeType: 'S' }],
          BillingMode: 'PAY_PER_REQUEST',
        }),
      )
      const wrong = new RateHistory({ endpoint: store.endpoint, table: `${table}_other` })
      await expect(wrong.ensureTable()).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE', retryable: false })
      await expect(wrong.check()).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE', retryable: false })
      const missing = new RateHistory({ endpoint: store.endpoint, table: `${table}_none` })
      await expect(missing.check()).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE', retryable: false })
      wrong.close()
      missing.close()
    })

    it('has a tick once, and the same candles in whatever order ticks come', async () => {
      const [forward, backward] = [nextPair(), nextPair()]
      const ticksOf = (pair: string) =>
        ['5', '3', '8', '4', '6', '7'].map((mid, n) => tick(pair, mid, n * 1_500_000 + n, n % 2 ? 'a' : 'b'))
      await history.record(ticksOf(forward))
      for (const one of ticksOf(backward).reverse()) await history.record([one])
      for (const pair of [forward, backward]) await history.record([...ticksOf(pair), ...ticksOf(pair)])
      for (const interval of ['MINUTE', 'FIVE_MINUTES', 'HOUR', 'DAY'] as const) {
        expect(await all(backward, interval)).toEqual(await all(forward, interval))
      }
      expect(await all(forward, 'HOUR')).toEqual([
        '10-31T22:00 5 8 3 8 3',
        '10-31T23:00 4 6 4 6 2',
        '11-01T00:00 7 7 7 7 1',
      ])
      expect(await all(forward, 'DAY')).toEqual(['10-31T00:00 5 8 3 6 5', '11-01T00:00 7 7 7 7 1'])
    })

    it('does not take another price for an instant that it has', async () => {
      const pair = nextPair()
      await history.record([tick(pair, '1', 0), tick(pair, '2', 1_000)])
      await history.record([tick(pair, '9', 0), tick(pair, '9', 1_000)])
      expect(await all(pair, 'DAY')).toEqual(['10-31T00:00 1 2 1 2 2'])
      await history.rebuildCandles(pair, START, START)
      expect(await all(pair, 'DAY')).toEqual(['10-31T00:00 1 2 1 2 2'])
    })

    it('loses no tick and counts none twice when several write the same candles at once', async () => {
      const pair = nextPair()
      const writers = Array.from({ length: 3 }, () => new RateHistory({ endpoint: store.endpoint, table }))
      for (let round = 0; round < 4; round += 1) {
        await Promise.all(
          writers.map((writer, w) =>
            writer.record([tick(pair, String(w + 1), round * 1_000 + w), tick(pair, '5', round * 1_000 + 500)]),
          ),
        )
      }
      const kept = await all(pair, 'HOUR')
      expect(kept).toEqual(['10-31T22:00 1 5 1 5 16'])
      await history.rebuildCandles(pair, START, START)
      expect(await all(pair, 'HOUR')).toEqual(kept)
      for (const writer of writers) writer.close()
    })

    it('makes up for a crash between a tick and its candles, by the next attempt or by making them again', async () => {
      const [retried, rebuilt] = [nextPair(), nextPair()]
      const ticks = new TickItems({ documents: DynamoDBDocumentClient.from(client), table })
      for (const pair of [retried, rebuilt]) {
        await history.record([tick(pair, '1', 0)])
        await ticks.putAll([tick(pair, '2', 1_000)])
      }
      await history.record([tick(retried, '2', 1_000)])
      await history.rebuildCandles(rebuilt, START, START)
      for (const pair of [retried, rebuilt]) {
        await history.record([tick(pair, '3', 2_000)])
        expect(await all(pair, 'DAY')).toEqual(['10-31T00:00 1 3 1 3 3'])
      }
    })

    it('makes candles again while ticks are recorded', async () => {
      const pair = nextPair()
      const recording = async () => {
        for (let n = 0; n < 12; n += 1) await history.record([tick(pair, String(n + 1), n * 1_000)])
      }
      const again = new RateHistory({ endpoint: store.endpoint, table })
      const rebuilding = async () => {
        for (let n = 0; n < 4; n += 1) await again.rebuildCandles(pair, START, START)
      }
      await Promise.all([recording(), rebuilding()])
      expect(await all(pair, 'HOUR')).toEqual(['10-31T22:00 1 12 1 12 12'])
      again.close()
    })

    it('removes a candle whose ticks are not there, and leaves those of other days', async () => {
      const pair = nextPair()
      await history.record([tick(pair, '1', 0), tick(pair, '2', 24 * HOUR_MS)])
      const items = new CandleItems({ documents: DynamoDBDocumentClient.from(client), table })
      const span = { pair, interval: 'HOUR', span: '2026-10-31' } as const
      const standing = await items.read(span)
      const [candle] = standing?.candles.values() ?? []
      if (!standing || !candle) throw new Error('there is a candle')
      const false23 = { ...candle, openTime: new Date('2026-10-31T23:00:00.000Z') }
      const candles = new Map([...standing.candles, [false23.openTime.getTime(), false23]])
      expect(await items.put(span, { ...standing, candles, revision: standing.revision + 1 })).toBe(true)
      expect(await all(pair, 'HOUR')).toHaveLength(3)
      await history.rebuildCandles(pair, START, START)
      expect(await all(pair, 'HOUR')).toEqual(['10-31T22:00 1 1 1 1 1', '11-01T22:00 2 2 2 2 1'])
    })

    it('gives by range, its beginning included and its end not, across hours, days and months', async () => {
      const pair = nextPair()
      await history.record(Array.from({ length: 6 }, (_, n) => tick(pair, String(n + 1), n * HOUR_MS)))
      const range = async (from: string, to: string) =>
        (await history.candles(pair, 'HOUR', new Date(from), new Date(to))).map(({ open }) => open.toString())
      expect(await range('2026-10-31T23:00:00.000Z', '2026-11-01T02:00:00.000Z')).toEqual(['2', '3', '4'])
      expect(await range('2026-10-31T23:59:59.999Z', '2026-11-01T02:00:00.001Z')).toEqual(['2', '3', '4', '5'])
      expect(await range('2026-11-01T04:00:00.000Z', '2026-11-02T00:00:00.000Z')).toEqual([])
    })
  })
}
