import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Decimal } from '@corridor/money'
import { Fault, inProcessWakeups, silentLogger } from '@corridor/platform'
import { asUser, codesOf, createTestDatabase, dataOf, testClock } from '@corridor/testing'
import { afterEach, describe, expect, it } from 'vitest'
import {
  createForexSubgraph,
  ecbReferenceRates,
  forexMigrations,
  oandaRates,
  preferredProvider,
  type RateProvider,
  standardPolicies,
  type Tick,
} from '../src/index.ts'
import { FarLedger } from './far-side.ts'

const clock = testClock()
const servers: Server[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  }
})

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  servers.push(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}` // A TCP server has no other kind of address.
}

const answer =
  (body: string, status = 200): RequestListener =>
  (_request, response) => {
    response.writeHead(status).end(body)
  }

const urlOf = ({ url = '/' }: IncomingMessage): URL => new URL(url, 'http://provider')
const fetchRates = (provider: RateProvider, timeoutMs = 5_000) => provider.fetch(AbortSignal.timeout(timeoutMs))
const faultOf = async (ticks: Promise<readonly Tick[]>): Promise<{ code: string; retryable: boolean }> => {
  const error: unknown = await ticks.then(
    () => 'no fault',
    (reason: unknown) => reason,
  )
  if (!(error instanceof Fault)) throw error
  return { code: error.code, retryable: error.retryable }
}

const oandaQuote = (base: string, quote: string, change: object = {}) => ({
  base_currency: base,
  quote_currency: quote,
  close_time: '2026-11-02T11:59:00.000Z',
  close_bid: '83.1234',
  close_ask: '83.1298',
  close_midpoint: '83.1266',
  ...change,
})
const oanda = (apiBase: string, pairs = ['USDINR'], pageSize = 25) =>
  oandaRates({ apiBase, apiKey: 'a key', pairs, clock, pageSize })
const AWAY = { code: 'SERVICE_UNAVAILABLE', retryable: true }

describe('OANDA', () => {
  it('is asked page by page with the key, and its closes are ticks to the digit', async () => {
    const asked: { base: string | null; quotes: string[]; key: string | undefined; path: string }[] = []
    const url = await serve((request, response) => {
      const { searchParams, pathname } = urlOf(request)
      const [base, quotes] = [searchParams.get('base'), searchParams.getAll('quote')]
      asked.push({ base, quotes, key: request.headers.authorization, path: pathname })
      response.end(JSON.stringify({ quotes: quotes.map((quote) => oandaQuote(base ?? '', quote)) }))
    })
    const ticks = await fetchRates(oanda(`${url}/v2`, ['USDINR', 'EURUSD', 'USDJPY', 'USDCHF', 'USDINR'], 2))
    const call = { key: 'Bearer a key', path: '/v2/rates/aggregated.json' }
    expect(asked).toEqual([
      { base: 'USD', quotes: ['INR', 'JPY'], ...call },
      { base: 'USD', quotes: ['CHF'], ...call },
      { base: 'EUR', quotes: ['USD'], ...call },
    ])
    expect(ticks.map(({ pair }) => pair)).toEqual(['USDINR', 'USDJPY', 'USDCHF', 'EURUSD'])
    expect(ticks[0]).toMatchObject({ source: 'oanda', observedAt: new Date('2026-11-02T11:59:00.000Z') })
    expect([ticks[0]?.bid, ticks[0]?.mid, ticks[0]?.ask].map(String)).toEqual(['83.1234', '83.1266', '83.1298'])
  })

  it('may name currencies shortly, give prices as numbers, and leave a pair out', async () => {
    const quote = { base: 'USD', quote: 'INR', close_bid: 83.1, close_ask: 83.3, close_midpoint: 83.2 }
    const url = await serve(answer(JSON.stringify({ quotes: [quote] })))
    const ticks = await fetchRates(oanda(url, ['USDINR', 'USDISK']))
    expect(ticks.map(({ pair, mid, observedAt }) => [pair, mid.toString(), observedAt])).toEqual([
      ['USDINR', '83.2', clock.now()],
    ])
  })

  it('that refuses, has no quota left or fails is told apart', async () => {
    const cases: [number, string, object][] = [
      [401, '{"code":1,"message":"Invalid API key"}', { code: 'PROVIDER_FAILED', retryable: false }],
      [403, '<html>', { code: 'PROVIDER_FAILED', retryable: false }],
      [429, '{"code":5,"message":"Quota exceeded"}', { code: 'TOO_MANY_REQUESTS', retryable: true }],
      [500, '', AWAY],
      [503, '{"message":3}', AWAY],
    ]
    for (const [status, body, fault] of cases) {
      const url = await serve(answer(body, status))
      expect([status, await faultOf(fetchRates(oanda(url)))]).toEqual([status, fault])
    }
    const url = await serve(answer('{"code":5,"message":"Quota exceeded"}', 429))
    await expect(fetchRates(oanda(url))).rejects.toThrow('oanda answered 429: Quota exceeded')
  })

  it('that answers nonsense gives no tick', async () => {
    const bodies = [
      '',
      'null',
      '{}',
      '{"quotes":[3]}',
      JSON.stringify({ quotes: [oandaQuote('USD', 'INR', { close_bid: 'NaN' })] }),
      JSON.stringify({ quotes: [oandaQuote('USD', 'INR', { close_ask: null })] }),
      JSON.stringify({ quotes: [oandaQuote('USD', 'INR', { close_midpoint: 1e-9 })] }),
      JSON.stringify({ quotes: [oandaQuote('USD', 'INR', { close_time: 'yesterday' })] }),
      JSON.stringify({ quotes: [{ close_bid: '1' }] }),
      `{"quotes":[],"padding":"${'x'.repeat(3_000_000)}"}`,
    ]
    for (const body of bodies) {
      const url = await serve(answer(body))
      expect([body.slice(0, 80), await faultOf(fetchRates(oanda(url)))]).toEqual([body.slice(0, 80), AWAY])
    }
  })

  it('that is too slow, breaks off or is not there is given up', async () => {
    const slow = await serve((_request, response) => {
      response.write('{"quotes":[')
    })
    expect(await faultOf(fetchRates(oanda(slow), 100))).toEqual(AWAY)
    const broken = await serve((request, response) => {
      response.writeHead(200, { 'content-length': '1000' })
      response.write('{"quotes":[')
      request.socket.destroy()
    })
    expect(await faultOf(fetchRates(oanda(broken)))).toEqual(AWAY)
    expect(await faultOf(fetchRates(oanda('http://127.0.0.1:1')))).toEqual(AWAY)
  })
})

const ECB_DAY = `<?xml version="1.0" encoding="UTF-8"?>
<gesmes:Envelope xmlns:gesmes="http://www.gesmes.org/xml/2002-08-01" xmlns="http://www.ecb.int/vocabulary/2002-08-01/eurofxref">
  <gesmes:subject>Reference rates</gesmes:subject>
  <Cube><Cube time='2026-11-02'><Cube currency='USD' rate='1.0556'/><Cube currency='JPY' rate='120.650'/>
  <Cube currency='TRL' rate='1770000'/></Cube></Cube>
