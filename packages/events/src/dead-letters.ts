import type { Consumer, Kafka, KafkaMessage } from 'kafkajs'
import { deadLetterTopic } from './dead-letter-topic.ts'
import type { Topic } from './event.ts'
import { connectKafka, type KafkaClientOptions, KafkaSender } from './kafka-client.ts'

/** A message that a consumer gave up, as it lies in the dead letters of its topic. */
export interface DeadLetter {
  readonly partition: number
  readonly offset: string
  readonly key: string
  readonly consumer: string
  readonly reason: string
  /** When it was given up. */
  readonly at: Date
}

/** Remembers, by its offsets, which letters were replayed. */
const GROUP = 'corridor.dead-letters'
const MAX_WAIT_MS = 100
const LETTER_HEADER = /^dead-letter-/

/**
 * The dead letters of a cluster. Replaying sends them to their topic again, as they were, in the order in which they were
 * given up: every consumer of the topic sees them, and those that have handled them leave them alone, by their ids.
 */
export class DeadLetters {
  private readonly kafka: Kafka
  private readonly prefix: string

  constructor(options: KafkaClientOptions) {
    this.kafka = connectKafka(options)
    this.prefix = options.prefix ?? ''
  }

  /** Those that have not been replayed. */
  async list(topic: Topic): Promise<readonly DeadLetter[]> {
    const letters: DeadLetter[] = []
    await this.readEach(topic, async (partition, message) => void letters.push(letterOf(partition, message)))
    return letters
  }

  /** Answers how many were sent; a crash in between sends some of them once more. */
  async replay(topic: Topic): Promise<number> {
    const sender = new KafkaSender(this.kafka)
    let replayed = 0
    try {
      await this.readEach(topic, async (partition, { key, value, headers = {}, offset }, reader) => {
        const original = Object.entries(headers).filter(([name]) => !LETTER_HEADER.test(name))
        const messages = [{ key, value, headers: Object.fromEntries(original) }]
        await sender.send([{ topic: `${this.prefix}${topic}`, messages }])
        const next = String(BigInt(offset) + 1n)
        await reader.commitOffsets([{ topic: this.nameOf(topic), partition, offset: next }])
        replayed += 1
      })
    } finally {
      await sender.close()
    }
    return replayed
  }

  private nameOf(topic: Topic): string {
    return deadLetterTopic(`${this.prefix}${topic}`)
  }

  /** Reads what lies there now and was not replayed, partition by partition in order. */
  private async readEach(
    topic: Topic,
    take: (partition: number, message: KafkaMessage, reader: Consumer) => Promise<void>,
  ): Promise<void> {
    const ends = await this.pendingEnds(this.nameOf(topic))
    if (ends.size === 0) return
    const reader = this.kafka.consumer({ groupId: `${this.prefix}${GROUP}`, maxWaitTimeInMs: MAX_WAIT_MS })
    await reader.connect()
    try {
      await reader.subscribe({ topics: [this.nameOf(topic)], fromBeginning: true })
      await new Promise<void>((resolve, reject) => {
        reader.on(reader.events.CRASH, ({ payload }) => reject(payload.error))
        const run = reader.run({
          autoCommit: false,
          eachMessage: async ({ partition, message }) => {
            const end = ends.get(partition)
            if (end === undefined) return
            await take(partition, message, reader)
            if (BigInt(message.offset) + 1n >= end) ends.delete(partition)
            if (ends.size === 0) resolve()
          },
        })
        run.catch(reject)
      })
    } finally {
      await reader.disconnect()
    }
  }

  /** By partition, the offset behind the last letter, where there are letters that were not replayed. */
  private async pendingEnds(name: string): Promise<Map<number, bigint>> {
    const admin = this.kafka.admin()
    await admin.connect()
    try {
      if (!(await admin.listTopics()).includes(name)) return new Map()
      const [committed] = await admin.fetchOffsets({ groupId: `${this.prefix}${GROUP}`, topics: [name] })
      const replayed = new Map(committed?.partitions.map(({ partition, offset }) => [partition, BigInt(offset)]))
      const all = await admin.fetchTopicOffsets(name)
      return new Map(
        all
          .map(({ partition, low, high }) => ({ partition, low: BigInt(low), high: BigInt(high) }))
          .filter(({ partition, low, high }) => largest(low, replayed.get(partition)) < high)
          .map(({ partition, high }) => [partition, high]),
      )
    } finally {
      await admin.disconnect()
    }
  }
}

/** A group that has replayed nothing of a partition stands at -1. */
const largest = (low: bigint, replayed: bigint = -1n): bigint => (replayed > low ? replayed : low)

const letterOf = (partition: number, { offset, key, headers = {}, timestamp }: KafkaMessage): DeadLetter => ({
  partition,
  offset,
  key: key?.toString() ?? '',
  consumer: headers['dead-letter-consumer']?.toString() ?? '',
  reason: headers['dead-letter-reason']?.toString() ?? '',
  at: new Date(Number(timestamp)),
})
