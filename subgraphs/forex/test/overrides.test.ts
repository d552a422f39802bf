import { Decimal } from '@corridor/money'
import { inProcessWakeups, silentLogger, uuidv7 } from '@corridor/platform'
import { asUser, codesOf, createTestDatabase, dataOf, type TestDatabase, testClock } from '@corridor/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createForexSubgraph, type ForexSubgraph, forexMigrations, standardPolicies, type Tick } from '../src/index.ts'
import { FarLedger } from './far-side.ts'

const clock = testClock()
let database: TestDatabase
let forex: ForexSubgraph

beforeAll(async () => {
  database = await createTestDatabase({ migrationsDirectory: forexMigrations })
  forex = await createForexSubgraph({
    databaseUrl: database.applicationUrl,
    clock,
    logger: silentLogger,
    wakeups: inProcessWakeups(),
    idempotencySecret: 'a secret for these tests alone',
    ledger: new FarLedger(),
    policies: { ...standardPolicies({ intervalMs: 2_000 }), pairs: { USDTRY: { maxJumpBps: 100 } } },
  })
})
afterAll(async () => {
  await forex.close()
  await database.drop()
})

const finance = asUser(uuidv7(), 'forex:read', 'forex:quote', 'forex:admin')
const customer = asUser(uuidv7(), 'forex:read', 'forex:quote')

/** A tick a second later than the one before. */
const tick = (pair: string, mid: string, change: Partial<Tick> = {}): Tick => {
  clock.advanceMs(1_000)
  const price = Decimal.parse(mid)
  return { pair, bid: price, mid: price, ask: price, source: 'test', observedAt: clock.now(), ...change }
}

interface Shown {
  mid: string
  manual: boolean
  source: string
  stale: boolean
  version: string
}
const SHOWN = 'mid manual source stale version'
const rate = async (pair: string) =>
  (await dataOf<{ rate: Shown }>(forex.schema, customer, `{ rate(pair: "${pair}") { ${SHOWN} } }`)).rate
const rateAt = async (pair: string, at: Date) =>
  (
    await dataOf<{ rateAt: Shown | null }>(
      forex.schema,
      customer,
      `{ rateAt(pair: "${pair}", at: "${at.toISOString()}") { ${SHOWN} } }`,
    )
  ).rateAt
const databaseNow = async (): Promise<Date> => (await forex.pool.query('select clock_timestamp() as now')).rows[0].now
/** An instant that every change so far precedes, on the database's clock, in whole milliseconds. */
const instant = async (): Promise<Date> => {
  const from = await databaseNow()
  for (let now = from; ; now = await databaseNow()) if (now.getTime() > from.getTime()) return now
}

const OVERRIDE = `mutation ($input: OverrideRateInput!) { overrideRate(input: $input) { ${SHOWN} } }`
const override = async (input: object, context = finance) =>
  (await dataOf<{ overrideRate: Shown }>(forex.schema, context, OVERRIDE, { input: { note: 'a test', ...input } }))
    .overrideRate
const overrideCodes = (input: object, context = finance) =>
  codesOf(forex.schema, context, OVERRIDE, { input: { note: 'a test', ...input } })
const CLEAR = `mutation ($pair: CurrencyPair!) { clearRateOverride(pair: $pair) { ${SHOWN} } }`
const clear = async (pair: string) =>
  (await dataOf<{ clearRateOverride: Shown }>(forex.schema, finance, CLEAR, { pair })).clearRateOverride
const eventTypes = async (pair: string): Promise<string[]> =>
  (await forex.pool.query('select type from event_queue where key = $1 order by sequence', [pair])).rows.map(
    ({ type }) => type,
  )

