/**
 * `npm run bench -- forex`: a rate from memory, ticks with their rates, events and candles, a month of candles, and quotes
 * created and used, all inside the subgraph, on a PostgreSQL and a development DynamoDB of their own. Each figure stands
 * beside a naive way of the same run: a rate read from its table, one tick a call, a month read day by day, one caller.
 */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort, startPostgres } from '@corridor/dev-services'
import type { Tick } from '@corridor/forex'
import { uuidv7 } from '@corridor/platform'
import pg from 'pg'
import { CREATE, HISTORY, MarketDesk, paymentService, RATE, REDEEM, STEP_MS, user } from './forex/market-desk.ts'
import { median, percentile } from './ledger/load.ts'

/** For a shorter look: fewer than what counts. */
const TICKS = Number(process.env.BENCH_TICKS ?? 100_000)
const QUOTES = Number(process.env.BENCH_QUOTES ?? 20_000)
const RATES = 20_000
const MONTHS = 100
const POLLS_AT_ONCE = 32
const CALLERS = 256
const NAIVE_TICKS = 300
const NAIVE_QUOTES = 300
const PAIR = 'USDINR'
const CROSS = 'EURINR'
const HOUR_MS = 3_600_000
const MONTH_HOURS = 30 * 24
const SETTINGS = ['server_version', 'fsync', 'full_page_writes', 'synchronous_commit']

const GOALS = {
  rateP99Ms: { atMost: 2 },
  ticksPerSecond: { atLeast: 500 },
  candlesMonthMs: { atMost: 50 },
  quotesPerSecond: { atLeast: 1_000 },
} as const
type Figure = keyof typeof GOALS

interface Measured {
  readonly value: number
  /** The same, the naive way. */
  readonly naive: number
  readonly note: string
}

const secondsOf = async (work: () => Promise<unknown>): Promise<number> => {
  const began = performance.now()
  await work()
  return (performance.now() - began) / 1000
}

async function timesOf(times: number, work: () => Promise<unknown>): Promise<number[]> {
  const latenciesMs: number[] = []
  for (let n = 0; n < times; n += 1) latenciesMs.push((await secondsOf(work)) * 1000)
  return latenciesMs
}

/** Workers who each take the next as soon as they are done. */
async function spread(workers: number, times: number, work: (n: number) => Promise<unknown>): Promise<void> {
  let next = 0
  const worker = async (): Promise<void> => {
    while (next < times) {
      next += 1
      await work(next)
    }
  }
  await Promise.all(Array.from({ length: workers }, worker))
}

/** Polls of the whole market, each with its tick, rate, version and event, and its candles of four intervals. */
async function ticks(desk: MarketDesk): Promise<Measured> {
  const first = await desk.nextPoll()
  await desk.forex.recordTicks(first)
  const naiveSeconds = await secondsOf(async () => {
    let left: Tick[] = []
    for (let n = 0; n < NAIVE_TICKS; n += 1) {
      if (left.length === 0) left = [...(await desk.nextPoll())]
      await desk.forex.recordTicks([left.pop() as Tick]) // Some are left.
    }
  })
  const polls: (readonly Tick[])[] = []
  while (polls.length * first.length < TICKS) polls.push(await desk.nextPoll())
  let changed = 0
  const versionsBefore = await desk.count('select count(*) as n from rate_versions')
  const seconds = await secondsOf(() =>
    spread(POLLS_AT_ONCE, polls.length, async (n) => {
      const ofPoll = await desk.forex.recordTicks(polls[n - 1] ?? [])
      changed += ofPoll
    }),
  )
  const recorded = polls.length * first.length
  const versions = (await desk.count('select count(*) as n from rate_versions')) - versionsBefore
  const events = await desk.count(`select count(*) as n from event_queue where type = 'rate.changed'`)
  mustBe('rates changed', changed, recorded)
  mustBe('versions', versions, recorded)
  mustBe('events', events, recorded + versionsBefore)
  mustBe(
    'ticks in the candles of a pair',
    await candleTicks(desk),
    polls.length + 1 + Math.ceil(NAIVE_TICKS / first.length),
  )
  const note = `${recorded} ticks of ${first.length} pairs, ${POLLS_AT_ONCE} polls at once; naive: one tick a call`
  return { value: recorded / seconds, naive: NAIVE_TICKS / naiveSeconds, note }
}

