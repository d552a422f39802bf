import { randomUUID } from 'node:crypto'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createPool, Fault, inProcessWakeups, inTransaction, type Pool, silentLogger } from '@corridor/platform'
import { createTestDatabase, type TestDatabase } from '@corridor/testing'
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import {
  type DeliveredEvent,
  EVENT_TABLES_SQL,
  enqueueEvents,
  HANDLED_RETENTION_MS,
  handleOnce,
  inProcessBus,
  listParked,
  purgeHandled,
  Relay,
  readLag,
  replayParked,
  Sequencer,
} from '../src/index.ts'

const WAIT = { timeout: 40_000, interval: 20 }

let database: TestDatabase
let pool: Pool
const wakeups = inProcessWakeups()

beforeAll(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'events-migrations-'))
  const positions = `
    create table positions_queue (sequence bigint generated always as identity primary key, label text);
    create table positions (position bigint primary key, label text);`
  writeFileSync(join(folder, '001.do.events.sql'), `${EVENT_TABLES_SQL}\n${positions}`)
  database = await createTestDatabase({ migrationsDirectory: folder })
  pool = createPool({ url: database.applicationUrl, service: 'test' })
})

afterAll(async () => {
  await pool.end()
  await database.drop()
})

beforeEach(async () => {
  await pool.query('delete from event_queue')
  await pool.query('delete from parked_events')
  await pool.query('delete from leases')
})

const rates = (key: string, count: number, from = 0) =>
  Array.from({ length: count }, (_, index) => ({
    topic: 'forex.rates' as const,
    key,
    type: 'rate.changed',
    data: { number: from + index },
  }))

function relayTo(handle: (event: DeliveredEvent) => Promise<void>, leaseTtlMs = 5_000) {
  const bus = inProcessBus({ logger: silentLogger })
  void bus.subscribe({ name: 'test', topics: ['forex.rates'], handle })
  return new Relay({ domain: 'test', pool, bus, wakeups, logger: silentLogger, leaseTtlMs })
}

