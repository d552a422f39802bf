import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { closeHttp, listenHttp } from '@corridor/platform'
import { selfSigned } from '@corridor/testing'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { DEFAULT_LIMITS } from '../src/limits.ts'
import { type Answer, codesOf, startWorld, type World } from './world.ts'

let world: World
beforeAll(async () => {
  world = await startWorld()
})
afterAll(() => world.close())

const QUERY = '{ open: market }'
const HASH = createHash('sha256').update(QUERY).digest('hex')

async function ask(body: object, token?: string): Promise<{ status: number; answer: Answer }> {
  const response = await fetch(world.router.url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify(body),
  })
  return { status: response.status, answer: (await response.json()) as Answer }
}

const persisted = (sha256Hash: string) => ({ persistedQuery: { version: 1, sha256Hash } })

describe('a persisted query', () => {
  it('is run by its hash once its document was sent', async () => {
    const unknown = (await ask({ extensions: persisted(HASH) })).answer
    expect(codesOf(unknown)).toEqual(['PERSISTED_QUERY_NOT_FOUND'])
    expect((await ask({ query: QUERY, extensions: persisted(HASH) })).answer).toEqual({ data: { open: 'open' } })
    expect((await ask({ extensions: persisted(HASH) })).answer).toEqual({ data: { open: 'open' } })
  })

  it('is not taken under the hash of another document', async () => {
    const other = '{ user(id: "a") { id } }'
    const hash = createHash('sha256').update(other).digest('hex')
    const refused = await ask({ query: QUERY, extensions: persisted(hash) })
    expect(refused.status).toBe(400)
    expect(codesOf(refused.answer)).toEqual(['BAD_REQUEST'])
    expect(codesOf((await ask({ extensions: persisted(hash) })).answer)).toEqual(['PERSISTED_QUERY_NOT_FOUND'])
  })

  it('is judged by the scopes of who runs it, not of who sent it', async () => {
    const query = '{ user(id: "a") { displayName } }'
    const extensions = persisted(createHash('sha256').update(query).digest('hex'))
    const allowed = (await ask({ query, extensions }, await world.token('profile:read'))).answer
    expect(allowed).toEqual({ data: { user: { displayName: 'Name of a' } } })
    const refused = (await ask({ extensions })).answer
    expect(codesOf(refused)).toEqual(['UNAUTHORIZED_FIELD_OR_TYPE'])
    expect(refused).toMatchObject({ data: { user: null } })
  })
})

