/**
 * `npm run bench -- payments`: payments per second and their latency, from the request to the router until
 * `paymentStatusChanged` says COMPLETED, with the platform as `npm start` runs it and the load on the same machine.
 * 50 customers, 100 wallets; every scope, limit, rule and counter is on. The books' invariants are checked afterwards.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { bareTransfersPerSecond } from './payments/baseline.ts'
import { type Customer, type Population, populate } from './payments/bench-customers.ts'
import { type BenchPlatform, startBenchPlatform } from './payments/bench-platform.ts'
import { postgresCpu, profiled } from './payments/cpu.ts'
import { completed, paymentInput, quantile, sendSingles, twoOf } from './payments/send.ts'

const GOALS = {
  single64PerSecond: { atLeast: 250 },
  single64P99Ms: { atMost: 1_000 },
  single1P50Ms: { atMost: 60 },
  bulk500PerSecond: { atLeast: 2_000 },
} as const

const IN_FLIGHT = 64
const WARM_UP = 300
const SINGLES = 2_000
const ALONE = 60
const BULK = 500
const BULK_RUNS = 5
const QUIET_MS = 2_000
const WORTH_A_LINE_MS = 0.005

const SEND_MANY =
  'mutation SendMany($input: [SendPaymentInput!]!) { sendPayments(input: $input) { payment { id } errorCode } }'

/** One call of 500, from request to the last COMPLETED; answers the milliseconds. */
async function sendBulk(customers: readonly Customer[], kinds: readonly ('same' | 'cross')[]): Promise<number> {
  const [from, to] = twoOf(customers)
  const input = Array.from({ length: BULK }, (_, index) =>
    paymentInput(from, to, kinds[index % kinds.length] ?? 'same'),
  )
  const began = performance.now()
  const { sendPayments } = await from.user.request<{
    sendPayments: { payment: { id: string } | null; errorCode: string | null }[]
  }>(SEND_MANY, { input })
  await Promise.all(
    sendPayments.map(({ payment, errorCode }) => {
      if (payment === null) throw new Error(`a payment of the bulk was refused: ${errorCode}`)
      return completed(from, payment.id)
    }),
  )
  return performance.now() - began
}

async function bulkPerSecond(customers: readonly Customer[], kinds: readonly ('same' | 'cross')[]): Promise<number> {
  const tookMs: number[] = []
  for (let run = 0; run < BULK_RUNS; run += 1) {
    await sleep(QUIET_MS / 2) // Consumers of the last run's events come to their end.
    tookMs.push(await sendBulk(customers, kinds))
  }
  console.log(`  bulk of ${BULK} (${kinds.join(' and ')}): ${tookMs.map(Math.round).join(', ')} ms`)
  return BULK / (quantile(tookMs, 0.5) / 1_000)
}

/** CPU milliseconds per payment of each part, while `work` sends `payments`. */
async function cpuTable(platform: BenchPlatform, payments: number, work: () => Promise<unknown>): Promise<void> {
  let parts: ReadonlyMap<string, number> = new Map()
  const databases = await postgresCpu(platform.postgresPid, async () => {
    parts = await profiled(platform, async () => {
      await work()
      await sleep(QUIET_MS)
    })
  })
  const rows = [...parts, ...[...databases].map(([name, ms]): [string, number] => [`PostgreSQL: ${name}`, ms])]
  console.table(
    rows
      .filter(([, ms]) => ms / payments >= WORTH_A_LINE_MS)
      .sort(([, a], [, b]) => b - a)
      .map(([part, ms]) => ({ part, 'CPU ms per payment': Number((ms / payments).toFixed(3)) })),
  )
}

/** All books hold, and every payment that was made has come to its end. */
async function check({ staff }: Population, adminUrl: string): Promise<void> {
  const { ledgerInvariants } = await staff.request<{ ledgerInvariants: { name: string; holds: boolean }[] }>(
    '{ ledgerInvariants { name holds checkedAt } }',
  )
  const broken = ledgerInvariants.filter(({ holds }) => !holds)
  if (broken.length > 0) throw new Error(`invariants are broken: ${broken.map(({ name }) => name).join(', ')}`)
  const payments = await rowsOf(adminUrl, 'payment_db', 'select status, count(*)::int as n from payments group by 1')
  if (payments.some(({ status }) => status !== 'COMPLETED')) throw new Error(`left: ${JSON.stringify(payments)}`)
  const below = await rowsOf(
    adminUrl,
    'ledger_db',
    `select id from accounts where code = 'customer.wallet' and (posted_minor < held_minor or held_minor <> 0)`,
  )
  if (below.length > 0) throw new Error(`${below.length} wallets are below zero or hold something`)
  console.log(`Afterwards: ${ledgerInvariants.length} invariants hold; payments: ${JSON.stringify(payments)}`)
}

