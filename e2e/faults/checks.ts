import { randomUUID } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { DeadLetters, dataSchemaOf, EVENTS, TOPICS, type Topic } from '@corridor/events'
import { checkInvariants } from '@corridor/ledger'
import { createPool, type Pool, silentLogger, systemClock } from '@corridor/platform'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { type Admin, Kafka, logLevel } from 'kafkajs'
import { expect, vi } from 'vitest'
import type { FaultPlatform } from './fault-platform.ts'
import { type Sent, sendOnce } from './load.ts'

const AT_REST = ['COMPLETED', 'DECLINED', 'FAILED', 'CANCELLED', 'IN_REVIEW']
/** What is retried with growing delay is retried at least so often. */
const REST = { timeout: 150_000, interval: 200 }
const QUEUES = ['forex', 'ledger', 'payment', 'profile', 'rule-engine', 'wallet'] as const

const ajv = new Ajv2020({ strict: false, validateFormats: false })
const DESCRIBED = new Map(Object.entries(EVENTS).map(([type, event]) => [type, ajv.compile(dataSchemaOf(event))]))

/** An event as it lies in Kafka, however often it lies there. */
interface Told {
  readonly id: string
  readonly key: string
  readonly type: string
  readonly data: Readonly<Record<string, string>>
}

/** The databases of a platform, to be asked what became of everything. */
export class Books {
  private readonly pools: Readonly<Record<(typeof QUEUES)[number], Pool>>
  private readonly kafka: Kafka
  private readonly letters: DeadLetters

