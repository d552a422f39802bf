import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startWorld, type World } from './world.ts'

const TOKEN = 'a'.repeat(43)
const begun = Promise.withResolvers<void>()
const left = Promise.withResolvers<void>()
let world: World

async function* endless(): AsyncGenerator<string> {
  try {
    for (;;) yield 'a line\n'.repeat(1_000)
  } finally {
    left.resolve()
  }
}

async function* failing(): AsyncGenerator<string> {
  yield 'a beginning'
  await begun.promise
  throw new Error('the end is gone')
}

beforeAll(async () => {
  const headers = { 'content-type': 'text/csv', 'content-disposition': 'attachment', 'x-internal': 'secret' }
  const bodies: Record<string, string | AsyncIterable<string>> = {
    [TOKEN]: 'a,b\r\n',
    ['e'.repeat(43)]: endless(),
    ['f'.repeat(43)]: failing(),
  }
  world = await startWorld({
    routes: {
      'GET /downloads/*': async ({ path }) => {
        const body = bodies[path.slice('/downloads/'.length)]
        return body === undefined ? { status: 404, body: '{}' } : { status: 200, headers, body }
      },
      'GET /.well-known/jwks.json': async () => ({
        status: 200,
        headers: { 'content-type': 'application/json' },
        body: '{"keys":[]}',
      }),
    },
  })
})
afterAll(() => world.close())

const get = (path: string, init: RequestInit = {}) => fetch(new URL(path, world.router.url), init)

describe('files of the ledger', () => {
  it('come through with what a browser must know of them, and nothing internal', async () => {
    const response = await get(`/downloads/${TOKEN}`)
    expect(await response.text()).toBe('a,b\r\n')
    expect(response.headers.get('content-disposition')).toBe('attachment')
    expect(response.headers.get('x-content-type-options')).toBe('nosniff')
    expect(response.headers.get('x-internal')).toBeNull()
    expect(await (await get('/.well-known/jwks.json')).json()).toEqual({ keys: [] })
  })

  it('are asked for by GET and their exact address alone', async () => {
    expect((await get(`/downloads/${'b'.repeat(43)}`)).status).toBe(404)
    for (const path of [`/downloads/${TOKEN}x`, `/downloads/${TOKEN}?a`, '/downloads/', '/.well-known/other']) {
      expect((await get(path)).status).toBe(404)
    }
    for (const method of ['POST', 'HEAD', 'DELETE']) {
      expect((await get(`/downloads/${TOKEN}`, { method })).status).toBe(404)
    }
  })

  it('are read no further when the client leaves', async () => {
    const leave = new AbortController()
    const response = await get(`/downloads/${'e'.repeat(43)}`, { signal: leave.signal })
    await response.body?.getReader().read()
    leave.abort()
    await left.promise
    expect((await get(`/downloads/${TOKEN}`)).status).toBe(200)
  })

  it('that break off are never taken for whole', async () => {
    const { status, body } = await get(`/downloads/${'f'.repeat(43)}`)
    expect(status).toBe(200)
    const reader = body?.getReader()
    await reader?.read()
    begun.resolve()
    await expect(reader?.read()).rejects.toThrow()
  })

  it('are SERVICE_UNAVAILABLE while their owner is away', async () => {
    await world.stop('payment')
    const response = await get(`/downloads/${TOKEN}`)
    expect(response.status).toBe(503)
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'SERVICE_UNAVAILABLE' } }] })
    await world.restart('payment')
  })
})
