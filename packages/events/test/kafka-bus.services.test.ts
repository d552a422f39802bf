import { randomUUID } from 'node:crypto'
import { allMetrics, Fault, Gauge, readAll, silentLogger } from '@corridor/platform'
import { Kafka, logLevel } from 'kafkajs'
import { describe, expect, inject, it, onTestFinished, vi } from 'vitest'
import {
  DeadLetters,
  type DeliveredEvent,
  deadLetterTopic,
  type EventBus,
  kafkaBus,
  MAX_EVENT_BYTES,
  TOPIC_PARTITIONS,
  TOPIC_RETENTION_MS,
} from '../src/index.ts'
import { describeEventBus, eventOf, numbered } from './event-bus-suite.ts'

const WAIT = { timeout: 30_000, interval: 20 }
const brokers = inject('kafkaBrokers')
const kafka = new Kafka({ brokers, logLevel: logLevel.NOTHING })
const newPrefix = (): string => `${randomUUID()}.`

const busOf = (prefix: string): EventBus => kafkaBus({ brokers, clientId: 'test', logger: silentLogger, prefix })

function opened(prefix: string): EventBus {
  const bus = busOf(prefix)
  onTestFinished(() => bus.close())
  return bus
}

const reader = (handle: (event: DeliveredEvent) => Promise<void>) => ({
  name: 'reader',
  topics: ['payment.events'] as const,
  handle,
})

/** The messages of a topic, as they come, read by a group of its own. */
async function messagesOf(topic: string) {
  const messages: { key: string; value: string; headers: Record<string, string> }[] = []
  const client = kafka.consumer({ groupId: randomUUID(), maxWaitTimeInMs: 100 })
  onTestFinished(() => client.disconnect())
  await client.connect()
  await client.subscribe({ topics: [topic], fromBeginning: true })
  await client.run({
    eachMessage: async ({ message: { key, value, headers = {} } }) => {
      const texts = Object.entries(headers).map(([name, text]) => [name, String(text)])
      messages.push({ key: String(key), value: String(value), headers: Object.fromEntries(texts) })
    },
  })
  return messages
}

async function sendRaw(topic: string, ...values: string[]): Promise<void> {
  const producer = kafka.producer()
  await producer.connect()
  await producer.send({ topic, messages: values.map((value) => ({ key: 'A', value })) })
  await producer.disconnect()
}

describeEventBus('the bus of Kafka', () => busOf(newPrefix()))