describe('bad ticks', () => {
  it('are quarantined with their reason and an event, and the rate stays', async () => {
    await forex.recordTicks([tick('USDINR', '83')])
    const bad = [
      tick('USDINR', '0'),
      tick('USDINR', '-83'),
      tick('USDINR', '83', { bid: Decimal.parse('84') }),
      tick('USDINR', '8.3'),
      tick('USDINR', '830'),
      tick('USDINR', '83', { observedAt: new Date(clock.now().getTime() + 3_600_000) }),
    ]
    expect(await forex.recordTicks(bad)).toBe(0)
    const { rows } = await forex.pool.query('select reason from quarantined_ticks order by observed_at')
    expect(rows.map(({ reason }) => reason)).toEqual([
      'NOT_POSITIVE',
      'NOT_POSITIVE',
      'CROSSED',
      'JUMP',
      'JUMP',
      'IN_THE_FUTURE',
    ])
    expect(await rate('USDINR')).toMatchObject({ mid: '83', version: '1' })
    expect((await eventTypes('USDINR')).filter((type) => type === 'tick.quarantined')).toHaveLength(bad.length)
    await forex.recordTicks(bad)
    expect((await eventTypes('USDINR')).filter((type) => type === 'tick.quarantined')).toHaveLength(bad.length)
    expect(await forex.recordTicks([tick('USDINR', '84')])).toBe(1)
  })

  it('are judged by the bound of their pair', async () => {
    await forex.recordTicks([tick('USDTRY', '100')])
    expect(await forex.recordTicks([tick('USDTRY', '101.01')])).toBe(0)
    expect(await forex.recordTicks([tick('USDTRY', '101')])).toBe(1)
  })

  it('do not keep good ones of the same poll out, and of several the newest stands', async () => {
    const [first, wrong, second] = [tick('USDJPY', '150'), tick('USDJPY', '15000'), tick('USDJPY', '151')]
    expect(await forex.recordTicks([second, wrong, first])).toBe(1)
    expect(await rate('USDJPY')).toMatchObject({ mid: '151', version: '1' })
  })

  it('that were a real jump are believed once somebody has confirmed it', async () => {
    await forex.recordTicks([tick('USDNGN', '460')])
    expect(await forex.recordTicks([tick('USDNGN', '750')])).toBe(0)
    await override({ pair: 'USDNGN', mid: '750' })
    await forex.recordTicks([tick('USDNGN', '752')])
    expect(await clear('USDNGN')).toMatchObject({ mid: '752', manual: false })
  })
})

