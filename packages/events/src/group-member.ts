import { setTimeout as delay } from 'node:timers/promises'
import { Degraded, dependsOn, type Logger } from '@corridor/platform'
import type { Consumer, ConsumerRunConfig } from 'kafkajs'
import { AGAIN_MS, isNotReady } from './kafka-readiness.ts'

export interface GroupMemberOptions {
  readonly client: Consumer
  readonly config: ConsumerRunConfig
  readonly consumer: string
  /** How long a cluster that answers may be unable to take it into its group. */
  readonly withinMs: number
  readonly logger: Logger
  readonly closing: AbortSignal
}

/** A consumer that has been out of its group for so long does not do its work. */
const DOWN_AFTER_MS = 60_000

/**
 * A consumer's place in its group, taken again when it is lost. After what kafkajs calls passing it does so itself, for as
 * long as it lasts. What a cluster that is not ready answers it calls final; then we do so, for a while. After anything
 * else the process ends, and whoever runs it starts it anew: a consumer that hears nothing must not be missed.
 */
export class GroupMember {
  private readonly first = Promise.withResolvers<void>()
  private hasJoined = false
  private outSinceMs: number | null = performance.now()

  constructor(private readonly options: GroupMemberOptions) {}

  /** Resolves when the place is taken, or the bus closes before. @throws what keeps it out for good, or for too long. */
  async join(): Promise<void> {
    const { client, consumer, closing } = this.options
    client.on(client.events.GROUP_JOIN, () => this.joined())
    client.on(client.events.CRASH, ({ payload: { error, restart } }) => this.crashed(error, restart))
    const end = dependsOn({ name: `consumer ${consumer}`, service: null, required: true, ask: () => this.assertIn() })
    closing.addEventListener('abort', () => {
      end()
      this.first.resolve()
    })
    void this.run()
    await this.first.promise
  }

  private async run(): Promise<void> {
    const { client, config, closing } = this.options
    try {
      await client.run(config)
      if (closing.aborted) await client.disconnect() // It was under way, and came back, while the bus closed.
    } catch (error) {
      this.fail(error)
    }
  }

  private joined(): void {
    this.hasJoined = true
    this.outSinceMs = null
    this.first.resolve()
  }

  private crashed(error: unknown, startsAgain: boolean): void {
    const { consumer, withinMs, logger, closing } = this.options
    this.outSinceMs ??= performance.now()
    if (closing.aborted) return
    const durationMs = Math.round(performance.now() - this.outSinceMs)
    const isPassing = startsAgain || isNotReady(error)
    const isEndless = startsAgain && this.hasJoined
    if (!isEndless && (!isPassing || durationMs > withinMs)) {
      this.fail(error)
      return
    }
    logger.warn({ error, consumer, durationMs }, 'out of its group, which it joins again')
    if (!startsAgain) void this.runAgain()
  }

  private async runAgain(): Promise<void> {
    await delay(AGAIN_MS)
    if (!this.options.closing.aborted) await this.run()
  }

  private fail(error: unknown): void {
    if (this.options.closing.aborted) return
    if (!this.hasJoined) this.first.reject(error)
    else
      queueMicrotask(() => {
        throw error
      })
  }

  /** Whether events reach it: for the readiness of the process. */
  private assertIn(): void {
    if (this.outSinceMs === null) return
    if (performance.now() - this.outSinceMs > DOWN_AFTER_MS) throw new OutOfGroup()
    throw new Degraded('out of its group')
  }
}

class OutOfGroup extends Error {
  override readonly name = 'OutOfGroup'
}