</gesmes:Envelope>`

describe('the European Central Bank', () => {
  it('gives one figure a day per currency, to the digit', async () => {
    const ticks = await fetchRates(ecbReferenceRates({ url: await serve(answer(ECB_DAY)) }))
    expect(ticks.map(({ pair, bid, mid, ask }) => [pair, ...[bid, mid, ask].map(String)])).toEqual([
      ['EURUSD', '1.0556', '1.0556', '1.0556'],
      ['EURJPY', '120.650', '120.650', '120.650'],
    ])
    expect(ticks[0]).toMatchObject({ source: 'ecb', observedAt: new Date('2026-11-02T14:00:00.000Z') })
  })

  it('that answers nonsense gives no tick', async () => {
    const bodies = [
      '',
      '<Envelope>',
      '<html></html>',
      ECB_DAY.replace("rate='1.0556'", "rate='N/A'"),
      ECB_DAY.replace("time='2026-11-02'", "time='2026-13-02'"),
      ECB_DAY.replace("time='2026-11-02'", ''),
    ]
    for (const body of bodies) {
      const url = await serve(answer(body))
      expect([body, await faultOf(fetchRates(ecbReferenceRates({ url })))]).toEqual([body, AWAY])
    }
  })

  it('shows a rate and converts by it, and never moves money on it', async () => {
    const database = await createTestDatabase({ migrationsDirectory: forexMigrations })
    clock.set(new Date('2026-11-02T14:00:30.000Z'))
    const forex = await createForexSubgraph({
      databaseUrl: database.applicationUrl,
      clock,
      logger: silentLogger,
      wakeups: inProcessWakeups(),
      idempotencySecret: 'a secret for these tests alone',
      ledger: new FarLedger(),
      policies: standardPolicies({ intervalMs: 2_000 }),
    })
    try {
      await forex.recordTicks(await fetchRates(ecbReferenceRates({ url: await serve(answer(ECB_DAY)) })))
      const caller = asUser('00000000-0000-4000-8000-000000000001', 'forex:read', 'forex:quote')
      const convert =
        '{ convert(from: {amount: "10.00", currency: "USD"}, to: "JPY") { basedOn { source stale path } } }'
      expect(await dataOf(forex.schema, caller, convert)).toEqual({
        convert: { basedOn: { source: 'ecb', stale: false, path: ['EURUSD', 'EURJPY'] } },
      })
      const lock =
        'mutation { createFxQuote(input: {idempotencyKey: "a", from: {amount: "10.00", currency: "USD"}, toCurrency: "JPY"}) { id } }'
      expect(await codesOf(forex.schema, caller, lock)).toEqual(['RATE_UNAVAILABLE'])
    } finally {
      await forex.close()
      await database.drop()
    }
  })
})

describe('several providers', () => {
  const ticking = (name: string, ...pairs: string[]): RateProvider => ({
    name,
    intervalMs: 1_000,
    fetch: async () =>
      pairs.map((pair) => ({
        pair,
        bid: Decimal.ONE,
        mid: Decimal.ONE,
        ask: Decimal.ONE,
        source: name,
        observedAt: clock.now(),
      })),
  })
  const shown = (ticks: readonly Tick[]) => ticks.map(({ pair, source }) => `${source} ${pair}`)

  it('are asked in order, and the first that has a pair is taken', async () => {
    const both = preferredProvider([ticking('a', 'USDINR'), ticking('b', 'USDINR', 'USDJPY')], { logger: silentLogger })
    expect([both.name, both.intervalMs]).toEqual(['a+b', 1_000])
    expect(shown(await fetchRates(both))).toEqual(['a USDINR', 'b USDJPY'])
  })

  it('are each asked once per interval of their own, and keep their pairs meanwhile', async () => {
    const calls = { a: 0, b: 0 }
    const counting = (name: 'a' | 'b', intervalMs: number, ...pairs: string[]): RateProvider => {
      const provider = ticking(name, ...pairs)
      return {
        ...provider,
        intervalMs,
        fetch: (signal) => {
          calls[name] += 1
          return provider.fetch(signal)
        },
      }
    }
    const both = preferredProvider([counting('a', 3_600_000, 'USDINR'), counting('b', 0, 'USDINR', 'USDJPY')], {
      logger: silentLogger,
    })
    expect(shown(await fetchRates(both))).toEqual(['a USDINR', 'b USDJPY'])
    expect(shown(await fetchRates(both))).toEqual(['b USDJPY'])
    expect(calls).toEqual({ a: 1, b: 2 })
  })

  it('do not take the pairs of one that fails while its last rates may still be used', async () => {
    let [away, now] = [false, 0]
    const first = ticking('a', 'USDINR')
    const failing: RateProvider = {
      ...first,
      intervalMs: 10_000,
      fetch: (signal) => (away ? Promise.reject(new Fault('SERVICE_UNAVAILABLE', 'away')) : first.fetch(signal)),
    }
    const both = preferredProvider([failing, ticking('b', 'USDINR', 'USDJPY')], {
      logger: silentLogger,
      nowMs: () => now,
    })
    const at = async (ms: number) => {
      now = ms
      return shown(await fetchRates(both))
    }
    expect(await at(0)).toEqual(['a USDINR', 'b USDJPY'])
    away = true
    expect(await at(11_999)).toEqual(['b USDJPY'])
    expect(await at(13_000)).toEqual(['b USDINR', 'b USDJPY'])
    away = false
    expect(await at(15_500)).toEqual(['a USDINR', 'b USDJPY'])
  })

  it('stand in for one that fails or is too slow, and all failing is a fault', async () => {
    const failing = oanda(await serve(answer('', 500)))
    const slow = oanda(await serve(() => undefined))
    const options = { logger: silentLogger, timeoutMs: 100 }
    expect(shown(await fetchRates(preferredProvider([failing, slow, ticking('b', 'USDJPY')], options)))).toEqual([
      'b USDJPY',
    ])
    expect(await faultOf(fetchRates(preferredProvider([failing, slow], options)))).toEqual(AWAY)
  })

  it('do not hide a bug in one of them', async () => {
    const broken: RateProvider = {
      ...ticking('broken'),
      fetch: () => Promise.reject(new TypeError('a bug')),
    }
    const both = preferredProvider([broken, ticking('b', 'USDJPY')], { logger: silentLogger })
    await expect(fetchRates(both)).rejects.toThrow('a bug')
  })
})
