import { setTimeout as delay } from 'node:timers/promises'
import { isAway, type Logger } from '@corridor/platform'
import {
  type Admin,
  type EachBatchPayload,
  type Kafka,
  type Consumer as KafkaConsumer,
  type KafkaMessage,
} from 'kafkajs'
import { type Consumer, type EventBus, Undeliverable } from './bus.ts'
import { fromCloudEvent, toCloudEvent, UnreadableEvent } from './cloud-event.ts'
import { ConsumerLag } from './consumer-lag.ts'
import { deadLetterTopic } from './dead-letter-topic.ts'
import type { DeliveredEvent, Topic } from './event.ts'
import { GroupMember } from './group-member.ts'
import { handleInTrace } from './handle-in-trace.ts'
import { connectKafka, type KafkaClientOptions, KafkaSender } from './kafka-client.ts'
import { READY_WITHIN_MS, untilReady } from './kafka-readiness.ts'
import { DEAD_LETTER_RETENTION_MS, TOPIC_RETENTION_MS } from './retention.ts'

export interface KafkaBusOptions extends KafkaClientOptions {
  /** How long a consumer's start waits for a cluster that answers to be able to serve it. `READY_WITHIN_MS` unless said. */
  readonly readyWithinMs?: number
}

export const TOPIC_PARTITIONS = 3
/** Below the broker's own limit of 1 MiB, with room for headers. */
export const MAX_EVENT_BYTES = 900_000

const MAX_ATTEMPTS = 8
const FIRST_RETRY_MS = 50
const MAX_RETRY_MS = 5_000
const SESSION_TIMEOUT_MS = 30_000
/** Of one partition; effects of different keys wait for the disk together. */
const EVENTS_AT_ONCE = 16
const COMMIT_EVERY_MS = 500
const COMMIT_EVERY_EVENTS = 200
const MAX_WAIT_MS = 100
const MAX_TOPIC_WAIT_MS = 60_000
const TOPIC_POLL_MS = 100
const TRACEPARENT = 'traceparent'

/**
 * Events through Apache Kafka, as CloudEvents in JSON: one group per consumer, one key's events in one partition. An
 * offset is committed after the effect, so that a crash or a rebalance repeats deliveries and loses none. What this
 * release cannot read, or a consumer refuses `MAX_ATTEMPTS` times, goes to the topic's dead letters and the partition
 * goes on; while a consumer's own services are away (a retryable fault) the partition waits.
 */
export function kafkaBus(options: KafkaBusOptions): EventBus {
  const { logger, prefix = '', readyWithinMs = READY_WITHIN_MS } = options
  const kafka = connectKafka(options)
  const topics = new TopicMaker(kafka, options.replicationFactor ?? 1)
  const sender = new KafkaSender(kafka)
  const lag = new ConsumerLag(kafka)
  const running: KafkaConsumer[] = []
  const closing = new AbortController()

  return {
    async publish(events) {
      const { sendable, failed } = apartFromTooLarge(events)
      if (sendable.length === 0) return failed
      await topics.ensure([...new Set(sendable.map(({ topic }) => `${prefix}${topic}`))])
      await sender.send(
        [...Map.groupBy(sendable, ({ topic }) => topic)].map(([topic, group]) => ({
          topic: `${prefix}${topic}`,
          messages: group.map((event) => ({
            key: event.key,
            value: toCloudEvent(event),
            headers: event.traceparent === null ? {} : { [TRACEPARENT]: event.traceparent },
          })),
        })),
      )
      return failed
    },

    async subscribe(consumer) {
      const names = new Map(consumer.topics.map((topic) => [`${prefix}${topic}`, topic]))
      const ready = (attempt: () => Promise<void>): Promise<void> =>
        untilReady(attempt, { consumer: consumer.name, withinMs: readyWithinMs, logger })
      await ready(() => topics.ensure([...names.keys()].flatMap((name) => [name, deadLetterTopic(name)])))
      const groupId = `${prefix}${consumer.name}`
      const client = kafka.consumer({
        groupId,
        sessionTimeout: SESSION_TIMEOUT_MS,
        maxWaitTimeInMs: MAX_WAIT_MS,
        retry: { restartOnFailure: async () => !closing.signal.aborted },
      })
      running.push(client)
      await ready(async () => {
        await client.connect()
        await client.subscribe({ topics: [...names.keys()], fromBeginning: true })
      })
      const deliver = new Delivery({ consumer, names, sender, logger, closing: closing.signal })
      const config = {
        eachBatchAutoResolve: false,
        autoCommitInterval: COMMIT_EVERY_MS,
        autoCommitThreshold: COMMIT_EVERY_EVENTS,
        partitionsConsumedConcurrently: TOPIC_PARTITIONS,
        eachBatch: (payload: EachBatchPayload) => deliver.batch(payload),
      }
      const of = { consumer: consumer.name, client, config, logger, closing: closing.signal }
      await new GroupMember({ ...of, withinMs: readyWithinMs }).join()
      lag.observe({ consumer: consumer.name, groupId, names })
    },

    async close() {
      closing.abort()
      await lag.close()
      await Promise.all(running.splice(0).map((client) => client.disconnect()))
      await sender.close()
    },
  }
}

