import { onRead } from '@corridor/platform'
import type { Admin, Kafka } from 'kafkajs'
import type { Topic } from './event.ts'
import { tellConsumerLag } from './event-metrics.ts'

/** What Kafka answers for a partition of which the group has committed nothing. */
const NOTHING_COMMITTED = '-1'

/** How far groups are behind, asked of the brokers: a consumer that is stuck would say nothing of it. */
export class ConsumerLag {
  private readonly ends: (() => void)[] = []
  private admin: Promise<Admin> | null = null

  constructor(private readonly kafka: Kafka) {}

  /** Makes the lag of a consumer known in all partitions of its topics, those of other members included. */
  observe(of: {
    readonly consumer: string
    readonly groupId: string
    /** The cluster's names of the topics, and ours. */
    readonly names: ReadonlyMap<string, Topic>
  }): void {
    const { consumer, groupId, names } = of
    const read = async (): Promise<void> => {
      const admin = await this.connected()
      const committed = await admin.fetchOffsets({ groupId, topics: [...names.keys()] })
      for (const { topic: name, partitions } of committed) {
        const topic = names.get(name) ?? name
        const ends = new Map((await admin.fetchTopicOffsets(name)).map((end) => [end.partition, end]))
        for (const { partition, offset } of partitions) {
          const end = ends.get(partition)
          if (end === undefined) continue
          const next = offset === NOTHING_COMMITTED ? end.low : offset
          tellConsumerLag({ consumer, topic, partition }, Number(BigInt(end.high) - BigInt(next)))
        }
      }
    }
    this.ends.push(onRead({ name: `lag of ${consumer}`, read }))
  }

  async close(): Promise<void> {
    for (const end of this.ends.splice(0)) end()
    const { admin } = this
    this.admin = null
    await (await admin)?.disconnect()
  }

  private connected(): Promise<Admin> {
    this.admin ??= this.connect().catch((error: unknown) => {
      this.admin = null
      throw error
    })
    return this.admin
  }

  private async connect(): Promise<Admin> {
    const admin = this.kafka.admin()
    await admin.connect()
    return admin
  }
}