describe('every answer', () => {
  it('tells browsers not to guess, not to frame, and to load nothing', async () => {
    for (const path of ['/graphql', '/health', '/nothing']) {
      const { headers } = await fetch(new URL(path, world.router.url), { headers: { accept: 'application/json' } })
      expect(headers.get('x-content-type-options')).toBe('nosniff')
      expect(headers.get('x-frame-options')).toBe('DENY')
      expect(headers.get('content-security-policy')).toBe("default-src 'none'; frame-ancestors 'none'")
    }
  })

  it('names its trace, as its errors do', async () => {
    const response = await fetch(world.router.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: '{ user(id: "a") { displayName } }' }),
    })
    const { errors } = (await response.json()) as Answer
    expect(errors?.[0]?.extensions).toMatchObject({ traceId: response.headers.get('x-trace-id') })
    const { headers } = await fetch(`${world.router.url}?query=%7B__typename%7D`, {
      headers: { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-00`, 'apollo-require-preflight': 'true' },
    })
    expect(headers.get('x-trace-id')).toBe('a'.repeat(32))
  })

  it('may be read by pages of allowed origins alone', async () => {
    const allowedFor = async (origin: string) =>
      (await fetch(world.router.url, { method: 'OPTIONS', headers: { origin } })).headers.get(
        'access-control-allow-origin',
      )
    expect(await allowedFor('http://localhost:5173')).toBe('http://localhost:5173')
    expect(await allowedFor('http://evil.test')).toBeNull()
  })

  it('is refused to a form of another page: no preflight, no operation', async () => {
    const response = await fetch(world.router.url, {
      method: 'POST',
      headers: { 'content-type': 'text/plain' },
      body: JSON.stringify({ query: QUERY }),
    })
    expect(response.status).toBe(415)
    expect((await fetch(`${world.router.url}?query=${encodeURIComponent(QUERY)}`)).status).toBe(400)
  })
})

describe('a connection', () => {
  let impatient: World
  beforeAll(async () => {
    impatient = await startWorld({ limits: { headersTimeoutMs: 1_000, bodyTimeoutMs: 1_500, idleTimeoutMs: 100 } })
  })
  afterAll(() => impatient.close())
  const dial = (): Socket => connect(impatient.router.port, '127.0.0.1')
  const textOf = async (socket: Socket): Promise<string> => {
    let text = ''
    for await (const chunk of socket) text += String(chunk)
    return text
  }

  it('that sends no headers, or does not end them, is shown out', async () => {
    const [silent, slow] = [dial(), dial()]
    slow.write('POST /graphql HTTP/1.1\r\nhost: localhost\r\n')
    for (const text of await Promise.all([textOf(silent), textOf(slow)])) expect(text).toMatch(/^HTTP\/1\.1 408 /)
  })

  it('that does not end its body is shown out', async () => {
    const slow = dial()
    slow.write(
      'POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{',
    )
    expect(await textOf(slow)).toMatch(/^HTTP\/1\.1 408 /)
  })

  it('that asks nothing more is closed', async () => {
    const idle = dial()
    idle.write('GET /health HTTP/1.1\r\nhost: localhost\r\n\r\n')
    expect(await textOf(idle)).toMatch(/^HTTP\/1\.1 200 /)
  })

  it('that begins no TLS where it must is closed', async () => {
    const limits = { ...DEFAULT_LIMITS, headersTimeoutMs: 100 }
    const { server, port } = await listenHttp(() => undefined, {
      port: 0,
      host: '127.0.0.1',
      limits,
      tls: selfSigned(),
    })
    try {
      const silent = connect(port, '127.0.0.1')
      silent.on('error', () => undefined) // It may be reset.
      await new Promise<void>((resolve) => silent.resume().once('close', () => resolve()))
    } finally {
      await closeHttp(server)
    }
  })

  it('too many is closed, and there is room again when another ends', async () => {
    const small = await startWorld({ limits: { connections: 1 } })
    try {
      const at = { port: small.router.port, host: '127.0.0.1' }
      const first = connect(at)
      await once(first, 'connect')
      const second = connect(at)
      expect(await textOf(second)).toBe('')
      first.destroy()
      const isTaken = async (): Promise<void> =>
        expect((await fetch(`http://127.0.0.1:${at.port}/health`)).status).toBe(200)
      await vi.waitFor(isTaken, { timeout: 30_000 })
    } finally {
      await small.close()
    }
  })

  it('too many from one address is closed, and there is room again when another of them ends', async () => {
    const small = await startWorld({ limits: { connectionsPerAddress: 2 } })
    try {
      const at = { port: small.router.port, host: '127.0.0.1' }
      const [first, second] = [connect(at), connect(at)]
      await Promise.all([once(first, 'connect'), once(second, 'connect')])
      expect(await answerOf(connect(at))).toBeNull()
      if (process.platform === 'linux') {
        // Others have one address of their own unless they are told to have more.
        expect(await answerOf(connect({ ...at, localAddress: '127.0.0.2' }))).toBe(200)
      }
      first.destroy()
      await vi.waitFor(async () => expect(await answerOf(connect(at))).toBe(200), { timeout: 30_000 })
      second.destroy()
    } finally {
      await small.close()
    }
  })

  it('from a proxy is not counted by its address', async () => {
    const behind = await startWorld({ limits: { connectionsPerAddress: 1 }, trustedProxies: 1 })
    try {
      const at = { port: behind.router.port, host: '127.0.0.1' }
      const first = connect(at)
      expect(await answerOf(first)).toBe(200)
      expect(await answerOf(connect(at))).toBe(200)
      first.destroy()
    } finally {
      await behind.close()
    }
  })
})

/** The status that a connection gets for a request; null when it is closed instead. The connection stays open. */
function answerOf(socket: Socket): Promise<number | null> {
  return new Promise((resolve) => {
    socket.once('data', (bytes) => resolve(Number(/^HTTP\/1\.1 (\d+) /.exec(String(bytes))?.[1])))
    socket.once('close', () => resolve(null))
    socket.on('error', () => undefined) // It may be reset.
    socket.write('GET /health HTTP/1.1\r\nhost: localhost\r\n\r\n')
  })
}