/** Events too large for a broker cannot be delivered, nor, to keep their order, what follows them under their key. */
function apartFromTooLarge(events: readonly DeliveredEvent[]): { sendable: DeliveredEvent[]; failed: Undeliverable[] } {
  const sendable: DeliveredEvent[] = []
  const failed = new Map<string, Undeliverable>()
  for (const event of events) {
    const key = `${event.topic}\n${event.key}`
    if (failed.has(key)) continue
    const bytes = Buffer.byteLength(toCloudEvent(event))
    if (bytes <= MAX_EVENT_BYTES) sendable.push(event)
    else failed.set(key, new Undeliverable(event.id, `The event has ${bytes} bytes; ${MAX_EVENT_BYTES} are the limit.`))
  }
  return { sendable, failed: [...failed.values()] }
}

/** Makes topics that are not there, with our partitions and retention; what is there is left as it is. */
class TopicMaker {
  private readonly known = new Set<string>()

  constructor(
    private readonly kafka: Kafka,
    private readonly replicationFactor: number,
  ) {}

  async ensure(names: readonly string[]): Promise<void> {
    if (names.every((name) => this.known.has(name))) return
    const admin = this.kafka.admin()
    await admin.connect()
    try {
      const present = new Set(await admin.listTopics())
      const topics = names.filter((name) => !present.has(name)).map((topic) => this.configured(topic))
      if (topics.length > 0) {
        // Another process may make them at the same moment: then the answer is false, and they are there or soon will be.
        await admin.createTopics({ topics, waitForLeaders: false })
        await untilServed(admin, names)
      }
    } finally {
      await admin.disconnect()
    }
    for (const name of names) this.known.add(name)
  }

  private configured(topic: string) {
    const retentionMs = topic.endsWith(deadLetterTopic('')) ? DEAD_LETTER_RETENTION_MS : TOPIC_RETENTION_MS
    return {
      topic,
      numPartitions: TOPIC_PARTITIONS,
      replicationFactor: this.replicationFactor,
      configEntries: [{ name: 'retention.ms', value: String(retentionMs) }],
    }
  }
}

/** Waits until the cluster knows leaders of topics that were made just now, here or by another process. */
async function untilServed(admin: Admin, topics: readonly string[]): Promise<void> {
  const deadline = performance.now() + MAX_TOPIC_WAIT_MS
  for (;;) {
    try {
      await admin.fetchTopicMetadata({ topics: [...topics] })
      return
    } catch (error) {
      if (!isPassing(error) || performance.now() > deadline) throw error
      await delay(TOPIC_POLL_MS)
    }
  }
}

/** As the client marks what a later attempt may mend; its classes of errors are no named exports. */
const isPassing = (error: unknown): boolean =>
  error instanceof Error && 'retriable' in error && error.retriable === true

interface DeliveryOptions {
  readonly consumer: Consumer
  /** The cluster's names of the topics, and ours. */
  readonly names: ReadonlyMap<string, Topic>
  readonly sender: KafkaSender
  readonly logger: Logger
  readonly closing: AbortSignal
}

/** Hands one consumer its partitions' events, each key's in order. */
class Delivery {
  constructor(private readonly options: DeliveryOptions) {}

