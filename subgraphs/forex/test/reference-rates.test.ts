import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { Decimal } from '@corridor/money'
import { inProcessWakeups, silentLogger, uuidv7 } from '@corridor/platform'
import { asUser, createTestDatabase, run, startTestDynamo, testClock } from '@corridor/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Candle, withTick } from '../src/domain/candle.ts'
import { deriveRate } from '../src/domain/derive-rate.ts'
import { judgeTick, STANDARD_MAX_JUMP_BPS } from '../src/domain/judge-tick.ts'
import { priceConversion } from '../src/domain/price.ts'
import type { Rate } from '../src/domain/rate.ts'
import {
  createForexSubgraph,
  ecbReferenceRates,
  forexMigrations,
  RateHistory,
  standardPolicies,
  type Tick,
} from '../src/index.ts'
import { FarLedger } from './far-side.ts'

const SHARED = fileURLToPath(new URL('../../../../shared/data/', import.meta.url))
const absent = existsSync(SHARED) ? '' : ' (skipped: ../shared is absent)'
const A_DAY_MS = 86_400_000
/** Some thousand writes, on a machine that has other things to do. */
const REPLAY_TIMEOUT_MS = 180_000

describe.skipIf(absent !== '')(`the reference rates of 24 years${absent}`, () => {
  let server: Server
  /** What the provider answers next. */
  let document = ''
  /** Every day's ticks, as the adapter reads them from documents of a year, oldest first. */
  let days: Tick[][] = []

  const fetchDocument = async (xml: string): Promise<readonly Tick[]> => {
    document = xml
    const { port } = server.address() as AddressInfo // A TCP server has no other kind of address.
    return await ecbReferenceRates({ url: `http://127.0.0.1:${port}` }).fetch(AbortSignal.timeout(10_000))
  }

  beforeAll(async () => {
    server = createServer((_request, response) => response.end(document))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const [header = '', ...lines] = gunzipSync(readFileSync(`${SHARED}eurofxref-hist.csv.gz`))
      .toString()
      .trim()
      .split('\n')
    const currencies = header.split(',').slice(1)
    const years = Map.groupBy(lines.reverse(), (line) => line.slice(0, 4))
    for (const year of years.values()) {
      const ticks = await fetchDocument(documentOf(year, currencies))
      days.push(...Map.groupBy(ticks, ({ observedAt }) => observedAt.getTime()).values())
    }
  })
  afterAll(() => {
    days = []
    server.closeAllConnections()
    server.close()
  })

  it('are read from the document of one day', async () => {
    const ticks = await fetchDocument(readFileSync(`${SHARED}eurofxref-daily.xml`, 'utf8'))
    expect(ticks.length).toBeGreaterThan(25)
    expect(ticks.find(({ pair }) => pair === 'EURJPY')?.mid.toString()).toBe('120.65')
  })

  it('begin anew where a currency was redenominated: the old one is another currency', () => {
    expect(days.length).toBeGreaterThan(6_000)
    const firstOf = new Map<string, string>()
    for (const { pair, observedAt, mid } of days.flat()) {
      if (!firstOf.has(pair)) firstOf.set(pair, `${observedAt.toISOString().slice(0, 10)} ${mid}`)
    }
    expect(firstOf.get('EURTRY')).toBe('2005-01-03 1.815')
    expect(firstOf.get('EURRON')).toMatch(/^2005-07-01 3\./)
    expect([firstOf.has('EURTRL'), firstOf.has('EURROL')]).toEqual([false, false])
  })

  it('contain few ticks that are not believed, each of them a crash or the end of a long gap', () => {
    const known = new Map<string, Decimal>()
    const jumps: string[] = []
    for (const tick of days.flat()) {
      const before = known.get(tick.pair)
      const context = { references: before ? [before] : [], maxJumpBps: STANDARD_MAX_JUMP_BPS, now: tick.observedAt }
      const fault = judgeTick(tick, context)
      if (fault) jumps.push(`${tick.pair} ${tick.observedAt.toISOString().slice(0, 10)} ${fault}`)
      known.set(tick.pair, tick.mid)
    }
    expect(jumps).toMatchInlineSnapshot(`
      [
        "EURISK 2008-10-06 JUMP",
        "EURISK 2008-10-08 JUMP",
        "EURISK 2008-11-06 JUMP",
        "EURRUB 2014-12-16 JUMP",
        "EURISK 2018-02-01 JUMP",
        "EURTRY 2021-12-21 JUMP",
        "EURRUB 2022-02-28 JUMP",
      ]
    `)
  })

  it('never let there and back gain, on any day', () => {
    let compared = 0
    for (const day of days) {
      const book = new Map(day.map((tick) => [tick.pair, toRate(tick)]))
      for (const [from, to] of [
        ['USD', 'JPY'],
        ['JPY', 'INR'],
        ['GBP', 'KRW'],
        ['EUR', 'HUF'],
      ] as const) {
        const [there, back] = [deriveRate(book, from + to), deriveRate(book, to + from)]
        if (!there || !back) continue
        const amountMinor = BigInt(1_000_000 + compared)
        const out = priceConversion({ from: { amountMinor, currency: from }, toCurrency: to }, there, 0)
        if (!out.ok) throw new Error(out.code)
        const home = priceConversion({ from: out.value.to, toCurrency: from }, back, 0)
        if (!home.ok) throw new Error(home.code)
        if (home.value.to.amountMinor > amountMinor) expect.fail(`${from}${to} gained`)
        compared += 1
      }
    }
    expect(compared).toBeGreaterThan(15_000)
  })

  /** Crashes, the ends of gaps, and the weeks around them: every day of these, since all years would take minutes. */
  const WINDOWS = [
    ['ISK', '2008-10-01', '2008-11-14'],
    ['RUB', '2014-12-10', '2014-12-31'],
    ['ISK', '2018-01-29', '2018-02-09'],
    ['TRY', '2021-12-10', '2021-12-31'],
    ['RUB', '2022-02-21', '2022-03-04'],
  ] as const

  it(
    'go through judgement, store, candles and prices day by day',
    async () => {
      const clock = testClock()
      const [dynamo, database] = await Promise.all([
        startTestDynamo(),
        createTestDatabase({ migrationsDirectory: forexMigrations }),
      ])
      const forex = await createForexSubgraph({
        databaseUrl: database.applicationUrl,
        clock,
        logger: silentLogger,
        wakeups: inProcessWakeups(),
        idempotencySecret: 'a secret for these tests alone',
        ledger: new FarLedger(),
        policies: standardPolicies({ intervalMs: A_DAY_MS }),
        dynamo: { endpoint: dynamo.endpoint },
      })
      const history = new RateHistory({ endpoint: dynamo.endpoint })
      const finance = asUser(uuidv7(), 'forex:read', 'forex:admin')
      const override = async (mid: Decimal, currency: string): Promise<void> => {
        const input = { pair: `EUR${currency}`, mid: mid.toString(), note: 'confirmed' }
        const set = 'mutation ($input: OverrideRateInput!) { overrideRate(input: $input) { mid } }'
        expect((await run(forex.schema, finance, set, { input })).errors).toBeUndefined()
      }
      const clear = async (currency: string): Promise<void> => {
        const done = await run(forex.schema, finance, `mutation { clearRateOverride(pair: "EUR${currency}") { mid } }`)
        expect(done.errors).toBeUndefined()
      }
      const convert = async (to: string): Promise<string> => {
        const ask = `{ convert(from: {amount: "1000000.00", currency: "USD"}, to: "${to}") { to { amount } } }`
        const { data, errors } = await run(forex.schema, finance, ask)
        if (!errors) return (data as { convert: { to: { amount: string } } }).convert.to.amount
        const [error] = errors
        return String((error?.originalError as { code?: unknown } | undefined)?.code ?? error?.message)
      }

      const believed = new Map<string, Candle>()
      let priced = 0
      const refused: string[] = []
      try {
        for (const [currency, from, to] of WINDOWS) {
          const wanted = new Set(['EURUSD', `EUR${currency}`])
          for (const day of days) {
            const at = day[0]?.observedAt ?? new Date(0)
            if (at < new Date(from) || at > new Date(`${to}T23:59:59.999Z`)) continue
            clock.set(new Date(at.getTime() + 60_000))
            const ticks = day.filter(({ pair }) => wanted.has(pair))
            const [tick, usd] = [`EUR${currency}`, 'EURUSD'].map((pair) => ticks.find((one) => one.pair === pair))
            await forex.recordTicks(ticks)
            const { rows } = await forex.pool.query('select pair from quarantined_ticks where observed_at = $1', [at])
            if (rows.length > 0 && tick) {
              // Somebody looks, and confirms: it is a crash, or the end of a gap, and no mistake.
              refused.push(`${tick.pair} ${at.toISOString().slice(0, 10)}`)
              await override(tick.mid, currency)
              await forex.recordTicks([{ ...tick, observedAt: new Date(at.getTime() + 1) }])
              await clear(currency)
            }
            for (const one of ticks) {
              const afterMs = rows.some(({ pair }) => pair === one.pair) ? 1 : 0
              const kept = { ...one, observedAt: new Date(at.getTime() + afterMs) }
              believed.set(`${one.pair}#${at.toISOString().slice(0, 10)}`, withTick(undefined, kept, 'DAY'))
            }
            if (!tick || !usd) continue
            const got = Decimal.parse(await convert(currency))
            // Between the exact quotient and that less the spread, without a division: got * usd against 1,000,000 * tick.
            const exact = tick.mid.times(Decimal.of(1_000_000n))
            expect(got.times(usd.mid).compare(exact)).toBeLessThanOrEqual(0)
            const least = exact.times(Decimal.of(99_499n, 5))
            expect(got.times(usd.mid).compare(least)).toBeGreaterThan(0)
            priced += 1
          }
        }
        expect(refused).toMatchInlineSnapshot(`
        [
          "EURISK 2008-10-06",
          "EURISK 2008-10-08",
          "EURISK 2008-11-06",
          "EURRUB 2014-12-16",
          "EURISK 2018-02-01",
          "EURTRY 2021-12-21",
          "EURRUB 2022-02-21",
          "EURRUB 2022-02-28",
        ]
      `)
        expect(priced).toBeGreaterThan(70)
        for (const pair of ['EURUSD', 'EURISK', 'EURRUB', 'EURTRY']) {
          const read = () => candlesOf(history, pair)
          const expected = [...believed].filter(([key]) => key.startsWith(pair)).map(([, candle]) => candle)
          expect(await read()).toEqual(expected)
          const [first, last] = [expected[0]?.openTime, expected.at(-1)?.openTime]
          if (pair !== 'EURTRY' || !first || !last) continue
          await history.rebuildCandles(pair, first, last)
          expect(await read()).toEqual(expected)
        }
      } finally {
        history.close()
        await forex.close()
        await database.drop()
        await dynamo.close()
      }
    },
    REPLAY_TIMEOUT_MS,
  )
})

const candlesOf = (history: RateHistory, pair: string): Promise<Candle[]> =>
  history.candles(pair, 'DAY', new Date('2008-01-01T00:00:00.000Z'), new Date('2023-01-01T00:00:00.000Z'))

/** The rows of a year in the bank's own XML. */
function documentOf(lines: readonly string[], currencies: readonly string[]): string {
  const cubes = lines.map((line) => {
    const [day = '', ...figures] = line.split(',')
    const rates = currencies.flatMap((currency, index) => {
      const figure = figures[index]
      return currency && figure && figure !== 'N/A' ? [`<Cube currency='${currency}' rate='${figure}'/>`] : []
    })
    return `<Cube time='${day}'>${rates.join('')}</Cube>`
  })
  return `<?xml version="1.0" encoding="UTF-8"?><gesmes:Envelope xmlns:gesmes="http://www.gesmes.org/xml/2002-08-01"
    xmlns="http://www.ecb.int/vocabulary/2002-08-01/eurofxref"><Cube>${cubes.join('')}</Cube></gesmes:Envelope>`
}

const toRate = (tick: Tick): Rate => ({ ...tick, path: [tick.pair], manual: false, version: 1n })
