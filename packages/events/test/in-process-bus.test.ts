import { silentLogger } from '@corridor/platform'
import { expect, it, onTestFinished, vi } from 'vitest'
import { inProcessBus } from '../src/index.ts'
import { describeEventBus, eventOf } from './event-bus-suite.ts'

const WAIT = { timeout: 30_000, interval: 20 }

describeEventBus('the bus of one process', () => inProcessBus({ logger: silentLogger }))

it('handles nothing of a key behind an event that was refused while nobody waited', async () => {
  const bus = inProcessBus({ logger: silentLogger })
  onTestFinished(() => bus.close())
  const slow = Promise.withResolvers<void>()
  const handle = vi.fn(async ({ data }: { data: { number?: unknown } }) => {
    await slow.promise
    if (data.number === 0) throw new Error('never')
  })
  await bus.subscribe({ name: 'reader', topics: ['payment.events'], handle })
  const [first, second] = [eventOf('A', { number: 0 }), eventOf('A', { number: 1 })]
  expect((await bus.publish([first])).map(({ passing }) => passing)).toEqual([true])
  slow.resolve()
  await vi.waitFor(() => expect(handle).toHaveBeenCalledTimes(5), WAIT)
  expect((await bus.publish([second])).map(({ passing }) => passing)).toEqual([true])
  expect((await bus.publish([first, second])).map(({ passing }) => passing)).toEqual([false, true])
  expect(handle).toHaveBeenCalledTimes(5)
})

it('handles nothing of a key behind an event that is refused, however much stands there', async () => {
  const bus = inProcessBus({ logger: silentLogger })
  onTestFinished(() => bus.close())
  const handled: unknown[] = []
  await bus.subscribe({
    name: 'reader',
    topics: ['payment.events'],
    async handle({ data }) {
      if (data.number === 0) throw new Error('never')
      handled.push(data.number)
    },
  })
  const events = Array.from({ length: 13 }, (_, number) => eventOf('A', { number }))
  expect((await bus.publish(events)).map(({ passing }) => passing)).toEqual([false, ...Array(12).fill(true)])
  expect(handled).toEqual([])
})