  /** Ends early, with the rest to be fetched again, when the partition was taken away or the bus closes. */
  async batch(payload: EachBatchPayload): Promise<void> {
    const { batch, heartbeat, commitOffsetsIfNecessary } = payload
    for (let from = 0; from < batch.messages.length; from += EVENTS_AT_ONCE) {
      if (!(await this.group(payload, batch.messages.slice(from, from + EVENTS_AT_ONCE)))) return
      await commitOffsetsIfNecessary()
      await heartbeat()
    }
  }

  /**
   * Some messages: keys side by side, each key's in order. Resolves what is dealt with up to the first that is not, and
   * answers whether that is all. Waits for every key: a group that is fetched again must not meet itself.
   */
  private async group(payload: EachBatchPayload, messages: readonly KafkaMessage[]): Promise<boolean> {
    const { batch, heartbeat, isRunning, isStale, resolveOffset } = payload
    const done = new Set<KafkaMessage>()
    const keys = [...Map.groupBy(messages, ({ key }) => key?.toString()).values()]
    const outcomes = await Promise.allSettled(
      keys.map(async (ofKey) => {
        for (const message of ofKey) {
          if (this.options.closing.aborted || !isRunning() || isStale()) return
          if (!(await this.deliver(batch.topic, batch.partition, message, heartbeat))) return
          done.add(message)
        }
      }),
    )
    const left = messages.findIndex((message) => !done.has(message))
    const last = left === -1 ? messages.at(-1) : messages[left - 1]
    if (last) resolveOffset(last.offset)
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason
    return left === -1
  }

  /** Answers whether the event is dealt with: by its effect, or as a dead letter. */
  private async deliver(
    topic: string,
    partition: number,
    message: KafkaMessage,
    heartbeat: () => Promise<void>,
  ): Promise<boolean> {
    const { consumer, logger, closing } = this.options
    for (let attempt = 1, refusals = 0; ; attempt += 1) {
      try {
        await handleInTrace(consumer, this.read(topic, message))
        return true
      } catch (error) {
        const at = { consumer: consumer.name, topic, partition, offset: message.offset, attempt }
        // While what it needs is away, waiting helps, and no event may be given up for it.
        if (!isAway(error)) refusals += 1
        if (error instanceof UnreadableEvent || refusals === MAX_ATTEMPTS) {
          logger.error({ error, ...at }, 'event sent to the dead letters')
          await this.bury({ topic, partition, message, error, attempts: attempt })
          return true
        }
        logger.warn({ error, ...at }, 'consumer failed')
      }
      if (!(await rested(attempt, closing))) return false
      await heartbeat()
    }
  }

  private read(name: string, { value, headers }: KafkaMessage): DeliveredEvent {
    const topic = this.options.names.get(name)
    if (topic === undefined || value === null) throw new UnreadableEvent('The message has no value.')
    const traceparent = headers?.[TRACEPARENT]?.toString() ?? null
    return fromCloudEvent(value.toString(), { topic, traceparent })
  }

  /** The message as it was, and why it lies there. The reason names no data: messages of errors are for the log. */
  private async bury(letter: {
    topic: string
    partition: number
    message: KafkaMessage
    error: unknown
    attempts: number
  }): Promise<void> {
    const { topic, partition, message, error, attempts } = letter
    const headers = {
      ...message.headers,
      'dead-letter-consumer': this.options.consumer.name,
      'dead-letter-reason': error instanceof UnreadableEvent ? error.message : nameOf(error),
      'dead-letter-attempts': String(attempts),
      'dead-letter-origin': `${topic}/${partition}/${message.offset}`,
    }
    const { key, value } = message
    await this.options.sender.send([{ topic: deadLetterTopic(topic), messages: [{ key, value, headers }] }])
  }
}

const nameOf = (error: unknown): string => (error instanceof Error ? error.name : typeof error)

/** Waits before the next attempt, longer each time; answers false when the bus closes meanwhile. */
async function rested(attempt: number, closing: AbortSignal): Promise<boolean> {
  try {
    const delayMs = Math.min(FIRST_RETRY_MS * 2 ** (attempt - 1), MAX_RETRY_MS)
    await delay(delayMs, undefined, { signal: closing })
    return true
  } catch (error) {
    if (closing.aborted) return false
    throw error
  }
}
