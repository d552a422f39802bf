import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
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
