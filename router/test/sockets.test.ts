import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import WebSocket from 'ws'
import { startWorld, type World } from './world.ts'

let world: World
beforeAll(async () => {
  world = await startWorld({ limits: { messageBytes: 2_000, subscriptionsPerSocket: 2 } })
})
afterAll(() => world.close())

const PROTOCOL = 'graphql-transport-ws'
const INIT = JSON.stringify({ type: 'connection_init' })

function connect(protocol: string | undefined = PROTOCOL, headers: Record<string, string> = {}): WebSocket {
  const url = world.router.url.replace(/^http/, 'ws')
  return protocol === '' ? new WebSocket(url, { headers }) : new WebSocket(url, protocol, { headers })
}

/** Sends `frames` one after the other, and answers with the code that the router closes with. */
async function closeCodeAfter(socket: WebSocket, ...frames: string[]): Promise<number> {
  const closed = new Promise<number>((resolve) => socket.once('close', resolve))
  socket.once('open', () => {
    for (const frame of frames) socket.send(frame)
  })
  return await closed
}

describe('graphql-transport-ws', () => {
  it('closes with 4406 without a subprotocol', async () => {
    expect(await closeCodeAfter(connect(''))).toBe(4406)
  })

  it('closes with 4429 after a second connection_init', async () => {
    expect(await closeCodeAfter(connect(), INIT, INIT)).toBe(4429)
  })

  it('closes with 4400 after a frame that is no JSON, and after a message of no known type', async () => {
    expect(await closeCodeAfter(connect(), 'hello')).toBe(4400)
    expect(await closeCodeAfter(connect(), '{"type":"nothing"}')).toBe(4400)
  })

  it('closes with 4401 after a subscribe before the acknowledgement', async () => {
    const subscribe = JSON.stringify({ id: '1', type: 'subscribe', payload: { query: '{ market }' } })
    expect(await closeCodeAfter(connect(), subscribe)).toBe(4401)
  })

  it('closes with 1009 after a message that is too large', async () => {
    expect(await closeCodeAfter(connect(), `"${'x'.repeat(2_000)}"`)).toBe(1009)
  })

  it('closes with 4403 on a token that does not hold', async () => {
    const init = JSON.stringify({ type: 'connection_init', payload: { authorization: 'Bearer a.b.c' } })
    expect(await closeCodeAfter(connect(), init)).toBe(4403)
    expect(await closeCodeAfter(connect(PROTOCOL, { authorization: 'Bearer a.b.c' }), INIT)).toBe(4403)
  })

  it('closes with 4403 when the handshake and connection_init name different tokens', async () => {
    const [anna, ben] = [await world.token(''), await world.token('', { subject: 'ben' })]
    const init = JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${anna}` } })
    expect(await closeCodeAfter(connect(PROTOCOL, { authorization: `Bearer ${ben}` }), init)).toBe(4403)
  })

  it('takes handshakes of allowed origins alone', async () => {
    const status = (origin: string): Promise<number | undefined> =>
      new Promise((resolve) => {
        const socket = connect(PROTOCOL, { origin })
        socket.once('unexpected-response', (_request, response) => resolve(response.statusCode))
        socket.once('open', () => {
          socket.close()
          resolve(101)
        })
      })
    expect(await status('http://evil.test')).toBe(403)
    expect(await status('http://localhost:5173')).toBe(101)
  })

  it('runs queries too, and refuses a subscription too many with its code', async () => {
    const token = await world.token('forex:read')
    const socket = connect(PROTOCOL, { authorization: `Bearer ${token}` })
    const messages: { id?: string; type: string; payload?: unknown }[] = []
    const seen = new Promise<void>((resolve) => {
      socket.on('message', (data) => {
        messages.push(JSON.parse(String(data)))
        if (messages.at(-1)?.type === 'connection_ack') {
          socket.send(JSON.stringify({ id: 'q', type: 'subscribe', payload: { query: '{ market whoAmI }' } }))
        }
        if (messages.at(-1)?.type === 'complete') {
          for (const id of ['1', '2', '3']) {
            const payload = { query: 'subscription { rateChanged { mid } }' }
            socket.send(JSON.stringify({ id, type: 'subscribe', payload }))
          }
        }
        if (messages.at(-1)?.type === 'error') resolve()
      })
    })
    socket.once('open', () => socket.send(INIT))
    await seen
    expect(messages.find(({ id, type }) => id === 'q' && type === 'next')?.payload).toEqual({
      data: { market: 'open', whoAmI: 'anna' },
    })
    expect(messages.at(-1)).toMatchObject({ id: '3', payload: [{ extensions: { code: 'TOO_MANY_REQUESTS' } }] })
    socket.close()
  })

  it('closes with 1001 when the router stops', async () => {
    const other = await startWorld()
    const socket = new WebSocket(other.router.url.replace(/^http/, 'ws'), PROTOCOL)
    const closed = new Promise<number>((resolve) => socket.once('close', resolve))
    await new Promise((resolve) => socket.once('open', resolve))
    await other.close()
    expect(await closed).toBe(1001)
  })
})