/** The ticks of the last pair of each poll, by the candles of their hours: naive ticks are taken from the end. */
async function candleTicks(desk: MarketDesk): Promise<number> {
  const pair = (await desk.market.fetch(AbortSignal.timeout(STEP_MS))).at(-1)?.pair ?? ''
  const now = desk.clock.now()
  const range = { from: new Date(now.getTime() - MONTH_HOURS * HOUR_MS).toISOString(), to: now.toISOString() }
  const { rateHistory } = await desk.ask<{ rateHistory: { ticks: number }[] }>(
    HISTORY,
    { pair, ...range },
    user(uuidv7()),
  )
  return rateHistory.reduce((sum, candle) => sum + candle.ticks, 0)
}

/** Rates as a client asks for them, a cross as often as a pair that is quoted. */
async function rates(desk: MarketDesk): Promise<Measured> {
  const context = user(uuidv7())
  let n = 0
  const ask = () => {
    n += 1
    return desk.ask(RATE, { pair: n % 2 ? PAIR : CROSS }, context)
  }
  await timesOf(1_000, ask) // Code is compiled.
  const latenciesMs = await timesOf(RATES, ask)
  const naiveMs = await timesOf(RATES / 10, () =>
    desk.forex.pool.query('select * from current_rates where pair = $1', [PAIR]),
  )
  const note = `half of them in ${hundredths(median(latenciesMs))} ms; naive: one row of current_rates`
  return { value: percentile(latenciesMs, 0.99), naive: percentile(naiveMs, 0.99), note }
}

/** A month of hourly candles, of two ticks each. */
async function candles(desk: MarketDesk): Promise<Measured> {
  const start = new Date((Math.floor(desk.clock.now().getTime() / HOUR_MS) - 2 * MONTH_HOURS) * HOUR_MS)
  const [tick] = (await desk.market.fetch(AbortSignal.timeout(STEP_MS))).filter(({ pair }) => pair === PAIR)
  if (!tick) throw new Error(`the market has no ${PAIR}`)
  const ticksOfMonth = Array.from({ length: 2 * MONTH_HOURS }, (_, n) => ({
    ...tick,
    observedAt: new Date(start.getTime() + (n * HOUR_MS) / 2),
  }))
  await desk.forex.recordTicks(ticksOfMonth)
  const context = user(uuidv7())
  const read = (from: Date, hours: number) =>
    desk.ask<{ rateHistory: object[] }>(
      HISTORY,
      { pair: PAIR, from: from.toISOString(), to: new Date(from.getTime() + hours * HOUR_MS).toISOString() },
      context,
    )
  mustBe('candles', (await read(start, MONTH_HOURS)).rateHistory.length, MONTH_HOURS)
  const latenciesMs = await timesOf(MONTHS, () => read(start, MONTH_HOURS))
  const naiveMs = await timesOf(MONTHS / 10, async () => {
    for (let day = 0; day < MONTH_HOURS / 24; day += 1) await read(new Date(start.getTime() + day * 24 * HOUR_MS), 24)
  })
  const note = `99 of 100 in ${hundredths(percentile(latenciesMs, 0.99))} ms; naive: day by day`
  return { value: median(latenciesMs), naive: median(naiveMs), note }
}

