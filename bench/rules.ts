/**
 * `npm run bench -- rules`: payments decided per second, and how long a single one takes, over the endpoint as the payment
 * processor calls it: all three shipped rule sets, customers locked, reservations, decisions and events stored. Beside
 * them, in the same run: one decision a call, the same rows written by one bare transaction each, and the engine alone.
 * Rounds alternate, so that what else the machine does meets every row alike; a figure is its rounds' median.
 */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort, startPostgres } from '@corridor/dev-services'
import {
  createSigner,
  createVerifier,
  generateInternalKeyPair,
  inProcessWakeups,
  migrate,
  type Pool,
  provisionDatabase,
  silentLogger,
  systemClock,
  uuidv7,
} from '@corridor/platform'
import {
  createRiskConsumers,
  createRuleEngineSubgraph,
  type RuleEngineSubgraph,
  rebuildCounters,
  ruleEngineMigrations,
} from '@corridor/rule-engine'
import { createServiceClient, type ServiceClient, serveSubgraph } from '@corridor/subgraph'

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 5)
const SECONDS = Number(process.env.BENCH_SECONDS ?? 4)
const WARM_UP_SECONDS = 1
const CUSTOMERS = 200
const GROUP = 100
/** One group is being decided while another is written. */
const GROUP_CALLERS = 2
const SINGLE_CALLERS = 16
const MAX_AMOUNT_MINOR = 5_000
const PASSWORD = 'benchmark'
const SETTINGS = ['server_version', 'fsync', 'full_page_writes', 'synchronous_commit', 'shared_buffers', 'max_wal_size']

const GOALS = { group100PerSecond: { atLeast: 2_000 }, singleP99Ms: { atMost: 10 } } as const