describe('the bus of Kafka, besides', () => {
  it('makes topics with stated partitions and retention', async () => {
    const prefix = newPrefix()
    await opened(prefix).publish(numbered('A', 1))
    const admin = kafka.admin()
    onTestFinished(() => admin.disconnect())
    await admin.connect()
    const topic = `${prefix}payment.events`
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
    expect(topics[0]?.partitions).toHaveLength(TOPIC_PARTITIONS)
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: 2, name: topic, configNames: ['retention.ms'] }],
    })
    expect(resources[0]?.configEntries[0]?.configValue).toBe(String(TOPIC_RETENTION_MS))
  })

  it('says how far a consumer is behind, of one that is stuck as well', { timeout: 120_000 }, async () => {
    const bus = opened(newPrefix())
    let pass = (): void => undefined
    const stuck = new Promise<void>((resolve) => {
      pass = resolve
    })
    const handled: string[] = []
    await bus.publish(numbered('A', 3))
    await bus.subscribe(
      reader(async ({ id }) => {
        await stuck
        handled.push(id)
      }),
    )
    const behind = async (): Promise<number> => {
      await readAll()
      const series = [
        ...(allMetrics()
          .find(({ options }) => options.name === 'corridor.consumer.lag')
          ?.all() ?? []),
      ]
      const ours = series.filter(({ attributes }) => attributes.topic === 'payment.events')
      return ours.reduce((sum, { series: lag }) => sum + (lag instanceof Gauge ? lag.value : 0), 0)
    }
    await vi.waitFor(async () => expect(await behind()).toBe(3), WAIT)
    await bus.publish(numbered('B', 2))
    await vi.waitFor(async () => expect(await behind()).toBe(5), WAIT)
    pass()
    await vi.waitFor(async () => expect(await behind()).toBe(0), WAIT)
    expect(handled).toHaveLength(5)
  })

  it('writes CloudEvents 1.0 under the key, with the trace in a header', async () => {
    const prefix = newPrefix()
    const event = eventOf('A', { amountMinor: '5' })
    await opened(prefix).publish([event])
    const messages = await messagesOf(`${prefix}payment.events`)
    await vi.waitFor(() => expect(messages).toHaveLength(1), WAIT)
    expect(messages[0]?.key).toBe('A')
    expect(messages[0]?.headers).toEqual({ traceparent: event.traceparent })
    expect(JSON.parse(messages[0]?.value ?? '')).toEqual({
      specversion: '1.0',
      id: event.id,
      source: '/corridor/payment.events',
      type: 'payment.completed.v1',
      time: '2026-11-02T12:00:00.123Z',
      subject: 'A',
      datacontenttype: 'application/json',
      data: { amountMinor: '5' },
    })
  })

  it('shows the broker who it is, and is turned away with a wrong password', async () => {
    const { brokers: guarded, username, password } = inject('kafkaLogin')
    const as = (secret: string): EventBus =>
      kafkaBus({
        brokers: guarded,
        clientId: 'test',
        logger: silentLogger,
        prefix: newPrefix(),
        credentials: { mechanism: 'plain', username, password: secret },
      })
    const known = as(password)
    onTestFinished(() => known.close())
    const seen: DeliveredEvent[] = []
    await known.subscribe(reader(async (event) => void seen.push(event)))
    const events = numbered('A', 1)
    await known.publish(events)
    await vi.waitFor(() => expect(seen).toEqual(events), WAIT)
    const unknown = as('wrong')
    onTestFinished(() => unknown.close())
    await expect(unknown.publish(events)).rejects.toThrow(/SASL PLAIN authentication failed/)
  })

  it('sends dead letters again, as they were, once each, to a consumer that takes them by now', async () => {
    const prefix = newPrefix()
    const letters = new DeadLetters({ brokers, clientId: 'test', logger: silentLogger, prefix })
    expect(await letters.list('payment.events')).toEqual([])
    const bus = opened(prefix)
    const seen: DeliveredEvent[] = []
    let mended = false
    await bus.subscribe(
      reader(async (event) => {
        if (!mended) throw new RangeError('not yet')
        seen.push(event)
      }),
    )
    const events = numbered('A', 2)
    await bus.publish(events)
    await vi.waitFor(async () => {
      const found = await letters.list('payment.events')
      expect(found.map(({ key, consumer, reason }) => [key, consumer, reason])).toEqual([
        ['A', 'reader', 'RangeError'],
        ['A', 'reader', 'RangeError'],
      ])
    }, WAIT)
    mended = true
    expect(await letters.replay('payment.events')).toBe(2)
    await vi.waitFor(() => expect(seen).toEqual(events), WAIT)
    expect(await letters.list('payment.events')).toEqual([])
    expect(await letters.replay('payment.events')).toBe(0)
  })

  it('sends to the dead letters what a consumer refuses for ever, with the reason, and goes on', async () => {
    const prefix = newPrefix()
    const bus = opened(prefix)
    const seen: unknown[] = []
    await bus.subscribe(
      reader(async ({ data }) => {
        if (data.number === 0) throw new RangeError('never')
        seen.push(data.number)
      }),
    )
    const events = numbered('A', 2)
    await bus.publish(events)
    await vi.waitFor(() => expect(seen).toEqual([1]), WAIT)
    const letters = await messagesOf(deadLetterTopic(`${prefix}payment.events`))
    await vi.waitFor(() => expect(letters).toHaveLength(1), WAIT)
    expect(JSON.parse(letters[0]?.value ?? '')).toMatchObject({ id: events[0]?.id })
    expect(letters[0]).toMatchObject({
      key: 'A',
      headers: {
        'dead-letter-consumer': 'reader',
        'dead-letter-reason': 'RangeError',
        traceparent: events[0]?.traceparent,
      },
    })
  })

  it('refuses an unknown major version and what is no event, and accepts added fields', async () => {
    const prefix = newPrefix()
    const bus = opened(prefix)
    const seen: DeliveredEvent[] = []
    await bus.subscribe(reader(async (event) => void seen.push(event)))
    const topic = `${prefix}payment.events`
    const message = {
      specversion: '1.0',
      id: randomUUID(),
      source: '/corridor/payment.events',
      type: 'payment.completed.v1',
      time: '2026-11-02T12:00:00Z',
      subject: 'A',
      data: { number: 1, added: 'field' },
      addedattribute: 'x',
    }
    const unknown = { ...message, type: 'payment.completed.v2' }
    await sendRaw(topic, JSON.stringify(unknown), 'no event', JSON.stringify(message))
    await vi.waitFor(() => expect(seen.map(({ data }) => data)).toEqual([{ number: 1, added: 'field' }]), WAIT)
    const letters = await messagesOf(deadLetterTopic(topic))
    await vi.waitFor(() => expect(letters).toHaveLength(2), WAIT)
    expect(letters.map(({ headers }) => headers['dead-letter-reason'])).toEqual([
      'The event is of major version 2; this release reads 1.',
      'The message is no JSON.',
    ])
  })

  it('waits while what a consumer needs is away, longer than it would for a refusal', async () => {
    const prefix = newPrefix()
    const bus = opened(prefix)
    const seen: unknown[] = []
    let attempts = 0
    await bus.subscribe(
      reader(async ({ data }) => {
        attempts += 1
        if (attempts <= 9) throw new Fault('SERVICE_UNAVAILABLE', 'away')
        seen.push(data.number)
      }),
    )
    await bus.publish(numbered('A', 2))
    await vi.waitFor(() => expect(seen).toEqual([0, 1]), WAIT)
  })

  it('delivers again, and loses nothing, when it closes before an effect', async () => {
    const prefix = newPrefix()
    const first = busOf(prefix)
    let refused = 0
    const seen: unknown[] = []
    await first.subscribe(
      reader(async ({ data }) => {
        if (data.number === 5) {
          refused += 1
          throw new Error('not here')
        }
        seen.push(data.number)
      }),
    )
    await first.publish(numbered('A', 10))
    await vi.waitFor(() => expect(refused).toBeGreaterThan(0), WAIT)
    await first.close()
    expect(seen).toEqual([0, 1, 2, 3, 4])
    await opened(prefix).subscribe(reader(async ({ data }) => void seen.push(data.number)))
    await vi.waitFor(() => expect(seen).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]), WAIT)
  })

  it('loses nothing when a second member joins the group and the first one leaves', async () => {
    const prefix = newPrefix()
    const first = busOf(prefix)
    const seen = new Set<string>()
    const membersSeen = new Set<string>()
    const memberOf = (name: string) =>
      reader(async ({ id }) => {
        seen.add(id)
        membersSeen.add(name)
      })
    await first.subscribe(memberOf('first'))
    const published: string[] = []
    const publisher = opened(prefix)
    const publishSome = async (): Promise<void> => {
      const events = Array.from({ length: 60 }, (_, number) => eventOf(`key-${number}`, { number }))
      await publisher.publish(events)
      published.push(...events.map(({ id }) => id))
    }
    await publishSome()
    await vi.waitFor(() => expect(seen.size).toBe(published.length), WAIT)
    const joining = opened(prefix).subscribe(memberOf('second'))
    await publishSome()
    await joining
    await vi.waitFor(async () => {
      await publishSome()
      expect(membersSeen).toContain('second')
    }, WAIT)
    await Promise.all([first.close(), publishSome()])
    await publishSome()
    await vi.waitFor(() => expect(published.filter((id) => !seen.has(id))).toEqual([]), WAIT)
  })

  it('answers an event too large for a broker, and holds back what follows it under its key', async () => {
    const prefix = newPrefix()
    const bus = opened(prefix)
    const tooLarge = eventOf('A', { text: 'x'.repeat(MAX_EVENT_BYTES) })
    const [failed, ...others] = await bus.publish([tooLarge, eventOf('A', { number: 1 }), eventOf('B', { number: 2 })])
    expect(failed?.eventId).toBe(tooLarge.id)
    expect(others).toEqual([])
    const messages = await messagesOf(`${prefix}payment.events`)
    await vi.waitFor(() => expect(messages.map(({ key }) => key)).toEqual(['B']), WAIT)
  })
})
