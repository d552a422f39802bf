import { describe, expect, it } from 'vitest'
import { DEFAULT_LIMITS } from '../limits.ts'
import type { Prepared } from '../operation-executor.ts'
import type { EventReader } from './federated-subscriptions.ts'
import { Response } from './response.ts'
import { SharedStreams } from './shared-streams.ts'
import type { UpstreamEvent, UpstreamSink } from './upstream.ts'

const event = (key: string, value: string): UpstreamEvent => ({
  result: { data: { value } },
  mark: { key, cursor: null },
  bytes: 10,
})

/** A reader that asks for each response by itself, and takes none before. */
interface Asking {
  next(): Promise<string | null>
  leave(): void
}

function asking(reader: EventReader): Asking {
  let told: (text: string | null) => void = () => undefined
  let goOn: (() => void) | null = null
  let isEnded = false
  return {
    next: () =>
      new Promise((resolve) => {
        told = resolve
        if (isEnded) resolve(null)
        else if (goOn) goOn()
        else {
          reader.read({
            take(response, taken) {
              goOn = taken
              told(response.text)
            },
            ended() {
              isEnded = true
              told(null)
            },
          })
        }
      }),
    leave: () => reader.leave(),
  }
}

/** Streams of one operation whose upstream is the test's. */
function world() {
  const streams = new SharedStreams({ ...DEFAULT_LIMITS, waitingEvents: 3 })
  const prepared = {} as Prepared // Only its identity counts here.
  const upstreams: UpstreamSink[] = []
  const resolved: unknown[] = []
  const overflowed: string[] = []
  let open = 0
  return {
    upstreams,
    resolved,
    overflowed,
    get open() {
      return open
    },
    join: (name: string, variables: Record<string, unknown> = {}): Asking =>
      asking(
        streams.join({
          prepared,
          variables,
          onOverflow: () => overflowed.push(name),
          open(sink) {
            upstreams.push(sink)
            open += 1
            return () => {
              open -= 1
            }
          },
          resolve: () => async (given) => {
            resolved.push(given.result.data?.value)
            if (given.result.data?.value === 'bad') throw new Error('a bug')
            return String(given.result.data?.value)
          },
          failed: (error) => new Response(`failed: ${String(error)}`),
        }),
      ),
  }
}

describe('a shared stream', () => {
  it('resolves an event once for all its readers, and another for other variables', async () => {
    const { join, upstreams, resolved } = world()
    const readers = [join('a'), join('b'), join('c'), join('d', { pair: 'EUR/USD' })]
    expect(upstreams).toHaveLength(2)
    for (const upstream of upstreams) upstream.onEvent(event('x', '1'))
    expect(await Promise.all(readers.map((reader) => reader.next()))).toEqual(['1', '1', '1', '1'])
    expect(resolved).toEqual(['1', '1'])
  })

  it('gives those who join the newest of each key, resolved before', async () => {
    const { join, upstreams, resolved } = world()
    const first = join('a')
    for (const [key, value] of [['x', '1'] as const, ['y', '2'] as const]) {
      upstreams[0]?.onEvent(event(key, value))
      await first.next()
    }
    const late = join('b')
    expect([await late.next(), await late.next()]).toEqual(['1', '2'])
    expect(resolved).toEqual(['1', '2'])
  })

  it('ends its upstream with the last reader, and begins anew with the next', async () => {
    const { join, upstreams, open, ...rest } = world()
    const [one, two] = [join('a'), join('b')]
    one.leave()
    expect(await one.next()).toBeNull()
    upstreams[0]?.onEvent(event('x', '1'))
    expect(await two.next()).toBe('1')
    two.leave()
    const again = join('c')
    expect(upstreams).toHaveLength(2)
    upstreams[1]?.onEvent(event('x', '2'))
    expect([await again.next(), rest.resolved]).toEqual(['2', ['1', '2']])
  })

  it('closes its upstream when nobody reads', () => {
    const shared = world()
    const reader = shared.join('a')
    expect(shared.open).toBe(1)
    reader.leave()
    reader.leave()
    expect(shared.open).toBe(0)
  })

  it('keeps of waiting events with one key the newest, and lets go who has too many of others', async () => {
    const { join, upstreams, overflowed } = world()
    const [slow, quick] = [join('slow'), join('quick')]
    for (const value of ['1', '2', '3', '4', '5']) {
      upstreams[0]?.onEvent(event('x', value))
      expect(await quick.next()).toBe(value)
    }
    expect(await slow.next()).toBe('5')
    for (const key of ['a', 'b', 'c', 'd']) {
      upstreams[0]?.onEvent(event(key, key))
      expect(await quick.next()).toBe(key)
    }
    expect(overflowed).toEqual(['slow'])
    expect(await slow.next()).toBeNull()
  })

  it('tells all of its upstream’s failure, and of its own', async () => {
    const { join, upstreams } = world()
    const [one, two] = [join('a'), join('b')]
    upstreams[0]?.onEvent(event('x', 'bad'))
    for (const reader of [one, two]) {
      expect([await reader.next(), await reader.next()]).toEqual(['failed: Error: a bug', null])
    }
  })
})
