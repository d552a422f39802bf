import { readFileSync } from 'node:fs'
import { inCall, type Logger } from '@corridor/platform'
import { type IHeaders, Kafka, logLevel, Partitioners, type Producer, type SASLOptions } from 'kafkajs'
import type { KafkaConnection } from './kafka-settings.ts'

export interface KafkaClientOptions extends KafkaConnection {
  /** Names this process to the brokers, in their logs and quotas. */
  readonly clientId: string
  readonly logger: Logger
}

/**
 * Node's TimeoutNegativeWarning, once a process, is kafkajs 2.2.4's (its issue 1751, open): each connection looks every
 * millisecond whether a request waits, and counts that from -1. It loses nothing and costs some per cent of a core; no setting
 * ends it.
 */
export function connectKafka({ brokers, clientId, logger, tls, caFile, credentials }: KafkaClientOptions): Kafka {
  const write = { [logLevel.ERROR]: 'error', [logLevel.WARN]: 'warn' } as const
  return new Kafka({
    brokers: [...brokers],
    clientId,
    ...(tls === true ? { ssl: caFile === undefined ? true : { ca: readFileSync(caFile, 'utf8') } } : {}),
    // The client knows one type per mechanism; with these three all take a user and a password.
    ...(credentials === undefined ? {} : { sasl: credentials as SASLOptions }),
    logLevel: logLevel.INFO,
    // The client's own progress is detail to us; `stack`, `timestamp` and the like are the logger's to add.
    logCreator: () => (entry) => {
      const { message, error, groupId, topic, partition } = entry.log
      const level = entry.level === logLevel.ERROR || entry.level === logLevel.WARN ? write[entry.level] : 'debug'
      logger[level]({ kafka: entry.namespace, error, groupId, topic, partition }, message)
    },
  })
}

export interface TopicMessages {
  readonly topic: string
  readonly messages: { key: Buffer | string | null; value: Buffer | string | null; headers: IHeaders }[]
}

/**
 * An idempotent producer, one send at a time, so that retries inside it neither repeat nor reorder. One that failed is
 * given up: it would number the next messages like those whose fate is unknown, and the broker would drop them as repeats.
 */
export class KafkaSender {
  private producer: Producer | null = null
  private last: Promise<void> = Promise.resolve()

  constructor(private readonly kafka: Kafka) {}

  async send(topicMessages: TopicMessages[]): Promise<void> {
    const sent = this.last.then(() => this.sendNow(topicMessages))
    this.last = sent.catch(() => undefined) // The caller of this send is told; the next one starts afresh.
    return sent
  }

  async close(): Promise<void> {
    await this.last
    await this.producer?.disconnect()
    this.producer = null
  }

  private async sendNow(topicMessages: TopicMessages[]): Promise<void> {
    const producer = this.producer ?? this.newProducer()
    this.producer = producer
    try {
      await producer.connect()
      await inCall({ name: 'kafka send', attributes: describe(topicMessages) }, () =>
        producer.sendBatch({ acks: -1, topicMessages }),
      )
    } catch (error) {
      this.producer = null
      await producer.disconnect()
      throw error
    }
  }

  private newProducer(): Producer {
    return this.kafka.producer({
      idempotent: true,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      createPartitioner: Partitioners.DefaultPartitioner,
    })
  }
}

const describe = (topicMessages: readonly TopicMessages[]) => ({
  'messaging.system': 'kafka',
  'messaging.operation.name': 'send',
  'messaging.batch.message_count': topicMessages.reduce((count, { messages }) => count + messages.length, 0),
})
