import type { Logger } from '@corridor/platform'
import { type Consumer, type EventBus, Undeliverable } from './bus.ts'
import type { DeliveredEvent } from './event.ts'
import { handleInTrace } from './handle-in-trace.ts'

const MAX_ATTEMPTS = 5
const FIRST_RETRY_MS = 20
/** Consumers that share a statement among events at hand share it among so many. */
const KEYS_AT_ONCE = 128

/**
 * Hands events to the consumers of this process: keys side by side, each key's events in order. An event whose
 * consumer keeps throwing is undeliverable, and holds up its own key alone.
 */
export function inProcessBus({ logger }: { logger: Logger }): EventBus {
  const consumers: Consumer[] = []

  const deliver = async (consumer: Consumer, event: DeliveredEvent): Promise<void> => {
    for (let attempt = 1; ; attempt += 1) {
      try {
        await handleInTrace(consumer, event)
        return
      } catch (error) {
        logger.warn({ error, consumer: consumer.name, event: event.id, attempt }, 'consumer failed')
        if (attempt === MAX_ATTEMPTS) throw error
        await new Promise((resolve) => setTimeout(resolve, FIRST_RETRY_MS * 2 ** (attempt - 1)))
      }
    }
  }

  /** One key's events in order, up to the first that fails. */
  const deliverKey = async (events: readonly DeliveredEvent[]): Promise<readonly Undeliverable[]> => {
    for (const event of events) {
      for (const consumer of consumers) {
        if (!consumer.topics.includes(event.topic)) continue
        try {
          await deliver(consumer, event)
        } catch (cause) {
          return [new Undeliverable(event.id, `The consumer ${consumer.name} failed ${MAX_ATTEMPTS} times.`, { cause })]
        }
      }
    }
    return []
  }

  return {
    async publish(events) {
      const keys = [...Map.groupBy(events, (event) => `${event.topic}\n${event.key}`).values()]
      const failed: Undeliverable[] = []
      const work = async (): Promise<void> => {
        for (let next = keys.shift(); next; next = keys.shift()) failed.push(...(await deliverKey(next)))
      }
      await Promise.all(Array.from({ length: Math.min(KEYS_AT_ONCE, keys.length) }, work))
      return failed
    },
    subscribe: async (consumer) => void consumers.push(consumer),
    close: async () => void consumers.splice(0),
  }
}