/** Quotes of many customers, each used at once, by one payment. */
async function quotes(desk: MarketDesk): Promise<Measured> {
  const customers = Array.from({ length: 1_000 }, () => user(uuidv7()))
  const createAndUse = async (n: number): Promise<void> => {
    const context = customers[n % customers.length] ?? user(uuidv7())
    const input = { idempotencyKey: uuidv7(), from: { amount: '1.00', currency: 'USD' }, toCurrency: 'INR' }
    const { createFxQuote } = await desk.ask<{ createFxQuote: { id: string } }>(CREATE, { input }, context)
    const redemption = { quoteId: createFxQuote.id, paymentId: uuidv7(), owner: context.caller.subject }
    const { redeemFxQuotes } = await desk.ask<{ redeemFxQuotes: { code: string | null }[] }>(
      REDEEM,
      { r: [redemption] },
      paymentService,
    )
    if (redeemFxQuotes[0]?.code !== null) throw new Error(`a quote was not used: ${redeemFxQuotes[0]?.code}`)
  }
  await spread(CALLERS, 1_000, createAndUse) // Statements are prepared, code is compiled.
  const naiveSeconds = await secondsOf(() => spread(1, NAIVE_QUOTES, createAndUse))
  const seconds = await secondsOf(() => spread(CALLERS, QUOTES, createAndUse))
  const made = QUOTES + NAIVE_QUOTES + 1_000
  mustBe('quotes used', await desk.count('select count(distinct payment_id) as n from fx_quotes'), made)
  mustBe('events', await desk.count(`select count(*) as n from event_queue where type = 'quote.used'`), made)
  const note = `${QUOTES} by ${CALLERS} callers; naive: one caller`
  return { value: QUOTES / seconds, naive: NAIVE_QUOTES / naiveSeconds, note }
}

function mustBe(what: string, found: number, expected: number): void {
  if (found !== expected) throw new Error(`${what}: ${found}, and ${expected} were written`)
}

async function printSettings(adminUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: adminUrl })
  await client.connect()
  const { rows } = await client.query('select name, setting from pg_settings where name = any($1) order by name', [
    SETTINGS,
  ])
  await client.end()
  console.log(rows.map(({ name, setting }) => `${name} ${setting}`).join(', '))
}

function report(measured: Record<Figure, Measured>): void {
  const rows = Object.entries(measured).map(([figure, { value, naive, note }]) => {
    const goal = GOALS[figure as Figure] // The names are those of the goals.
    const met = 'atLeast' in goal ? value >= goal.atLeast : value <= goal.atMost
    const times = 'atLeast' in goal ? value / naive : naive / value
    return {
      figure,
      measured: hundredths(value),
      naive: hundredths(naive),
      'times better': hundredths(times),
      ...goal,
      met,
      note,
    }
  })
  console.table(rows)
  console.log(`load of the machine ${loadavg().map(hundredths).join(' ')}`)
  const figures = Object.fromEntries(rows.map((row) => [row.figure, row.measured]))
  const pass = rows.every(({ met }) => met)
  console.log(JSON.stringify({ bench: 'forex', figures, goals: GOALS, pass }))
  process.exitCode = pass ? 0 : 1
}

const hundredths = (value: number): number => Math.round(value * 100) / 100

const folder = mkdtempSync(join(tmpdir(), 'corridor-bench-'))
chmodSync(folder, 0o755)
const postgres = await startPostgres({
  dataDirectory: join(folder, 'data'),
  binariesDirectory: join(folder, 'postgresql'),
  logFile: join(folder, 'postgres.log'),
  port: await freePort(),
  password: 'benchmark',
})
try {
  await printSettings(postgres.adminUrl)
  const desk = await MarketDesk.open(postgres.adminUrl)
  const measured = {
    ticksPerSecond: await ticks(desk),
    rateP99Ms: await rates(desk),
    candlesMonthMs: await candles(desk),
    quotesPerSecond: await quotes(desk),
  }
  await desk.close()
  report(measured)
} finally {
  await postgres.stop()
  rmSync(folder, { recursive: true, force: true })
}