describe('the relay', () => {
  it('delivers each key in order and empties the queue', async () => {
    const seen: string[] = []
    const relay = relayTo(async ({ key, data }) => void seen.push(`${key}${data.number}`))
    await enqueueEvents(pool, [...rates('A', 3), ...rates('B', 2)])
    await relay.round()
    expect(seen.filter((item) => item.startsWith('A'))).toEqual(['A0', 'A1', 'A2'])
    expect(seen.filter((item) => item.startsWith('B'))).toEqual(['B0', 'B1'])
    expect((await pool.query('select 1 from event_queue')).rowCount).toBe(0)
  })

  it('delivers an event whose transaction commits after a later one', async () => {
    const seen: unknown[] = []
    const relay = relayTo(async ({ data }) => void seen.push(data.number))
    await inTransaction(pool, async (late) => {
      await enqueueEvents(late, rates('A', 1, 1))
      await enqueueEvents(pool, rates('B', 1, 2))
      await relay.round()
      expect(seen).toEqual([2])
    })
    await relay.round()
    expect(seen).toEqual([2, 1])
  })

  it('parks a poisoned event with its key and goes on with other keys', async () => {
    const seen: string[] = []
    const relay = relayTo(async ({ key, data }) => {
      if (key === 'A' && data.number === 1) throw new Error('poison')
      seen.push(`${key}${data.number}`)
    })
    await enqueueEvents(pool, [...rates('A', 3), ...rates('B', 2)])
    await relay.round()
    await enqueueEvents(pool, rates('B', 1, 2))
    await relay.round()
    expect(seen.sort()).toEqual(['A0', 'B0', 'B1', 'B2'])
    expect((await pool.query<{ data: object }>('select data from parked_events')).rows).toEqual([
      { data: { number: 1 } },
    ])
    expect((await pool.query<{ data: object }>('select data from event_queue')).rows).toEqual([{ data: { number: 2 } }])
  })

  it('shows what is parked with its key, and delivers it in its place when it is replayed', async () => {
    const seen: unknown[] = []
    let poisoned = true
    const relay = relayTo(async ({ key, data }) => {
      if (key === 'A' && data.number === 1 && poisoned) throw new Error('poison')
      seen.push(data.number)
    })
    await enqueueEvents(pool, rates('A', 4))
    await relay.round()
    const [parked, ...others] = await listParked(pool)
    expect(others).toEqual([])
    expect(parked).toMatchObject({ topic: 'forex.rates', key: 'A', type: 'rate.changed', waiting: 2 })
    expect(parked?.reason).toBe('The consumer test failed 5 times.')
    expect(await readLag(pool)).toMatchObject({ waiting: 2, parked: 1 })
    expect((await readLag(pool)).oldestMs).toBeGreaterThan(0)

    expect(await replayParked(pool, randomUUID())).toBe(0)
    poisoned = false
    expect(await replayParked(pool, parked?.id ?? null)).toBe(1)
    await relay.round()
    expect(seen).toEqual([0, 1, 2, 3])
    expect(await readLag(pool)).toEqual({ waiting: 0, oldestMs: 0, parked: 0 })
  })

  it('parks again what fails again', async () => {
    const relay = relayTo(async () => {
      throw new Error('poison')
    })
    await enqueueEvents(pool, rates('A', 1))
    await relay.round()
    expect(await replayParked(pool, null)).toBe(1)
    await relay.round()
    expect(await readLag(pool)).toMatchObject({ waiting: 0, parked: 1 })
  })

  it.each([
    { why: 'what it needs is away', hinder: async () => Promise.reject(new Fault('SERVICE_UNAVAILABLE', 'away')) },
    { why: 'it is slow', hinder: (mended: Promise<void>) => mended },
  ])('holds up for one consumer neither others nor other keys when $why, and parks nothing', async ({ hinder }) => {
    const bus = inProcessBus({ logger: silentLogger })
    onTestFinished(() => bus.close())
    const relay = new Relay({ domain: 'test', pool, bus, wakeups, logger: silentLogger })
    const counted: string[] = []
    const mailed: string[] = []
    const topics = ['forex.rates'] as const
    const mended = Promise.withResolvers<void>()
    let away = true
    await bus.subscribe({
      name: 'mailer',
      topics,
      handle: async ({ key, data }) => {
        if (away && key === 'A') await hinder(mended.promise)
        mailed.push(`${key}${data.number}`)
      },
    })
    await bus.subscribe({
      name: 'counter',
      topics,
      handle: async ({ key, data }) => void counted.push(`${key}${data.number}`),
    })
    await enqueueEvents(pool, [...rates('A', 2), ...rates('B', 1)])
    await relay.round()
    expect(counted.sort()).toEqual(['A0', 'A1', 'B0'])
    await enqueueEvents(pool, [...rates('A', 1, 2), ...rates('B', 1, 1)])
    await vi.waitFor(async () => {
      await relay.round()
      expect(counted.sort()).toEqual(['A0', 'A1', 'A2', 'B0', 'B1'])
      expect(mailed).toEqual(['B0', 'B1'])
      expect(await readLag(pool)).toMatchObject({ waiting: 3, parked: 0 })
    }, WAIT)
    away = false
    mended.resolve()
    await vi.waitFor(async () => {
      await relay.round()
      expect(await readLag(pool)).toMatchObject({ waiting: 0, parked: 0 })
    }, WAIT)
    expect(mailed).toEqual(['B0', 'B1', 'A0', 'A1', 'A2'])
    expect(counted.sort()).toEqual(['A0', 'A1', 'A2', 'B0', 'B1'])
  })

  it('is followed by its standby when it dies, once its lease has ended', async () => {
    const seen: string[] = []
    const dead = relayTo(async () => void seen.push('dead'), 300)
    const standby = relayTo(async () => void seen.push('standby'))
    await dead.round()
    await enqueueEvents(pool, rates('A', 1))
    await vi.waitFor(async () => {
      await standby.round()
      expect(seen).toEqual(['standby'])
    }, WAIT)
  })

  it('removes nothing when it lost its lease meanwhile: its standby delivers again', async () => {
    const seen: string[] = []
    const slow = relayTo(async () => {
      await pool.query(`update leases set holder = 'another', fence = fence + 1`)
      seen.push('slow')
    })
    await enqueueEvents(pool, rates('A', 1))
    await slow.round()
    expect((await readLag(pool)).waiting).toBe(1)
    expect(await slow.round()).toBe(false)
    expect(seen).toEqual(['slow'])
    await pool.query('delete from leases')
    await relayTo(async () => void seen.push('standby')).round()
    expect(seen).toEqual(['slow', 'standby'])
  })

  it('lets a standby take over only when the lease has ended', async () => {
    const seen: string[] = []
    const first = relayTo(async () => void seen.push('first'), 60_000)
    const standby = relayTo(async () => void seen.push('standby'))
    await first.round()
    await enqueueEvents(pool, rates('A', 1))
    await standby.round()
    expect(seen).toEqual([])
    await first.stop()
    await standby.round()
    expect(seen).toEqual(['standby'])
  })
})

