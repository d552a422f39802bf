import { once } from 'node:events'
import type { ClientRequest, IncomingMessage } from 'node:http'
import { afterEach, describe, expect, it, vi } from 'vitest'
import WebSocket from 'ws'
import { codesOf, startWorld, type World } from './world.ts'

/** One, and the next after a quarter of an hour. */
const ONE = 0.001
const TIMEOUT_MS = 30_000
const PROTOCOL = 'graphql-transport-ws'
const RATES = 'subscription { rateChanged { mid } }'

let world: World
afterEach(() => world.close())

const ask = (token?: string, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(world.router.url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...headers,
    },
    body: '{"query":"{ market }"}',
  })

interface Frame {
  readonly id?: string
  readonly type: string
  readonly payload?: unknown
}

/** A client of graphql-transport-ws as far as `connection_init`; `until` answers the first frame that is asked for. */
function connect(token?: string): {
  socket: WebSocket
  closed: Promise<[number, string]>
  frames: readonly Frame[]
  until(is: (frame: Frame) => boolean): Promise<Frame>
} {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
  const socket = new WebSocket(world.router.url.replace(/^http/, 'ws'), PROTOCOL, { headers })
  socket.once('open', () => socket.send('{"type":"connection_init"}'))
  const frames: Frame[] = []
  const asked: ((frame: Frame) => void)[] = []
  socket.on('message', (data) => {
    const frame = JSON.parse(String(data)) as Frame
    frames.push(frame)
    for (const tell of asked) tell(frame)
  })
  return {
    socket,
    frames,
    closed: new Promise((resolve) => socket.once('close', (code, reason) => resolve([code, String(reason)]))),
    until: (is) =>
      new Promise((resolve) => {
        const known = frames.find(is)
        if (known) return resolve(known)
        asked.push((frame) => is(frame) && resolve(frame))
      }),
  }
}

const acknowledged = ({ type }: Frame): boolean => type === 'connection_ack'
const subscribe = (id: string, query = RATES): string => JSON.stringify({ id, type: 'subscribe', payload: { query } })

describe('requests of one caller', () => {
  it('above his limit are refused with a code and when to come again, whatever token he sends; others go on', async () => {
    world = await startWorld({ limits: { callerRequestsPerSecond: ONE } })
    expect((await ask(await world.token('profile:read'))).status).toBe(200)
    const refused = await ask(await world.token('forex:read'), { origin: 'http://localhost:5173' })
    expect(refused.status).toBe(429)
    expect(refused.headers.get('retry-after')).toMatch(/^(1000|9\d\d)$/)
    expect(refused.headers.get('access-control-expose-headers')).toBe('retry-after, x-trace-id')
    expect(await refused.json()).toMatchObject({ errors: [{ extensions: { code: 'TOO_MANY_REQUESTS' } }] })
    expect((await ask(await world.token('', { subject: 'ben' }))).status).toBe(200)
    expect((await ask()).status).toBe(200)
  })

  it('are operations on a WebSocket too', async () => {
    world = await startWorld({ limits: { callerRequestsPerSecond: ONE } })
    const { socket, until } = connect(await world.token(''))
    await until(acknowledged)
    socket.send(subscribe('1', '{ market }'))
    expect(await until(({ id }) => id === '1')).toMatchObject({ type: 'next', payload: { data: { market: 'open' } } })
    socket.send(subscribe('2', '{ market }'))
    expect(await until(({ id }) => id === '2')).toMatchObject({
      type: 'error',
      payload: [{ extensions: { code: 'TOO_MANY_REQUESTS' } }],
    })
  })
})

