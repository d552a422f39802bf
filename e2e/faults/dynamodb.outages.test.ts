import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb'
import { createPool } from '@corridor/platform'
import { freePort, startTestDynamoLocal } from '@corridor/testing'
import { afterAll, expect, it, onTestFinished, vi } from 'vitest'
import { DynamoProxy } from './dynamo-proxy.ts'
import { CASE_TIMEOUT_MS, withFaultPlatform } from './scenario.ts'

/** A rate may be a minute old: what is not renewed for longer locks nothing. */
const HINDERED_MS = 25_000
const SLOW_BY_MS = 250
/** Longer than anybody may wait for an answer of the platform's. */
const SILENT_BY_MS = 120_000
const SHOWN = { timeout: 60_000, interval: 200 }
const LOCK = 'mutation ($input: CreateFxQuoteInput!) { createFxQuote(input: $input) { id } }'
const CANDLES = `query ($from: DateTime!, $to: DateTime!) {
  rate(pair: "EURUSD") { mid }
  candles: rateHistory(pair: "EURUSD", interval: MINUTE, from: $from, to: $to) { close }
}`
const HOUR_MS = 3_600_000

const folder = mkdtempSync(join(tmpdir(), 'corridor-dynamodb-'))
const dynamo = await startTestDynamoLocal({ folder, port: await freePort() })
const proxy = await DynamoProxy.start(dynamo.endpoint)
afterAll(async () => {
  await proxy.close()
  await dynamo.stop()
  rmSync(folder, { recursive: true })
})
const scenario = withFaultPlatform({ external: { dynamodbEndpoint: proxy.endpoint } })

it.each([
  ['throttles', { throttling: true, delayMs: 0 }],
  ['is slow', { throttling: false, delayMs: SLOW_BY_MS }],
  ['is silent', { throttling: false, delayMs: SILENT_BY_MS }],
])(
  'locks rates and makes payments while DynamoDB %s, and its history then has every rate that was',
  async (_, fault) => {
    const load = scenario.underLoad()
    await newestIsKept()
    onTestFinished(() => void Object.assign(proxy, { throttling: false, delayMs: 0 }))
    const before = proxy.hindered
    Object.assign(proxy, fault)
    for (const until = performance.now() + HINDERED_MS; performance.now() < until; ) await payToItsEnd()
    await lockRate()
    expect(proxy.hindered).toBeGreaterThan(before)
    Object.assign(proxy, { throttling: false, delayMs: 0 })
    await newestIsKept()
    await everyRateIsKept()
    await scenario.checkEverything(load)
  },
  CASE_TIMEOUT_MS,
)

async function payToItsEnd(): Promise<void> {
  const id = await scenario.send('1.00')
  await vi.waitFor(async () => expect(await scenario.books.countedPayments()).toContain(id), SHOWN)
}

async function lockRate(): Promise<void> {
  const client = await scenario.platform.signIn('customer1')
  const input = { idempotencyKey: randomUUID(), from: { amount: '1.00', currency: 'EUR' }, toCurrency: 'USD' }
  await client.request(LOCK, { input })
}

/** The last candle closes on the rate as it stands, which has moved since this was called. */
async function newestIsKept(): Promise<void> {
  const client = await scenario.platform.signIn('customer1')
  const read = async () => {
    const now = Date.now()
    const between = { from: new Date(now - HOUR_MS).toISOString(), to: new Date(now + HOUR_MS).toISOString() }
    return await client.request<{ rate: { mid: string }; candles: { close: string }[] }>(CANDLES, between)
  }
  const before = await vi.waitFor(async () => (await read()).rate.mid, SHOWN) // The first rates come after the start.
  await vi.waitFor(async () => {
    const { rate, candles } = await read()
    expect(rate.mid).not.toBe(before)
    expect(candles.at(-1)?.close).toBe(rate.mid)
  }, SHOWN)
}

/** No rate was ever without its tick in the history. */
async function everyRateIsKept(): Promise<void> {
  const pool = createPool({ url: scenario.platform.running.databases.forex, service: 'faults', max: 1 })
  const { rows } = await pool
    .query<{ tick: string }>(
      `select pair || ' ' || to_char(observed_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') || '#' || source || '#tick'
         as tick from rate_versions where not manual`,
    )
    .finally(() => pool.end())
  const kept = await keptTicks()
  expect(rows.length).toBeGreaterThan(0)
  expect(rows.map(({ tick }) => tick).filter((tick) => !kept.has(tick))).toEqual([])
}

async function keptTicks(): Promise<ReadonlySet<string>> {
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' }
  const client = new DynamoDBClient({ endpoint: dynamo.endpoint, region: 'us-east-1', credentials })
  onTestFinished(() => client.destroy())
  const kept = new Set<string>()
  for await (const { Items = [] } of paginateScan({ client }, { TableName: 'fx_rates' })) {
    for (const { pair, observedAt } of Items) kept.add(`${pair?.S} ${observedAt?.S}`)
  }
  return kept
}