describe('a handled event', () => {
  it('has its effect once', async () => {
    const event = { consumer: 'test', eventId: '00000000-0000-4000-8000-000000000001' }
    expect(await handleOnce(pool, event)).toBe(true)
    expect(await handleOnce(pool, event)).toBe(false)
    expect(await handleOnce(pool, { ...event, consumer: 'other' })).toBe(true)
  })

  it('is known as such until no way is left on which it could come again', async () => {
    const eventId = '00000000-0000-4000-8000-000000000002'
    const handled = { still: -60_000, again: 60_000, old: 60_000, older: 120_000 }
    for (const [consumer, beyondMs] of Object.entries(handled)) {
      await handleOnce(pool, { consumer, eventId })
      await pool.query(`update handled_events set handled_at = now() - $2 * interval '1 ms' where consumer = $1`, [
        consumer,
        HANDLED_RETENTION_MS + beyondMs,
      ])
    }
    expect(await handleOnce(pool, { consumer: 'again', eventId })).toBe(false)
    expect(await purgeHandled(pool, 1)).toBe(1)
    expect(await purgeHandled(pool, 10)).toBe(1)
    expect(await purgeHandled(pool, 10)).toBe(0)
    expect(await handleOnce(pool, { consumer: 'still', eventId })).toBe(false)
    expect(await handleOnce(pool, { consumer: 'again', eventId })).toBe(false)
    expect(await handleOnce(pool, { consumer: 'old', eventId })).toBe(true)
  })
})

describe('the sequencer', () => {
  it('places rows in order, once, whatever the order of their commits', async () => {
    const placed: string[] = []
    const sequencer = new Sequencer<{ sequence: bigint; label: string }>({
      name: 'positions',
      pool,
      queueTable: 'positions_queue',
      place: async (_client, rows) => void placed.push(...rows.map((row) => row.label)),
      logger: silentLogger,
      wakeups,
      channel: 'test',
    })
    await inTransaction(pool, async (late) => {
      await late.query(`insert into positions_queue (label) values ('late')`)
      await pool.query(`insert into positions_queue (label) values ('early')`)
      await sequencer.round()
    })
    await sequencer.round()
    await sequencer.round()
    expect(placed).toEqual(['early', 'late'])
  })

  it('places rows by one statement, in order and by one holder at a time', async () => {
    const sequencerOf = () => {
      const place = `insert into positions (position, label)
        select (select coalesce(max(position), 0) from positions) + row_number() over (order by sequence), label from taken`
      const options = { name: 'places', pool, queueTable: 'positions_queue', place, logger: silentLogger, wakeups }
      return new Sequencer({ ...options, channel: 'test', maxRows: 2, leaseTtlMs: 60_000 })
    }
    const [first, second] = [sequencerOf(), sequencerOf()]
    await pool.query(`insert into positions_queue (label) values ('a'), ('b'), ('c')`)
    expect([await first.round(), await second.round(), await first.round()]).toEqual([true, false, false])
    await pool.query(`insert into positions_queue (label) values ('d')`)
    // The first has not heard yet that its lease has come to its end.
    await pool.query(`update leases set expires_at = clock_timestamp() - interval '1 second' where name = 'places'`)
    await second.round()
    await pool.query(`insert into positions_queue (label) values ('e')`)
    await first.round()
    const { rows } = await pool.query('select position::int, label from positions order by position')
    expect(rows.map(({ position, label }) => `${position}${label}`)).toEqual(['1a', '2b', '3c', '4d'])
    await second.round()
    expect((await pool.query('select 1 from positions')).rowCount).toBe(5)
  })
})
