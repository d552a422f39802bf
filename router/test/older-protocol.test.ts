import { SubscriptionClient } from 'subscriptions-transport-ws'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import WebSocket from 'ws'
import { startWorld, type World } from './world.ts'

let world: World
beforeAll(async () => {
  world = await startWorld()
})
afterAll(() => world.close())

const until = (condition: () => boolean): Promise<void> =>
  vi.waitFor(() => expect(condition()).toBe(true), { timeout: 30_000, interval: 5 })

describe('a client of the older subprotocol', () => {
  it('gets events, errors and the end as it knows them, and leaves nothing behind', async () => {
    const { log } = world.subgraphs.rates
    const client = new SubscriptionClient(
      world.router.url.replace(/^http/, 'ws'),
      { connectionParams: { authorization: `Bearer ${await world.token('forex:read')}` } },
      WebSocket,
    )
    const events: unknown[] = []
    const errors: unknown[] = []
    const subscription = client
      .request({ query: 'subscription { rateChanged { mid } }' })
      .subscribe({ next: (event) => events.push(event), error: (error) => errors.push(error) })
    await until(() => log.readers === 1)
    log.append({ pair: 'EUR/USD', mid: '1.1' })
    await until(() => events.length === 1)
    expect(events).toEqual([{ data: { rateChanged: { mid: '1.1' } } }])
    subscription.unsubscribe()
    await until(() => log.readers === 0)

    client.request({ query: '{ nothing }' }).subscribe({ error: (error) => errors.push(error) })
    await until(() => errors.length === 1)
    expect(errors[0]).toMatchObject({ message: expect.stringContaining('nothing') })

    let ended = false
    client.request({ query: '{ market }' }).subscribe({
      next: (answer) => events.push(answer),
      complete: () => {
        ended = true
      },
    })
    await until(() => ended)
    expect(events.at(-1)).toEqual({ data: { market: 'open' } })
    client.close()
  })
})