async function rowsOf(adminUrl: string, database: string, sql: string): Promise<Record<string, unknown>[]> {
  const url = new URL(adminUrl)
  url.pathname = `/${database}`
  const client = new pg.Client({ connectionString: url.href })
  await client.connect()
  try {
    return (await client.query(sql)).rows
  } finally {
    await client.end()
  }
}

async function measure(platform: BenchPlatform, population: Population): Promise<Record<keyof typeof GOALS, number>> {
  const { customers } = population
  await sendSingles(customers, WARM_UP, IN_FLIGHT)
  const began = performance.now()
  const latencies = await sendSingles(customers, SINGLES, IN_FLIGHT)
  const seconds = (performance.now() - began) / 1_000
  await sleep(QUIET_MS)
  const alone = await sendSingles(customers, ALONE, 1)
  const singles = `${IN_FLIGHT} in flight: p50 ${Math.round(quantile(latencies, 0.5))} ms`
  console.log(`  ${singles}; alone: p50 ${quantile(alone, 0.5).toFixed(1)}, p99 ${quantile(alone, 0.99).toFixed(1)} ms`)
  await sendBulk(customers, ['same', 'cross'])
  const figures = {
    single64PerSecond: SINGLES / seconds,
    single64P99Ms: quantile(latencies, 0.99),
    single1P50Ms: quantile(alone, 0.5),
    bulk500PerSecond: await bulkPerSecond(customers, ['same', 'cross']),
    bulk500SamePerSecond: await bulkPerSecond(customers, ['same']),
    bulk500CrossPerSecond: await bulkPerSecond(customers, ['cross']),
  }
  const baseline = await bareTransfersPerSecond(platform.adminUrl)
  const ratio = (perSecond: number): string => (perSecond / baseline).toFixed(2)
  console.log(`Baseline: ${Math.round(baseline)} bare double entries per second in the same PostgreSQL`)
  console.log(
    `Ratio: single ${ratio(figures.single64PerSecond)}, bulk ${ratio(figures.bulk500PerSecond)} of the baseline`,
  )
  return figures
}

async function explain(platform: BenchPlatform, { customers }: Population): Promise<void> {
  console.log('Single payments, 64 in flight:')
  await cpuTable(platform, SINGLES / 2, () => sendSingles(customers, SINGLES / 2, IN_FLIGHT))
  console.log('Bulks of 500, half in one currency, half across two:')
  await cpuTable(platform, 3 * BULK, async () => {
    for (let run = 0; run < 3; run += 1) await sendBulk(customers, ['same', 'cross'])
  })
}

function report(measured: Record<string, number>): void {
  const figures = Object.fromEntries(Object.entries(measured).map(([name, value]) => [name, Number(value.toFixed(1))]))
  const goals: Record<string, { atLeast?: number; atMost?: number }> = GOALS
  console.table(Object.entries(figures).map(([figure, value]) => ({ figure, measured: value, ...goals[figure] })))
  const pass = Object.entries(goals).every(([name, { atLeast = 0, atMost = Number.POSITIVE_INFINITY }]) => {
    const value = figures[name] ?? Number.NaN
    return value >= atLeast && value <= atMost
  })
  console.log(JSON.stringify({ bench: 'payments', figures, goals, pass }))
  process.exitCode = pass ? 0 : 1
}

async function settings(adminUrl: string): Promise<void> {
  const rows = await rowsOf(
    adminUrl,
    'postgres',
    `select name, setting from pg_settings where name in ('fsync', 'full_page_writes', 'synchronous_commit') order by 1`,
  )
  console.log(`PostgreSQL: ${rows.map(({ name, setting }) => `${name} ${setting}`).join(', ')}`)
}

const platform = await startBenchPlatform()
try {
  await settings(platform.adminUrl)
  const population = await populate(platform)
  try {
    const figures = await measure(platform, population)
    await explain(platform, population)
    await check(population, platform.adminUrl)
    report(figures)
  } finally {
    await population.close()
  }
} finally {
  await platform.stop()
}
