import type { Logger } from '@corridor/platform'
import { type EventBus, Undeliverable } from './bus.ts'
import { ConsumerLane, MAX_REFUSALS, type Outcome } from './consumer-lane.ts'
import type { DeliveredEvent } from './event.ts'

/** So long others wait for a consumer that is slow. */
const PATIENCE_MS = 1_000

type Waited = Outcome | 'waiting'

interface Delivered {
  readonly problem: Undeliverable | null
  /** The consumers' lanes need not know the event any more. */
  readonly forget: () => void
}

/**
 * Hands events to the consumers of this process, each in a lane of its own, as Kafka's groups are: what holds one up holds
 * up no other. An event that a consumer keeps refusing is undeliverable, with its key. One that a consumer has yet to take,
 * because it is slow or what it needs is away, is not delivered yet: published again, it goes to those alone who lack it.
 */
export function inProcessBus({ logger }: { logger: Logger }): EventBus {
  const lanes: ConsumerLane[] = []
  const closing = new AbortController()

  const deliver = async (event: DeliveredEvent, patience: Promise<'waiting'>): Promise<Delivered> => {
    const concerned = lanes.filter(({ consumer }) => consumer.topics.includes(event.topic))
    const outcomes = await Promise.all(
      concerned.map(async (lane): Promise<{ lane: ConsumerLane; outcome: Waited }> => {
        const handled = lane.submit(event)
        return { lane, outcome: await Promise.race([handled, lane.away ? WAITING : patience]) }
      }),
    )
    const all = outcomes.every(({ outcome }) => outcome === 'handled')
    const forget = (): void => {
      for (const { lane, outcome } of outcomes) {
        if (all || outcome === 'refused' || outcome === 'left') lane.forget(event)
      }
    }
    if (all) return { problem: null, forget }
    const refusing = outcomes.find(({ outcome }) => outcome === 'refused')?.lane.consumer
    const problem = refusing
      ? new Undeliverable(event.id, `The consumer ${refusing.name} failed ${MAX_REFUSALS} times.`)
      : new Undeliverable(event.id, 'A consumer has yet to take it.', { passing: true })
    return { problem, forget }
  }

  return {
    async publish(events) {
      let timer: NodeJS.Timeout | undefined
      const patience = new Promise<'waiting'>((resolve) => {
        timer = setTimeout(resolve, PATIENCE_MS, 'waiting')
      })
      const results = await Promise.all(events.map((event) => deliver(event, patience))).finally(() =>
        clearTimeout(timer),
      )
      // Not before all have their outcome: what stands behind an event that was refused must see that it was.
      for (const { forget } of results) forget()
      return results.map(({ problem }) => problem).filter((problem) => problem !== null)
    },
    subscribe: async (consumer) => void lanes.push(new ConsumerLane(consumer, { logger, closing: closing.signal })),
    close: async () => closing.abort(),
  }
}

const WAITING = Promise.resolve('waiting' as const)
