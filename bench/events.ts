/**
 * `npm run bench -- events`: from the commit of a change to the effect of its event, through a real Kafka and within the
 * process; how fast the relay works off a backlog; and what the outbox costs beside events handed straight to the bus.
 * Needs what `npm run services` needs.
 */
import { randomBytes, randomUUID } from 'node:crypto'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type RunningPostgres, startPostgres } from '@corridor/dev-services'
import {
  type DeliveredEvent,
  EVENT_TABLES_SQL,
  type EventBus,
  enqueueEvents,
  handleOnce,
  inProcessBus,
  kafkaBus,
  queueChannel,
  Relay,
} from '@corridor/events'
import {
  createLogger,
  createPool,
  inProcessWakeups,
  inTransaction,
  migrate,
  type Pool,
  provisionDatabase,
} from '@corridor/platform'
import { freePort, startTestKafka, type TestKafka } from '@corridor/testing'

const BACKLOG = 100_000
const STREAM = 30_000
const STREAM_BATCH = 100
const KEYS = 1_000
const LATENCY_EVENTS = 3_000
const LATENCY_PER_SECOND = 200
const ROUND_ROWS = 500
const TIMEOUT_MS = 120_000
const POLL_MS = 5
const DOMAIN = 'bench'

const GOALS = {
  kafkaPerSecond: { atLeast: 3_000 },
  kafkaP99Ms: { atMost: 500 },
  inProcessP99Ms: { atMost: 50 },
  catchUpPerSecond: { atLeast: 5_000 },
} as const
type Figures = Record<keyof typeof GOALS, number>

const logger = createLogger({ service: 'bench', level: 'fatal' })

/** What a consumer has seen: every id once, however often it came. */
class Seen {
  readonly ids = new Set<string>()
  async until(count: number): Promise<void> {
    const deadline = performance.now() + TIMEOUT_MS
    while (this.ids.size < count) {
      if (performance.now() > deadline) throw new Error(`${this.ids.size} of ${count} events came`)
      await sleep(POLL_MS)
    }
  }
}

interface Bench {
  readonly pool: Pool
  openKafka(): EventBus
}

const relayOf = (pool: Pool, bus: EventBus) =>
  new Relay({ domain: DOMAIN, pool, bus, wakeups, logger, maxRows: ROUND_ROWS })
const wakeups = inProcessWakeups()

const newEvents = (count: number, from = 0) =>
  Array.from({ length: count }, (_, index) => ({
    topic: 'payment.events' as const,
    key: `key-${(from + index) % KEYS}`,
    type: 'payment.completed',
    data: { number: from + index, paymentId: randomUUID(), payer: randomUUID(), version: '3', status: 'COMPLETED' },
  }))

/** Events handed to the bus by the hundred, with no outbox: what Kafka and its client can do here. */
async function straight({ openKafka }: Bench): Promise<number> {
  const bus = openKafka()
  const events = newEvents(STREAM).map(
    (event): DeliveredEvent => ({ ...event, id: randomUUID(), occurredAt: new Date(), traceparent: null }),
  )
  const seen = new Seen()
  await subscribed(bus, async ({ id }) => void seen.ids.add(id))
  const began = performance.now()
  for (let from = 0; from < STREAM; from += ROUND_ROWS) await bus.publish(events.slice(from, from + ROUND_ROWS))
  await seen.until(STREAM)
  const took = performance.now() - began
  await bus.close()
  return (STREAM / took) * 1_000
}

/** Changes committed by the hundred while the relay and a consumer run: up to the last event at the consumer. */
async function stream({ pool, openKafka }: Bench): Promise<number> {
  const bus = openKafka()
  const seen = new Seen()
  await subscribed(bus, async ({ id }) => void seen.ids.add(id))
  const relay = relayOf(pool, bus)
  relay.start()
  const began = performance.now()
  for (let from = 0; from < STREAM; from += STREAM_BATCH) {
    await inTransaction(pool, (client) => enqueueEvents(client, newEvents(STREAM_BATCH, from)))
    wakeups.wake(queueChannel(DOMAIN))
  }
  await seen.until(STREAM)
  const took = performance.now() - began
  await relay.stop()
  await bus.close()
  return (STREAM / took) * 1_000
}

/** A backlog, and no consumer: up to the last event acknowledged by the broker and gone from the queue. */
async function catchUp({ pool, openKafka }: Bench): Promise<number> {
  for (let from = 0; from < BACKLOG; from += 1_000) await enqueueEvents(pool, newEvents(1_000, from))
  await pool.query('analyze event_queue')
  const bus = openKafka()
  const relay = relayOf(pool, bus)
  await relay.round() // Connected, and the topics there.
  const before = await waiting(pool)
  const began = performance.now()
  while (await relay.round());
  const took = performance.now() - began
  if ((await waiting(pool)) > 0) throw new Error('events are left in the queue')
  await relay.stop()
  await bus.close()
  return (before / took) * 1_000
}