function percentile(numbers: readonly number[], share: number): number {
  const sorted = numbers.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

const median = (numbers: readonly number[]): number => percentile(numbers, 0.5)

interface Load {
  readonly perSecond: number
  readonly latenciesMs: readonly number[]
}

/**
 * Callers who each call again as soon as they are answered, for `SECONDS`, after `WARM_UP_SECONDS` that do not count: the
 * pool opens its connections then. `call` answers how many it decided.
 */
async function drive(callers: number, call: () => Promise<number>): Promise<Load> {
  const latenciesMs: number[] = []
  let decided = 0
  const from = performance.now() + WARM_UP_SECONDS * 1000
  const until = from + SECONDS * 1000
  const caller = async (): Promise<void> => {
    while (performance.now() < until) {
      const sent = performance.now()
      const count = await call()
      if (sent < from) continue
      decided += count
      latenciesMs.push(performance.now() - sent)
    }
  }
  await Promise.all(Array.from({ length: callers }, caller))
  return { perSecond: (decided / (performance.now() - from)) * 1000, latenciesMs }
}

/** The database and the endpoint of the rules, as services reach it. */
async function open(adminUrl: string) {
  const { ownerUrl, applicationUrl: databaseUrl } = await provisionDatabase({
    adminUrl,
    database: 'rule_engine_db',
    ownerPassword: PASSWORD,
    applicationPassword: PASSWORD,
  })
  await migrate({ ownerUrl, directory: ruleEngineMigrations })
  const forex: ServiceClient = {
    request: () => Promise.reject(new Error('no decision asks forex')),
    close: async () => undefined,
  }
  const wakeups = inProcessWakeups()
  const shared = { clock: systemClock, logger: silentLogger }
  const rules = await createRuleEngineSubgraph({ ...shared, databaseUrl, wakeups, forex })
  const keys = await generateInternalKeyPair()
  const publicJwks = { 'payment-processor': keys.publicJwk }
  const verifier = createVerifier({ audience: 'rule-engine', publicJwks, clock: systemClock })
  const server = await serveSubgraph(rules, { ...shared, port: 0, verifier })
  const signer = createSigner({ issuer: 'payment-processor', privateJwk: keys.privateJwk, clock: systemClock })
  const client = createServiceClient({
    url: server.url,
    audience: 'rule-engine',
    signer,
    connections: SINGLE_CALLERS,
  })
  const consumers = createRiskConsumers({ databaseUrl, service: 'risk-counters' })
  return {
    rules,
    client,
    consumers,
    async close() {
      await consumers.close()
      await client.close()
      await server.close()
      await rules.close()
      await wakeups.close()
    },
  }
}

/** Customers of a round's own, so that no round begins with what another has used. */
async function newCustomers({ consumers }: ReturnType<typeof createRiskConsumers>): Promise<string[]> {
  const ids = Array.from({ length: CUSTOMERS }, () => uuidv7())
  const data = {
    kycStatus: 'VERIFIED',
    kycLevel: 'ENHANCED',
    country: 'US',
    timeZone: 'America/New_York',
    version: '1',
  }
  for (const key of ids) {
    for (const consumer of consumers.filter(({ topics }) => topics.includes('profile.events'))) {
      const event = { id: uuidv7(), topic: 'profile.events', key, type: 'profile.updated', data } as const
      await consumer.handle({ ...event, occurredAt: systemClock.now(), traceparent: null })
    }
  }
  return ids
}

const between = (limit: number): number => Math.floor(Math.random() * limit)
const anyOf = (ids: readonly string[]): string => ids[between(ids.length)] ?? ''

const payment = (customers: readonly string[]) => ({
  subjectId: uuidv7(),
  kind: 'TRANSFER',
  customerId: anyOf(customers),
  counterpartyId: anyOf(customers),
  currency: 'USD',
  amountUsdMinor: String(1 + between(MAX_AMOUNT_MINOR)),
})

const DECIDE = 'mutation ($i: [DecideInput!]!) { decide(inputs: $i, prepare: false) { outcome message } }'

async function decide(client: ServiceClient, customers: readonly string[], size: number): Promise<number> {
  const inputs = Array.from({ length: size }, () => payment(customers))
  const { decide } = await client.request<{ decide: { outcome: string }[] }>(DECIDE, { i: inputs })
  if (decide.length !== size) throw new Error('a payment was left out')
  return size
}

/** What one decision stores, written by a transaction that decides nothing: how fast the database alone would be. */
async function bareTransaction(pool: Pool, customers: readonly string[]): Promise<number> {
  const client = await pool.connect()
  try {
    await client.query('begin')
    const customer = anyOf(customers)
    await client.query({
      name: 'bare-lock',
      text: 'select 1 from risk_customers where id = $1 for update',
      values: [customer],
    })
    await client.query({ name: 'bare-write', text: BARE_WRITE, values: [uuidv7(), customer, SAMPLE] })
    await client.query('commit')
    return 1
  } finally {
    client.release()
  }
}

const SAMPLE = JSON.stringify({ kind: 'TRANSFER', filler: 'x'.repeat(800) })
const BARE_WRITE = `
  with decided as (
    insert into decisions (id, prepared, customer_id, outcome, risk_score, reasons, limits, inputs, rule_sets, decided_at)
    values ($1, true, $2, 'APPROVE', 0, '[]', '[]', $3, '{}', now())
  ), reserved as (
    insert into reservations (payment_id, customer_id, usd_minor, reserved_at, state) values ($1, $2, 0, now(), 'RELEASED')
  ), counted as (
    insert into usage_windows as u (customer_id, period, starts_at, payments, usd_minor)
    select $2, period, 'epoch', 0, 0 from unnest(array['HOUR', 'DAY', 'MONTH', 'EVER']) as w (period)
    on conflict (customer_id, period, starts_at) do update set payments = u.payments, usd_minor = u.usd_minor
  )
  insert into event_queue (id, topic, key, type, data) values ($1, 'rules.decisions', $2, 'bench.bare', '{}')`

/** Everything that was decided is stored once, and the counters are what it adds up to. */
async function verify(rules: RuleEngineSubgraph, decided: number): Promise<void> {
  const { rows } = await rules.pool.query<{ decisions: number; reservations: number; events: number }>(
    `select (select count(*) from decisions where not prepared)::integer as decisions,
            (select count(*) from reservations where state = 'RESERVED')::integer as reservations,
            (select count(*) from event_queue where type = 'rules.decided')::integer as events`,
  )
  const { corrected } = await rebuildCounters(rules.pool)
  const [stored] = rows
  const whole = stored?.decisions === decided && stored.reservations === decided && stored.events === decided
  if (!whole || corrected > 0)
    throw new Error(`${decided} were decided, but ${JSON.stringify({ ...stored, corrected })}`)
  console.log(`verified: ${decided} decisions, as many reservations and events, no counter wrong`)
}

async function printSettings(pool: Pool): Promise<void> {
  const { rows } = await pool.query('select name, setting, unit from pg_settings where name = any($1) order by name', [
    SETTINGS,
  ])
  console.log(rows.map(({ name, setting, unit }) => `${name} ${setting}${unit ? ` x ${unit}` : ''}`).join(', '))
}

async function measure(adminUrl: string) {
  const { rules, client, consumers, close } = await open(adminUrl)
  const rows = {
    'groups of 100, 2 callers (/s)': [] as number[],
    'groups of 100, 1 caller (/s)': [] as number[],
    'one a call, 16 callers (/s)': [] as number[],
    'bare transactions, 16 callers (/s)': [] as number[],
    'one a call, 1 caller, p50 (ms)': [] as number[],
    'one a call, 1 caller, p99 (ms)': [] as number[],
    'bare transactions, 1 caller, p99 (ms)': [] as number[],
  }
  let decided = 0
  const count = async (callers: number, size: number, customers: readonly string[]): Promise<Load> =>
    await drive(callers, async () => {
      decided += size
      return await decide(client, customers, size)
    })
  await printSettings(rules.pool)
  await count(1, GROUP, await newCustomers(consumers)) // Warms up.
  for (let round = 0; round < ROUNDS; round += 1) {
    rows['groups of 100, 2 callers (/s)'].push(
      (await count(GROUP_CALLERS, GROUP, await newCustomers(consumers))).perSecond,
    )
    rows['groups of 100, 1 caller (/s)'].push((await count(1, GROUP, await newCustomers(consumers))).perSecond)
    rows['one a call, 16 callers (/s)'].push((await count(SINGLE_CALLERS, 1, await newCustomers(consumers))).perSecond)
    const others = await newCustomers(consumers)
    const bare = (callers: number) => drive(callers, () => bareTransaction(rules.pool, others))
    rows['bare transactions, 16 callers (/s)'].push((await bare(SINGLE_CALLERS)).perSecond)
    const single = await count(1, 1, await newCustomers(consumers))
    rows['one a call, 1 caller, p50 (ms)'].push(median(single.latenciesMs))
    rows['one a call, 1 caller, p99 (ms)'].push(percentile(single.latenciesMs, 0.99))
    rows['bare transactions, 1 caller, p99 (ms)'].push(percentile((await bare(1)).latenciesMs, 0.99))
    console.log(`round ${round + 1} of ${ROUNDS}, load ${loadavg()[0]?.toFixed(1)}`)
  }
  await verify(rules, decided)
  await close()
  return rows
}

function report(rows: Awaited<ReturnType<typeof measure>>): void {
  const show = (value: number): number => Number(value.toFixed(value < 100 ? 2 : 0))
  console.table(
    Object.fromEntries(
      Object.entries(rows).map(([name, values]) => [
        name,
        { median: show(median(values)), lowest: show(Math.min(...values)), highest: show(Math.max(...values)) },
      ]),
    ),
  )
  const group100PerSecond = median(rows['groups of 100, 2 callers (/s)'])
  const singleP99Ms = median(rows['one a call, 1 caller, p99 (ms)'])
  const one = median(rows['one a call, 16 callers (/s)'])
  const bare = median(rows['bare transactions, 16 callers (/s)'])
  const bareP99Ms = median(rows['bare transactions, 1 caller, p99 (ms)'])
  console.log(
    `groups of 100 decide ${(group100PerSecond / one).toFixed(1)} times as many as one a call, ` +
      `and ${(group100PerSecond / bare).toFixed(1)} times as many as bare transactions write; ` +
      `the p99 of one is ${(singleP99Ms / bareP99Ms).toFixed(1)} times that of a bare transaction`,
  )
  const figures = { group100PerSecond: show(group100PerSecond), singleP99Ms: show(singleP99Ms) }
  const pass = group100PerSecond >= GOALS.group100PerSecond.atLeast && singleP99Ms <= GOALS.singleP99Ms.atMost
  console.log(JSON.stringify({ bench: 'rules', figures, goals: GOALS, pass }))
  process.exitCode = pass ? 0 : 1
}

const folder = mkdtempSync(join(tmpdir(), 'corridor-bench-'))
chmodSync(folder, 0o755)
const postgres = await startPostgres({
  dataDirectory: join(folder, 'data'),
  binariesDirectory: join(folder, 'postgresql'),
  logFile: join(folder, 'postgres.log'),
  port: await freePort(),
  password: PASSWORD,
})
try {
  report(await measure(postgres.adminUrl))
} finally {
  await postgres.stop()
  rmSync(folder, { recursive: true, force: true })
}
