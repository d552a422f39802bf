import { type Counter, counter, gauge, onRead, type Pool } from '@corridor/platform'
import { readLag } from './parked.ts'

const DOMAINS = { first: 8 }
const MILLISECONDS = 1_000

const waiting = gauge({
  name: 'corridor.outbox.waiting',
  unit: '{event}',
  description: 'Committed events that are not delivered yet.',
  attributes: { domain: DOMAINS },
  inStatus: true,
})
const oldest = gauge({
  name: 'corridor.outbox.lag',
  unit: 's',
  description: 'How long the oldest event that is not delivered has waited.',
  attributes: { domain: DOMAINS },
  inStatus: true,
})
const parked = gauge({
  name: 'corridor.outbox.parked',
  unit: '{event}',
  description: 'Events that could not be delivered, each holding up its key.',
  attributes: { domain: DOMAINS },
  inStatus: true,
})
const relayed = counter({
  name: 'corridor.outbox.relayed',
  unit: '{event}',
  description: 'Events that a relay has delivered.',
  attributes: { domain: DOMAINS },
})
const lag = gauge({
  name: 'corridor.consumer.lag',
  unit: '{event}',
  description:
    'Events of a partition that a consumer has yet to handle; every member of its group tells of all partitions.',
  attributes: { consumer: { first: 12 }, topic: { first: 8 }, partition: { first: 12 } },
  inStatus: true,
})
const consumed = counter({
  name: 'corridor.consumer.events',
  unit: '{event}',
  description: 'Events that a consumer was given, by what came of it.',
  attributes: { consumer: { first: 20 }, outcome: ['handled', 'failed'] },
})
const rounds = counter({
  name: 'corridor.loop.rounds',
  unit: '{round}',
  description: 'Rounds of a loop, by what came of them.',
  attributes: { loop: { first: 40 }, outcome: ['done', 'failed'] },
})

/** Keeps a domain's lag known, whenever somebody looks. The answer ends it. */
export const observeOutbox = (domain: string, pool: Pool): (() => void) =>
  onRead({
    name: `outbox ${domain}`,
    async read() {
      const found = await readLag(pool)
      waiting.of({ domain }).set(found.waiting)
      oldest.of({ domain }).set(found.oldestMs / MILLISECONDS)
      parked.of({ domain }).set(found.parked)
    },
  })

export const countRelayed = (domain: string, events: number): void => relayed.of({ domain }).add(events)

export const tellConsumerLag = (at: { consumer: string; topic: string; partition: number }, events: number): void =>
  lag.of({ ...at, partition: String(at.partition) }).set(events)

/** The series of a loop, to be kept by it. */
export const roundsOf = (loop: string) => ({
  done: rounds.of({ loop, outcome: 'done' }),
  failed: rounds.of({ loop, outcome: 'failed' }),
})

const ofConsumers = new Map<string, { readonly handled: Counter; readonly failed: Counter }>()

/** The series of a consumer, looked up once: it is told of every event. */
function ofConsumer(consumer: string) {
  const known = ofConsumers.get(consumer)
  if (known) return known
  const series = {
    handled: consumed.of({ consumer, outcome: 'handled' }),
    failed: consumed.of({ consumer, outcome: 'failed' }),
  }
  ofConsumers.set(consumer, series)
  return series
}

/** Counts an attempt at an event by what came of it. */
export async function countConsumed(consumer: string, handling: Promise<void>): Promise<void> {
  const { handled, failed } = ofConsumer(consumer)
  try {
    await handling
    handled.add()
  } catch (error) {
    failed.add()
    throw error
  }
}