  constructor(private readonly platform: FaultPlatform) {
    const {
      running: { databases },
      brokers,
    } = platform
    const pools = QUEUES.map((name) => [name, createPool({ url: databases[name], service: 'faults', max: 2 })])
    this.pools = Object.fromEntries(pools)
    this.kafka = new Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING })
    this.letters = new DeadLetters({ brokers, clientId: 'faults', logger: silentLogger })
  }

  async close(): Promise<void> {
    for (const pool of Object.values(this.pools)) await pool.end()
  }

  /** Waits until nothing is under way any more: payments, events without a position, events to deliver, their effects. */
  async rested(): Promise<void> {
    await vi.waitFor(async () => {
      expect(await this.count('payment', 'select 1 from payments where not status = any($1)', [AT_REST])).toBe(0)
      expect(await this.count('payment', 'select 1 from payment_event_queue')).toBe(0)
      for (const name of QUEUES) expect(await this.count(name, 'select 1 from event_queue limit 1000')).toBe(0)
      const [completed, counted] = await this.completedAndCounted()
      expect(counted).toEqual(completed)
    }, REST)
  }

  /** All of what follows. */
  async checkAll(sent: readonly Sent[]): Promise<void> {
    await this.checkInvariants()
    await this.checkSent(sent)
    await this.checkEvents()
    await this.checkEffects()
    await this.checkDescribed()
    await this.checkMails()
  }

  /** Every invariant of the books, and that nothing was parked or given up. */
  async checkInvariants(): Promise<void> {
    const checks = await checkInvariants({ pool: this.pools.ledger, clock: systemClock })
    expect(checks.length).toBeGreaterThan(0)
    expect(checks.filter(({ holds }) => !holds)).toEqual([])
    for (const name of QUEUES) expect(await this.count(name, 'select 1 from parked_events')).toBe(0)
    for (const topic of TOPICS) expect(await this.letters.list(topic)).toEqual([])
  }

  /** Each payment that was said yes to is there once, under its key, with no money moved by asking again. */
  async checkSent(sent: readonly Sent[]): Promise<void> {
    const ids = sent.map(({ paymentId }) => paymentId)
    expect(new Set(ids).size).toBe(ids.length)
    expect(await this.count('payment', 'select 1 from payments where id = any($1::uuid[])', [ids])).toBe(ids.length)
    const transfers = await this.count('ledger', 'select 1 from transfers')
    for (const { route, input, paymentId } of sent.slice(-20)) {
      expect(await sendOnce(route.client, input)).toBe(paymentId)
    }
    expect(await this.count('ledger', 'select 1 from transfers')).toBe(transfers)
  }

  /** Every change of a payment and every entry of the ledger was told under one id, and in order for its key. */
  async checkEvents(): Promise<void> {
    const payments = distinct(await this.told('payment.events'))
    const { rows: changes } = await this.pools.payment.query<{ change: string }>(
      `select payment_id || ' payment.' || lower(status) as change from payment_events order by 1`,
    )
    expect(payments.map(({ key, type }) => `${key} ${type}`).sort()).toEqual(changes.map(({ change }) => change).sort())

    const ledger = distinct(await this.told('ledger.transfers'))
    const entries = ledger.filter(({ type }) => type === 'ledger.entry').map(({ key, data }) => `${key} ${data.number}`)
    const { rows } = await this.pools.ledger.query<{ entry: string }>(
      `select account_id || ' ' || number as entry from entries order by 1`,
    )
    expect(entries.sort()).toEqual(rows.map(({ entry }) => entry).sort())

    for (const events of [payments, ledger]) {
      for (const [key, told] of Map.groupBy(events, (event) => event.key)) {
        const versions = told.map(({ data }) => Number(data.version))
        expect(versions, `the order of ${key}`).toEqual([...versions].sort((left, right) => left - right))
      }
    }
  }

  /** Everything that was told is described in the AsyncAPI document, and is as it is described. */
  async checkDescribed(): Promise<void> {
    for (const topic of TOPICS) {
      for (const { id, type, data } of await this.told(topic)) {
        const accepts = DESCRIBED.get(type)
        expect(accepts?.(data), `${type} ${id}: ${JSON.stringify(accepts?.errors ?? 'not described')}`).toBe(true)
      }
    }
  }

  /** Every payment has had its effect on the counters of the rules once. */
  async checkEffects(): Promise<void> {
    const [completed, counted] = await this.completedAndCounted()
    expect(counted).toEqual(completed)
    const { rows } = await this.pools['rule-engine'].query<{ counted: number; reserved: number }>(
      `select (select coalesce(sum(payments), 0)::int from usage_windows where period = 'DAY') as counted,
         (select count(*)::int from reservations where state <> 'RELEASED') as reserved`,
    )
    expect(rows[0]?.counted).toBe(rows[0]?.reserved)
  }

  /** Whoever paid was told by mail, under the id that follows from the event. */
  async checkMails(): Promise<void> {
    const completed = distinct(await this.told('payment.events')).filter(({ type }) => type === 'payment.completed')
    const wanted = completed.map(({ id }) => `${id}.completed.eml`)
    await vi.waitFor(() => {
      const kept = new Set(readdirSync(this.platform.mailDirectory))
      expect(wanted.filter((file) => !kept.has(file))).toEqual([])
    }, REST)
  }

  /** The brokers that lead partitions of our topics, and whether every partition has all its copies. */
  async leaders(): Promise<{ readonly brokers: ReadonlySet<number>; readonly complete: boolean }> {
    const admin = this.kafka.admin()
    await admin.connect()
    const { topics } = await admin.fetchTopicMetadata({ topics: [...TOPICS] }).finally(() => admin.disconnect())
    const partitions = topics.flatMap((topic) => topic.partitions)
    return {
      brokers: new Set(partitions.map(({ leader }) => leader)),
      complete: partitions.every(({ isr, replicas }) => isr.length === replicas.length),
    }
  }

  /** Keys of the events that lie in a topic. */
  async keysTold(topic: Topic): Promise<readonly string[]> {
    return (await this.told(topic)).map(({ key }) => key)
  }

  /** Payments that count for the limits of their payers. */
  async countedPayments(): Promise<readonly string[]> {
    return (await this.completedAndCounted())[1]
  }

  private async completedAndCounted(): Promise<[string[], string[]]> {
    const completed = await this.pools.payment.query<{ id: string }>(
      `select id from payments where status = 'COMPLETED' and kind <> 'DEPOSIT' order by id`,
    )
    const counted = await this.pools['rule-engine'].query<{ id: string }>(
      `select payment_id as id from reservations where state = 'COUNTED' order by payment_id`,
    )
    return [completed.rows.map(({ id }) => id), counted.rows.map(({ id }) => id)]
  }

  private async count(name: (typeof QUEUES)[number], sql: string, values: readonly unknown[] = []): Promise<number> {
    return (await this.pools[name].query(sql, [...values])).rowCount ?? 0
  }

  /** All that lies in a topic now, partition by partition in order. */
  private async told(topic: string): Promise<Told[]> {
    const admin = this.kafka.admin()
    await admin.connect()
    const offsets = await offsetsOf(admin, topic).finally(() => admin.disconnect())
    const ends = new Map(
      offsets
        .filter(({ low, high }) => Number(high) > Number(low))
        .map(({ partition, high }) => [partition, Number(high)]),
    )
    const told: Told[] = []
    if (ends.size === 0) return told
    const reader = this.kafka.consumer({ groupId: randomUUID(), maxWaitTimeInMs: 100 })
    await reader.connect()
    await reader.subscribe({ topics: [topic], fromBeginning: true })
    await new Promise<void>((resolve, reject) => {
      const run = reader.run({
        autoCommit: false,
        eachMessage: async ({ partition, message }) => {
          const { id, subject, type, data } = JSON.parse(String(message.value))
          told.push({ id, key: subject, type: String(type).replace(/\.v1$/, ''), data })
          if (Number(message.offset) + 1 >= (ends.get(partition) ?? 0)) ends.delete(partition)
          if (ends.size === 0) resolve()
        },
      })
      run.catch(reject)
    }).finally(() => reader.disconnect())
    return told
  }
}

/** Nobody has told anything of a topic that is not there. */
const offsetsOf = async (admin: Admin, topic: string) =>
  (await admin.listTopics()).includes(topic) ? await admin.fetchTopicOffsets(topic) : []

/** Each event where it was told first. */
const distinct = (told: readonly Told[]): Told[] =>
  [...new Map(told.toReversed().map((event) => [event.id, event])).values()].reverse()
