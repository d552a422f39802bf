import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { checkService, type Logger, silentLogger } from '@corridor/platform'
import { freePort, startTestKafkaCluster } from '@corridor/testing'
import { AssignerProtocol, Kafka, logLevel } from 'kafkajs'
import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished, vi } from 'vitest'
import { type DeliveredEvent, kafkaBus } from '../src/index.ts'
import { numbered } from './event-bus-suite.ts'

const WAIT = { timeout: 120_000, interval: 50 }
const CASE = { timeout: 600_000 }
const [JOINS_AGAIN, NOT_READY] = ['out of its group, which it joins again', 'Kafka is not ready yet']

/** A consumer that starts, what it has seen and what it has warned of. */
function starting(of: { brokers: string[]; replicationFactor: number; readyWithinMs?: number }) {
  const warnings: string[] = []
  const logger: Logger = { ...silentLogger, warn: (...[, message]: unknown[]) => void warnings.push(String(message)) }
  const bus = kafkaBus({ ...of, clientId: 'test', logger, prefix: `${randomUUID()}.` })
  onTestFinished(() => bus.close())
  const seen: DeliveredEvent[] = []
  const joining = bus.subscribe({
    name: 'reader',
    topics: ['payment.events'],
    handle: async (event) => void seen.push(event),
  })
  return { bus, seen, warnings, joining }
}

describe('a consumer of a cluster that is not ready', () => {
  let brokers: string[]
  let complete: () => Promise<void>
  const stops: (() => Promise<void>)[] = []

  /** A cluster of two, of which one is there: what it is to keep twice cannot be kept, and so no group has a coordinator. */
  beforeAll(async () => {
    const folder = mkdtempSync(join(tmpdir(), 'corridor-half-'))
    const ports = [await freePort(), await freePort(), await freePort()] as const
    const cluster = await startTestKafkaCluster({ folder, ports })
    stops.push(async () => rmSync(folder, { recursive: true, force: true }), cluster.controller.stop)
    const start = async (index: number): Promise<void> => {
      stops.push((await cluster.startBroker(index)).stop)
    }
    await start(0)
    brokers = cluster.brokers.slice(0, 1)
    complete = () => start(1)
  })
  afterAll(async () => {
    for (const stop of stops.reverse()) await stop()
  })

  it('gives up after its limit, and says of what', CASE, async () => {
    const uncoordinated = starting({ brokers, replicationFactor: 1, readyWithinMs: 1 })
    const unmade = starting({ brokers, replicationFactor: 2, readyWithinMs: 1 })
    await Promise.all([
      expect(uncoordinated.joining).rejects.toThrow(/group coordinator/),
      expect(unmade.joining).rejects.toThrow(/topic/i),
    ])
  })

  it('waits, says so, is not up meanwhile, and starts as soon as the cluster serves it', CASE, async () => {
    const readyWithinMs = CASE.timeout
    const uncoordinated = starting({ brokers, replicationFactor: 1, readyWithinMs })
    const unmade = starting({ brokers, replicationFactor: 2, readyWithinMs })
    await vi.waitFor(() => expect(uncoordinated.warnings).toContain(JOINS_AGAIN), WAIT)
    await vi.waitFor(() => expect(unmade.warnings).toContain(NOT_READY), WAIT)
    const state = async () => (await checkService('any')).find(({ name }) => name === 'consumer reader')
    expect(await state()).not.toMatchObject({ ok: true, degraded: false })
    await complete()
    for (const { bus, joining, seen } of [uncoordinated, unmade]) {
      await joining
      const events = numbered('A', 2)
      await bus.publish(events)
      await vi.waitFor(() => expect(seen).toEqual(events), WAIT)
    }
    expect(await state()).toMatchObject({ ok: true, degraded: false })
  })

  it('does not wait for one that is not there at all', CASE, async () => {
    const nobody = starting({ brokers: [`127.0.0.1:${await freePort()}`], replicationFactor: 1 })
    await expect(nobody.joining).rejects.toThrow(/ECONNREFUSED/)
    expect(nobody.warnings).not.toContain(NOT_READY)
  })
})

describe('a consumer that its group will not have', () => {
  const brokers = inject('kafkaBrokers')

  /** A group whose members divide the partitions by a way that ours does not know: it takes none of ours. */
  async function othersIn(groupId: string, topic: string): Promise<void> {
    const other = new Kafka({ brokers, logLevel: logLevel.NOTHING }).consumer({
      groupId,
      partitionAssigners: [
        () => ({
          name: 'other',
          version: 0,
          assign: async () => [],
          protocol: ({ topics }) => ({
            name: 'other',
            metadata: AssignerProtocol.MemberMetadata.encode({ version: 0, topics, userData: Buffer.alloc(0) }),
          }),
        }),
      ],
    })
    onTestFinished(() => other.disconnect())
    await other.connect()
    await other.subscribe({ topic })
    const joined = new Promise((resolve) => other.on(other.events.GROUP_JOIN, resolve))
    await other.run({ eachMessage: async () => undefined })
    await joined
  }

  /** A process of its own, on what was built, which says when it has joined. */
  async function memberProcess(prefix: string): Promise<ChildProcess> {
    const program = `
      import { kafkaBus } from '@corridor/events'
      import { silentLogger as logger } from '@corridor/platform'
      const bus = kafkaBus({ brokers: ${JSON.stringify(brokers)}, clientId: 'test', logger, prefix: '${prefix}' })
      await bus.subscribe({ name: 'reader', topics: ['payment.events'], handle: async () => undefined })
      process.send('joined')`
    const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
      cwd: import.meta.dirname,
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
    onTestFinished(() => void child.kill('SIGKILL'))
    await Promise.race([
      once(child, 'message'),
      once(child, 'exit').then(([code]) => Promise.reject(new Error(`It ended with ${code}.`))),
    ])
    return child
  }

  it('ends its process with the reason, when it had joined before', CASE, async () => {
    const prefix = `${randomUUID()}.`
    const child = await memberProcess(prefix)
    let said = ''
    child.stderr?.on('data', (chunk) => {
      said += chunk
    })
    const ended = once(child, 'exit')
    // Its group forgets it while it is stopped, and is another's when it comes back.
    child.kill('SIGSTOP')
    const admin = new Kafka({ brokers, logLevel: logLevel.NOTHING }).admin()
    onTestFinished(() => admin.disconnect())
    await admin.connect()
    const groupId = `${prefix}reader`
    await vi.waitFor(async () => {
      const { groups } = await admin.describeGroups([groupId])
      expect(groups[0]?.members).toEqual([])
    }, WAIT)
    await othersIn(groupId, `${prefix}payment.events`)
    child.kill('SIGCONT')
    const [code] = await ended
    expect(code).toBe(1)
    expect(said).toMatch(/protocol/)
  })
})