describe('requests from one address', () => {
  it('above its limit are refused before their tokens are looked at, and on every path but /health', async () => {
    world = await startWorld({ limits: { addressRequestsPerSecond: ONE } })
    expect((await ask('not.a.token')).status).toBe(401)
    expect((await ask('not.a.token')).status).toBe(429)
    const statusOf = async (path: string, method = 'GET'): Promise<number> =>
      (await fetch(new URL(path, world.router.url), { method })).status
    expect(await statusOf('/ready')).toBe(429)
    expect(await statusOf('/.well-known/jwks.json')).toBe(429)
    expect(await statusOf('/callbacks/sandbox', 'POST')).toBe(429)
    expect(await statusOf('/health')).toBe(200)
    const socket = new WebSocket(world.router.url.replace(/^http/, 'ws'), PROTOCOL)
    const answer = await new Promise<{ statusCode?: number | undefined; headers: object }>((resolve) =>
      socket.once('unexpected-response', (_request, response) => resolve(response)),
    )
    expect(answer).toMatchObject({ statusCode: 429, headers: { 'retry-after': expect.stringMatching(/^\d+$/) } })
  })

  it('are not told apart by a header that anybody may write', async () => {
    world = await startWorld({ limits: { addressRequestsPerSecond: ONE } })
    expect((await ask(undefined, { 'x-forwarded-for': '1.2.3.4' })).status).toBe(200)
    expect((await ask(undefined, { 'x-forwarded-for': '1.2.3.5' })).status).toBe(429)
  })

  it('are told apart by what the trusted proxies saw', async () => {
    world = await startWorld({ limits: { addressRequestsPerSecond: ONE }, trustedProxies: 1 })
    expect((await ask(undefined, { 'x-forwarded-for': '1.2.3.4' })).status).toBe(200)
    expect((await ask(undefined, { 'x-forwarded-for': '1.2.3.5' })).status).toBe(200)
    expect((await ask(undefined, { 'x-forwarded-for': '9.9.9.9, 1.2.3.4' })).status).toBe(429)
  })
})

describe('of one caller, over all his sockets', () => {
  it('a connection too many is closed with 1013; when one closes there is room again', async () => {
    world = await startWorld({ limits: { socketsPerCaller: 2 } })
    const anna = await world.token('')
    const [first, second] = [connect(anna), connect(anna)]
    await Promise.all([first.until(acknowledged), second.until(acknowledged)])
    expect(await connect(anna).closed).toEqual([1013, 'Too many connections'])
    await connect(await world.token('', { subject: 'ben' })).until(acknowledged)
    first.socket.close()
    const roomAgain = async (): Promise<void> => {
      const again = connect(anna)
      const seen = await Promise.race([again.until(acknowledged), again.closed])
      expect(seen).toMatchObject({ type: 'connection_ack' })
    }
    await vi.waitFor(roomAgain, { timeout: TIMEOUT_MS })
  })

  it('a subscription too many is refused with its code; when one ends there is room again', async () => {
    world = await startWorld({ limits: { subscriptionsPerCaller: 2 } })
    const anna = await world.token('forex:read')
    const [first, second] = [connect(anna), connect(anna)]
    await Promise.all([first.until(acknowledged), second.until(acknowledged)])
    const refused = (id: string) => (frame: Frame) => frame.id === id && frame.type === 'error'
    first.socket.send(subscribe('1'))
    first.socket.send(subscribe('2'))
    // Of the same socket, so that it is known to be taken: frames are taken in order.
    first.socket.send(subscribe('3'))
    expect(await first.until(refused('3'))).toMatchObject({
      payload: [{ extensions: { code: 'TOO_MANY_REQUESTS' } }],
    })
    second.socket.send(subscribe('4'))
    await second.until(refused('4'))
    first.socket.send('{"id":"1","type":"complete"}')
    first.socket.send('{"type":"ping"}')
    await first.until(({ type }) => type === 'pong')
    second.socket.send(subscribe('5'))
    second.socket.send(subscribe('6'))
    await second.until(refused('6'))
    expect(second.frames.filter(refused('5'))).toEqual([])
  })

  it('nobody is counted by where he comes from', async () => {
    world = await startWorld({ limits: { socketsPerCaller: 1 } })
    await connect().until(acknowledged)
    expect(await connect().closed).toEqual([1013, 'Too many connections'])
    expect(codesOf(await world.post('{ market }'))).toEqual([])
  })
})

describe('of all callers', () => {
  it('a socket too many is refused at its handshake; when one closes there is room again', async () => {
    world = await startWorld({ limits: { sockets: 1 } })
    const first = connect()
    await first.until(acknowledged)
    const second = connect().socket
    const [request, response] = (await once(second, 'unexpected-response')) as [ClientRequest, IncomingMessage]
    expect(response.statusCode).toBe(503)
    request.destroy()
    first.socket.close()
    const roomAgain = async (): Promise<void> => {
      const { socket } = connect()
      await once(socket, 'open') // Rejects when it is refused.
    }
    await vi.waitFor(roomAgain, { timeout: TIMEOUT_MS })
  })
})
