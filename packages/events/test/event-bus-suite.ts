import { randomUUID } from 'node:crypto'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import type { DeliveredEvent, EventBus, EventData } from '../src/index.ts'

const WAIT = { timeout: 40_000, interval: 20 }

/** An event of a payment, as the relay would hand it over. */
export const eventOf = (key: string, data: EventData): DeliveredEvent => ({
  id: randomUUID(),
  topic: 'payment.events',
  key,
  type: 'payment.completed',
  data,
  occurredAt: new Date('2026-11-02T12:00:00.123Z'),
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
})

export const numbered = (key: string, count: number): DeliveredEvent[] =>
  Array.from({ length: count }, (_, number) => eventOf(key, { number }))

/** What holds of every bus. `createBus` answers one that shares nothing with the bus of another test. */
export function describeEventBus(name: string, createBus: () => EventBus): void {
  const opened = (): EventBus => {
    const bus = createBus()
    onTestFinished(() => bus.close())
    return bus
  }
  const subscribed = async (bus: EventBus, consumer: string, handle: (event: DeliveredEvent) => Promise<void>) =>
    bus.subscribe({ name: consumer, topics: ['payment.events'], handle })

  describe(name, () => {
    it('delivers an event as it was published', async () => {
      const bus = opened()
      const seen: DeliveredEvent[] = []
      await subscribed(bus, 'reader', async (event) => void seen.push(event))
      const event = eventOf('A', { amountMinor: '1050', nested: { list: [1, null, true, 'ä'] } })
      expect(await bus.publish([event])).toEqual([])
      await vi.waitFor(() => expect(seen).toEqual([event]), WAIT)
    })

    it('keeps the order within each key', async () => {
      const bus = opened()
      const seen: DeliveredEvent[] = []
      await subscribed(bus, 'reader', async (event) => void seen.push(event))
      const keys = ['A', 'B', 'C', 'D', 'E', 'F']
      for (let round = 0; round < 5; round += 1) {
        await bus.publish(
          keys.flatMap((key) => [eventOf(key, { number: 2 * round }), eventOf(key, { number: 2 * round + 1 })]),
        )
      }
      await vi.waitFor(() => expect(seen).toHaveLength(60), WAIT)
      for (const key of keys) {
        const numbers = seen.filter((event) => event.key === key).map(({ data }) => data.number)
        expect(numbers).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
      }
    })

    it('delivers to every consumer of the topic and to no other', async () => {
      const bus = opened()
      const seen: string[] = []
      await subscribed(bus, 'first', async () => void seen.push('first'))
      await subscribed(bus, 'second', async () => void seen.push('second'))
      const other: DeliveredEvent[] = []
      await bus.subscribe({ name: 'other', topics: ['wallet.events'], handle: async (event) => void other.push(event) })
      await bus.publish([eventOf('A', {})])
      await bus.publish([{ ...eventOf('A', {}), topic: 'wallet.events' }])
      await vi.waitFor(() => {
        expect([...seen].sort()).toEqual(['first', 'second'])
        expect(other.map(({ topic }) => topic)).toEqual(['wallet.events'])
      }, WAIT)
    })

    it('tries again in place what a consumer refused, before the next of its key', async () => {
      const bus = opened()
      const seen: unknown[] = []
      let refusals = 3
      await subscribed(bus, 'reader', async ({ data }) => {
        if (data.number === 0 && refusals > 0) {
          refusals -= 1
          throw new Error('not now')
        }
        seen.push(data.number)
      })
      await bus.publish(numbered('A', 3))
      await vi.waitFor(() => expect(seen).toEqual([0, 1, 2]), WAIT)
      expect(refusals).toBe(0)
    })

    it('goes on with other keys when one event is refused for ever', async () => {
      const bus = opened()
      const seen: string[] = []
      await subscribed(bus, 'reader', async ({ key }) => {
        if (key === 'poison') throw new Error('never')
        seen.push(key)
      })
      await bus.publish([...numbered('poison', 1), ...['A', 'B', 'C', 'D', 'E', 'F'].map((key) => eventOf(key, {}))])
      await vi.waitFor(() => expect([...seen].sort()).toEqual(['A', 'B', 'C', 'D', 'E', 'F']), WAIT)
    })
  })
}