/** One change after another at a steady pace: from each commit to the commit of its effect; the 99th percentile. */
async function latency({ pool }: Bench, bus: EventBus): Promise<number> {
  const committedAt = new Map<string, number>()
  const tookMs: number[] = []
  const seen = new Seen()
  await subscribed(bus, async ({ id }) => {
    const isNew = await inTransaction(pool, (client) => handleOnce(client, { consumer: 'bench', eventId: id }))
    if (!isNew) return
    tookMs.push(performance.now() - (committedAt.get(id) ?? Number.NaN))
    seen.ids.add(id)
  })
  const relay = relayOf(pool, bus)
  relay.start()
  const began = performance.now()
  const changes: Promise<void>[] = []
  for (let number = 0; number < LATENCY_EVENTS; number += 1) {
    const [event] = newEvents(1, number)
    const id = randomUUID()
    if (event) changes.push(change(pool, { ...event, id }, committedAt))
    await sleep(Math.max(0, began + (number * 1_000) / LATENCY_PER_SECOND - performance.now()))
  }
  await Promise.all(changes)
  await seen.until(LATENCY_EVENTS)
  await relay.stop()
  await bus.close()
  // The first second is for connections and compilers.
  const measured = tookMs.slice(LATENCY_PER_SECOND).sort((left, right) => left - right)
  const at = (share: number): number => measured[Math.floor(measured.length * share)] ?? Number.POSITIVE_INFINITY
  console.log(`from commit to effect: half within ${at(0.5).toFixed(1)} ms, 99 % within ${at(0.99).toFixed(1)} ms`)
  return at(0.99)
}

/** The moment is taken before the commit is known here, so that no delay goes missing. */
async function change(
  pool: Pool,
  event: Parameters<typeof enqueueEvents>[1][number] & { id: string },
  committedAt: Map<string, number>,
): Promise<void> {
  await inTransaction(pool, async (client) => {
    await enqueueEvents(client, [event])
    committedAt.set(event.id, performance.now())
  })
  wakeups.wake(queueChannel(DOMAIN))
}

const subscribed = (bus: EventBus, handle: (event: DeliveredEvent) => Promise<void>): Promise<void> =>
  bus.subscribe({ name: `bench-${randomUUID()}`, topics: ['payment.events'], handle })

const waiting = async (pool: Pool): Promise<number> =>
  (await pool.query<{ count: number }>('select count(*)::int as count from event_queue')).rows[0]?.count ?? 0

async function measure(folder: string): Promise<{ figures: Figures; straightPerSecond: number }> {
  let postgres: RunningPostgres | undefined
  let kafka: TestKafka | undefined
  try {
    postgres = await startPostgres({
      dataDirectory: join(folder, 'postgres'),
      binariesDirectory: join(folder, 'binaries'),
      logFile: join(folder, 'postgres.log'),
      port: await freePort(),
      password: randomBytes(18).toString('base64url'),
    })
    kafka = await startTestKafka({ folder, port: await freePort() })
    const { brokers } = kafka
    const pool = await preparedPool(postgres.adminUrl, folder)
    // Topics of its own for each row: none reads what another left.
    const openKafka = () => kafkaBus({ brokers, clientId: 'bench', logger, prefix: `${randomUUID()}.` })
    const bench = { pool, openKafka }
    await showDurability(pool)
    const straightPerSecond = await straight(bench)
    const figures = {
      kafkaPerSecond: await stream(bench),
      kafkaP99Ms: await latency(bench, openKafka()),
      inProcessP99Ms: await latency(bench, inProcessBus({ logger })),
      catchUpPerSecond: await catchUp(bench),
    }
    await pool.end()
    return { figures, straightPerSecond }
  } finally {
    await kafka?.stop()
    await postgres?.stop()
  }
}

async function preparedPool(adminUrl: string, folder: string): Promise<Pool> {
  const password = randomBytes(12).toString('hex')
  const urls = await provisionDatabase({
    adminUrl,
    database: 'bench_db',
    ownerPassword: password,
    applicationPassword: password,
  })
  const directory = join(folder, 'migrations')
  mkdirSync(directory)
  writeFileSync(join(directory, '001.do.events.sql'), EVENT_TABLES_SQL)
  await migrate({ ownerUrl: urls.ownerUrl, directory })
  return createPool({ url: urls.applicationUrl, service: 'bench' })
}

async function showDurability(pool: Pool): Promise<void> {
  const names = ['fsync', 'full_page_writes', 'synchronous_commit']
  const { rows } = await pool.query<{ name: string; setting: string }>(
    'select name, setting from pg_settings where name = any($1) order by name',
    [names],
  )
  console.log(rows.map(({ name, setting }) => `${name}=${setting}`).join(' '), 'acks=all, one broker')
}

function report({ figures, straightPerSecond }: { figures: Figures; straightPerSecond: number }): void {
  const rounded = Object.fromEntries(Object.entries(figures).map(([name, value]) => [name, Math.round(value)]))
  const rows = Object.entries(GOALS).map(([figure, goal]) => ({ figure, measured: rounded[figure], ...goal }))
  console.table([...rows, { figure: '(straight to the bus, per second)', measured: Math.round(straightPerSecond) }])
  console.log(`Through the outbox: ${(figures.kafkaPerSecond / straightPerSecond).toFixed(2)} of what goes without it.`)
  const pass = Object.entries(GOALS).every(([name, goal]) => {
    const value = figures[name as keyof Figures] // Both have the same names.
    return 'atLeast' in goal ? value >= goal.atLeast : value <= goal.atMost
  })
  console.log(JSON.stringify({ bench: 'events', figures: rounded, goals: GOALS, pass }))
  process.exitCode = pass ? 0 : 1
}

const folder = mkdtempSync(join(tmpdir(), 'corridor-bench-'))
chmodSync(folder, 0o755) // PostgreSQL's own user passes through when this runs as root.
try {
  report(await measure(folder))
} finally {
  await wakeups.close()
  rmSync(folder, { recursive: true, force: true })
}