describe('a manual rate', () => {
  it('outranks providers both ways, does not grow old, and yields to the newest tick when cleared', async () => {
    await forex.recordTicks([tick('USDCHF', '0.8')])
    expect(await override({ pair: 'USDCHF', mid: '0.80000' })).toMatchObject({ manual: true, source: 'manual' })
    expect(await forex.recordTicks([tick('USDCHF', '0.81')])).toBe(0)
    clock.advanceMs(3_600_000)
    expect(await rate('USDCHF')).toMatchObject({ mid: '0.8', manual: true, stale: false, version: '2' })
    expect(await rate('CHFUSD')).toMatchObject({ mid: '1.25', manual: true })
    expect(await clear('USDCHF')).toMatchObject({ mid: '0.81', manual: false, source: 'test', version: '3' })
  })

  it('set on the inverse pair governs the direct one too', async () => {
    await forex.recordTicks([tick('USDCAD', '1.3')])
    await override({ pair: 'CADUSD', mid: '0.8' })
    expect(await rate('USDCAD')).toMatchObject({ mid: '1.25', manual: true })
    expect(await overrideCodes({ pair: 'USDCAD', mid: '1.2' })).toEqual(['CONFLICT'])
    await clear('CADUSD')
    expect(await rate('USDCAD')).toMatchObject({ mid: '1.3', manual: false })
  })

  it('ends by itself, with a version, an event and no one named', async () => {
    await forex.recordTicks([tick('USDSEK', '10')])
    const expiresAt = new Date(clock.now().getTime() + 5_000)
    await override({ pair: 'USDSEK', mid: '11', expiresAt: expiresAt.toISOString() })
    clock.advanceMs(4_999)
    expect(await rate('USDSEK')).toMatchObject({ mid: '11' })
    clock.advanceMs(1)
    expect(await rate('USDSEK')).toMatchObject({ mid: '10', manual: false, version: '3' })
    const { rows } = await forex.pool.query(`select set_by, ended_by from rate_overrides where pair = 'USDSEK'`)
    expect(rows).toEqual([{ set_by: finance.caller.subject, ended_by: null }])
    expect(await eventTypes('USDSEK')).toEqual([
      'rate.changed',
      'rate.changed',
      'override.set',
      'rate.changed',
      'override.ended',
    ])
  })

  it('is what rateAt names for its time, also of a pair that nobody quotes', async () => {
    await forex.recordTicks([tick('EURUSD', '1.1'), tick('USDNOK', '10')])
    const derived = await instant()
    await override({ pair: 'EURNOK', mid: '12' })
    const during = await instant()
    await override({ pair: 'EURNOK', mid: '12.5', note: 'corrected' })
    const corrected = await instant()
    expect(await clear('EURNOK')).toMatchObject({ mid: '11', manual: false })
    const after = await instant()
    expect(await rateAt('EURNOK', derived)).toMatchObject({ mid: '11', manual: false })
    expect(await rateAt('EURNOK', during)).toMatchObject({ mid: '12', manual: true })
    expect(await rateAt('EURNOK', corrected)).toMatchObject({ mid: '12.5', manual: true })
    expect(await rateAt('EURNOK', after)).toMatchObject({ mid: '11', manual: false })
    const { rows } = await forex.pool.query(
      `select note, set_by, ended_by from rate_overrides where pair = 'EURNOK' order by set_at, id`,
    )
    const by = finance.caller.subject
    expect(rows).toEqual([
      { note: 'a test', set_by: by, ended_by: by },
      { note: 'corrected', set_by: by, ended_by: by },
    ])
  })

  it('keeps its free text out of events', async () => {
    await override({ pair: 'USDPLN', mid: '4', note: 'a note nobody else reads' })
    const { rows } = await forex.pool.query('select data::text from event_queue')
    expect(rows.map(({ data }) => data).join()).not.toContain('nobody else reads')
  })

  it('may not be set by somebody who holds an open quote in the pair', async () => {
    await forex.recordTicks([tick('USDTHB', '35')])
    const input = {
      idempotencyKey: uuidv7(),
      from: { amount: '10.00', currency: 'USD' },
      toCurrency: 'THB',
      lockSeconds: 30,
    }
    const create = 'mutation ($input: CreateFxQuoteInput!) { createFxQuote(input: $input) { id } }'
    await dataOf(forex.schema, finance, create, { input })
    expect(await overrideCodes({ pair: 'USDTHB', mid: '36' })).toEqual(['FORBIDDEN'])
    expect(await overrideCodes({ pair: 'THBUSD', mid: '0.03' })).toEqual(['FORBIDDEN'])
    clock.advanceMs(30_000)
    await override({ pair: 'USDTHB', mid: '36' })
    await dataOf(forex.schema, finance, create, { input: { ...input, idempotencyKey: uuidv7() } })
    expect(await codesOf(forex.schema, finance, CLEAR, { pair: 'USDTHB' })).toEqual(['FORBIDDEN'])
  })

  it('is refused without its scope, a price, a note, a pair, or a time to come', async () => {
    const good = { pair: 'USDDKK', mid: '7' }
    expect(await overrideCodes(good, customer)).toEqual(['UNAUTHORIZED_FIELD_OR_TYPE'])
    const refused = [
      { ...good, mid: '0' },
      { ...good, mid: '-7' },
      { ...good, mid: '7e1' },
      { ...good, note: ' ' },
      { ...good, note: 'x'.repeat(501) },
      { ...good, pair: 'USDUSD' },
      { ...good, expiresAt: clock.now().toISOString() },
    ]
    for (const input of refused) expect([input, await overrideCodes(input)]).toEqual([input, ['BAD_USER_INPUT']])
    expect(await codesOf(forex.schema, finance, CLEAR, { pair: 'USDDKK' })).toEqual(['NOT_FOUND'])
  })
})
