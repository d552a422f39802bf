import { type Client, createClient } from 'graphql-ws'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import WebSocket from 'ws'
import { type Answer, codesOf, startWorld, type World } from './world.ts'

let world: World
const clients: Client[] = []

beforeAll(async () => {
  world = await startWorld({ limits: { waitingEvents: 20 } })
})
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.dispose()))
})
afterAll(() => world.close())

interface Watch {
  readonly answers: Answer[]
  readonly ended: Promise<unknown>
  leave(): void
}

const wsUrl = (): string => world.router.url.replace(/^http/, 'ws')

async function watch(query: string, scopes: string, variables: Record<string, unknown> = {}): Promise<Watch> {
  const token = await world.token(scopes)
  const client = createClient({
    url: wsUrl(),
    webSocketImpl: WebSocket,
    connectionParams: { authorization: `Bearer ${token}` },
    retryAttempts: 0,
  })
  clients.push(client)
  const answers: Answer[] = []
  let leave: () => void = () => undefined
  const ended = new Promise<unknown>((resolve) => {
    leave = client.subscribe(
      { query, variables },
      { next: (answer) => answers.push(answer as Answer), error: resolve, complete: () => resolve(null) },
    )
  })
  return { answers, ended, leave: () => leave() }
}

/** Waits until `condition` holds. */
const until = (condition: () => boolean): Promise<void> =>
  vi.waitFor(() => expect(condition()).toBe(true), { timeout: 30_000, interval: 5 })

const statusOf = ({ data }: Answer): unknown => {
  const event = data?.paymentChanged
  return typeof event === 'object' && event !== null && 'status' in event ? event.status : undefined
}

const pay = (status: string, note = ''): void => {
  const { log } = world.subgraphs.payments
  log.append({ cursor: String(log.events.length + 1), status, note, payer: { id: 'anna' } })
}

describe('a subscription', () => {
  it('resolves the fields of other subgraphs for every event', async () => {
    const { log } = world.subgraphs.payments
    const reader = await watch('subscription { paymentChanged { status note payer { displayName } } }', 'payments:read')
    await until(() => log.readers === 1)
    pay('CREATED', 'for "Ann\\Bob"')
    pay('SENT')
    await until(() => reader.answers.length === 2)
    expect(reader.answers.map(({ data }) => data)).toEqual([
      { paymentChanged: { status: 'CREATED', note: 'for "Ann\\Bob"', payer: { displayName: 'Name of anna' } } },
      { paymentChanged: { status: 'SENT', note: '', payer: { displayName: 'Name of anna' } } },
    ])
    reader.leave()
    await until(() => log.readers === 0)
  })

  it('is refused whole without its scope, and below the root leaves null where a scope is missing', async () => {
    const query = 'subscription { changed: paymentChanged { status payer { ... on User { hidden: secret } } } }'
    const refused = await watch(query, 'profile:read')
    await refused.ended
    expect(refused.answers.map(codesOf)).toEqual([['UNAUTHORIZED_FIELD_OR_TYPE']])

    const { log } = world.subgraphs.payments
    const reader = await watch(query, 'payments:read')
    await until(() => log.readers === 1)
    pay('CREATED')
    await until(() => reader.answers.length === 1)
    expect(reader.answers[0]?.data).toEqual({ changed: { status: 'CREATED', payer: { hidden: null } } })
    expect(reader.answers[0]?.errors?.[0]).toMatchObject({
      path: ['changed', 'payer', 'hidden'],
      extensions: { code: 'UNAUTHORIZED_FIELD_OR_TYPE' },
    })
    reader.leave()
    await until(() => log.readers === 0)
  })

  it('begins behind the cursor that the client gives', async () => {
    const { log } = world.subgraphs.payments
    const after = String(log.events.length)
    pay('CREATED')
    pay('SENT')
    const query = 'subscription ($after: String) { paymentChanged(after: $after) { status cursor } }'
    const reader = await watch(query, 'payments:read', { after })
    await until(() => reader.answers.length === 2)
    expect(reader.answers.map(({ data }) => data)).toEqual([
      { paymentChanged: { status: 'CREATED', cursor: String(Number(after) + 1) } },
      { paymentChanged: { status: 'SENT', cursor: String(Number(after) + 2) } },
    ])
    reader.leave()
    await until(() => log.readers === 0)
  })

  it('goes on after the owning subgraph was away: no event is missed and none comes twice', async () => {
    const { log } = world.subgraphs.payments
    const query = 'subscription { paymentChanged { status payer { displayName } } }'
    const [reader, silent] = [await watch(query, 'payments:read'), await watch(query, 'payments:read')]
    await until(() => log.readers === 2)
    await world.stop('payment')
    await until(() => log.readers === 0)
    pay('1') // Before the first event: resumed behind the cursor of when it was opened.
    await world.restart('payment')
    await until(() => log.readers === 2)
    pay('2')
    await until(() => reader.answers.length === 2)
    await world.stop('payment')
    pay('3')
    pay('4')
    await world.restart('payment')
    await until(() => log.readers === 2)
    pay('5')
    await until(() => reader.answers.length >= 5 && silent.answers.length >= 5)
    for (const { answers } of [reader, silent]) {
      expect(answers.map(statusOf)).toEqual(['1', '2', '3', '4', '5'])
    }
    reader.leave()
    silent.leave()
    await until(() => log.readers === 0)
  })

  it('answers SERVICE_UNAVAILABLE when its owning subgraph cannot be reached', async () => {
    await world.stop('payment')
    const reader = await watch('subscription { paymentChanged { status } }', 'payments:read')
    await reader.ended
    expect(reader.answers.map(codesOf)).toEqual([['SERVICE_UNAVAILABLE']])
    expect(reader.answers[0]?.errors?.[0]?.path).toEqual(['paymentChanged'])
    await world.restart('payment')
  })
})

describe('a shared subscription', () => {
  it('has one upstream for all, which ends with the last reader, also when no event ever comes', async () => {
    const { log, resolver } = world.subgraphs.rates
    const before = log.opened
    const readers = await Promise.all(
      [1, 2, 3].map(() => watch('subscription { rateChanged { mid } }', 'forex:read payments:read')),
    )
    await until(() => log.readers === 1)
    expect(resolver.callers.at(-1)).toEqual({ kind: 'service', subject: null, scopes: ['forex:read'] })
    readers[0]?.leave()
    log.append({ pair: 'EUR/USD', mid: '1.1' })
    await until(() => readers[1]?.answers.length === 1 && readers[2]?.answers.length === 1)
    expect(readers[0]?.answers).toEqual([])
    expect(log.opened - before).toBe(1)
    readers[1]?.leave()
    readers[2]?.leave()
    await until(() => log.readers === 0)

    const quiet = await watch('subscription { rateChanged { mid } }', 'forex:read')
    await until(() => log.readers === 1)
    quiet.leave()
    await until(() => log.readers === 0)
  })

  it('gives the last value of every key to those who join', async () => {
    const { log } = world.subgraphs.rates
    const query = 'subscription { rateChanged { pair mid } }'
    const first = await watch(query, 'forex:read')
    await until(() => log.readers === 1)
    log.append({ pair: 'EUR/USD', mid: '1.1' })
    log.append({ pair: 'EUR/GBP', mid: '0.8' })
    log.append({ pair: 'EUR/USD', mid: '1.2' })
    await until(() => JSON.stringify(first.answers).includes('1.2') && JSON.stringify(first.answers).includes('0.8'))
    const late = await watch(query, 'forex:read')
    await until(() => late.answers.length === 2)
    const rates = late.answers.map(({ data }) => data?.rateChanged)
    expect(rates).toHaveLength(2)
    expect(rates).toContainEqual({ pair: 'EUR/GBP', mid: '0.8' })
    expect(rates).toContainEqual({ pair: 'EUR/USD', mid: '1.2' })
    expect(log.readers).toBe(1)
    first.leave()
    late.leave()
    await until(() => log.readers === 0)
  })
})

describe('a reader', () => {
  it('who does not read is closed with 1013, and nobody else notices', async () => {
    const { log } = world.subgraphs.payments
    const query = 'subscription { paymentChanged { note status } }'
    const other = await watch('subscription { paymentChanged { status } }', 'payments:read')
    const socket = new WebSocket(wsUrl(), 'graphql-transport-ws', {
      headers: { authorization: `Bearer ${await world.token('payments:read')}` },
    })
    const closed = new Promise<number>((resolve) => socket.once('close', resolve))
    const acknowledged = new Promise<void>((resolve) => socket.once('message', () => resolve()))
    socket.once('open', () => socket.send('{"type":"connection_init"}'))
    await acknowledged
    socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query } }))
    await until(() => log.readers === 2)
    socket.pause()
    const note = 'x'.repeat(60 * 1024)
    let sent = 0
    while (log.readers === 2 && sent < 4_000) {
      pay(`slow ${sent}`, note)
      sent += 1
      await until(() => other.answers.length === sent)
    }
    expect(log.readers).toBe(1)
    socket.resume()
    expect(await closed).toBe(1013)
    pay('after')
    await until(() => other.answers.length === sent + 1)
    other.leave()
    await until(() => log.readers === 0)
  })

  it('is closed with 4403 when his token expires, and his upstream with him', async () => {
    const { log } = world.subgraphs.payments
    const token = await world.token('payments:read', { seconds: 1 })
    const client = createClient({
      url: wsUrl(),
      webSocketImpl: WebSocket,
      connectionParams: { authorization: `Bearer ${token}` },
      retryAttempts: 0,
    })
    clients.push(client)
    const ended = new Promise<unknown>((resolve) => {
      client.subscribe(
        { query: 'subscription { paymentChanged { status } }' },
        { next: () => undefined, error: resolve, complete: () => resolve(null) },
      )
    })
    await until(() => log.readers === 1)
    world.clock.advanceMs(10_000)
    expect(await ended).toMatchObject({ code: 4403 })
    await until(() => log.readers === 0)
  })
})
