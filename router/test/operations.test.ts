import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { codesOf, startWorld, type World } from './world.ts'

let world: World
const received: { body: Buffer; headers: Readonly<Record<string, unknown>> }[] = []

beforeAll(async () => {
  world = await startWorld({
    limits: { callbackBytes: 1_024, bodyBytes: 20_000, subgraphTimeoutMs: 2_000 },
    routes: {
      'POST /callbacks/*': async ({ body, headers }) => {
        received.push({ body, headers })
        return { status: 202, headers: { 'content-type': 'text/plain' }, body: 'taken' }
      },
    },
  })
})
beforeEach(() => received.splice(0))
afterAll(() => world.close())

describe('scopes', () => {
  it('open a field to who holds them, and leave null with a located error to others', async () => {
    const query = '{ user(id: "anna") { displayName secret } }'
    const both = await world.post(query, { token: await world.token('profile:read profile:private') })
    expect(both).toEqual({ data: { user: { displayName: 'Name of anna', secret: 'hidden' } } })
    const one = await world.post(query, { token: await world.token('profile:read') })
    expect(one.data).toEqual({ user: { displayName: 'Name of anna', secret: null } })
    expect(one.errors).toMatchObject([{ path: ['user', 'secret'], extensions: { code: 'UNAUTHORIZED_FIELD_OR_TYPE' } }])
  })

  it('are not walked around by fragments, aliases, lists or the entity of another subgraph', async () => {
    const token = await world.token('profile:read payments:read')
    for (const query of [
      '{ user(id: "a") { ...F } } fragment F on User { found: secret }',
      '{ user(id: "a") { ... on User { ... { found: secret } } } }',
      '{ ...R } fragment R on Query { user(id: "a") { friends { ...F } } } fragment F on User { ... on User { found: secret } }',
      '{ users { found: secret } }',
      '{ payer(id: "a") { found: secret } }',
      'query A { market } query B { other: user(id: "a") { found: secret } }',
    ]) {
      const answer = await world.post(query, { token, ...(query.startsWith('query A') ? { operationName: 'B' } : {}) })
      expect(codesOf(answer)).toContain('UNAUTHORIZED_FIELD_OR_TYPE')
      expect(JSON.stringify(answer)).not.toContain('hidden')
    }
  })

  it('null what holds a field that may not be null', async () => {
    const answer = await world.post('{ user(id: "a") { pin } market }', { token: await world.token('profile:read') })
    expect(answer.data).toEqual({ user: null, market: 'open' })
    expect(codesOf(answer)).toEqual(['UNAUTHORIZED_FIELD_OR_TYPE'])
  })

  it('are judged on the operation that is named, not on the first', async () => {
    const query = 'query Open { market } query Closed { user(id: "a") { id } }'
    expect(await world.post(query, { operationName: 'Open' })).toEqual({ data: { market: 'open' } })
    expect(codesOf(await world.post(query, { operationName: 'Closed' }))).toEqual(['UNAUTHORIZED_FIELD_OR_TYPE'])
  })

  it('refuse a mutation whole when one of its root fields is refused', async () => {
    const { ran } = world.subgraphs.people.resolver
    const query = 'mutation { touch ...R } fragment R on Mutation { again: rename }'
    const refused = await world.post(query, { token: await world.token('profile:read') })
    expect(codesOf(refused)).toEqual(['UNAUTHORIZED_FIELD_OR_TYPE'])
    expect(refused.data ?? null).toBeNull()
    expect(ran).toEqual([])
    const done = await world.post(query, { token: await world.token('profile:write') })
    expect(done).toEqual({ data: { touch: 'touched', again: 'renamed' } })
    expect(ran).toEqual(['touch', 'rename'])
  })

  it('hide what is internal', async () => {
    const answer = await world.post('{ position }', { token: await world.token('payments:read') })
    expect(codesOf(answer)).toEqual(['GRAPHQL_VALIDATION_FAILED'])
    expect(codesOf(await world.post('{ _service { sdl } }'))).toEqual(['GRAPHQL_VALIDATION_FAILED'])
  })
})

describe('limits', () => {
  const nested = (levels: number): string =>
    `{ user(id: "a") { ${'friends { '.repeat(levels)} id ${'} '.repeat(levels)} } }`

  it('refuse with QUERY_TOO_COMPLEX what asks for too much, and let the rest pass', async () => {
    const token = await world.token('profile:read')
    const wide = (count: number): string =>
      `{ ${Array.from({ length: count }, (_, index) => `a${index}: market`).join(' ')} }`
    const tokens = `{ ${'a '.repeat(5_000)} }`
    const bomb = [
      '{ user(id: "a") { ...F0 } }',
      ...Array.from(
        { length: 12 },
        (_, index) => `fragment F${index} on User { id ...F${index + 1} ...F${index + 1} }`,
      ),
      'fragment F12 on User { id }',
    ].join(' ')
    const directives = `{ ${'... @include(if: true) { market } '.repeat(51)} }`
    const spread = `{ ...All ... { ...All } } fragment All on Query { ${'market '.repeat(11)} }`
    for (const query of [
      nested(12),
      nested(5),
      wide(21),
      '{ users(first: 1000000) { id } }',
      bomb,
      tokens,
      directives,
      spread,
    ]) {
      expect(codesOf(await world.post(query, { token }))).toEqual(['QUERY_TOO_COMPLEX'])
    }
    expect(codesOf(await world.post(nested(1), { token }))).toEqual([])
    expect(codesOf(await world.post(wide(20), { token }))).toEqual([])
  })

  it('refuse a body that is too large with 413', async () => {
    const response = await fetch(world.router.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: `{ market } # ${'x'.repeat(20_000)}` }),
    })
    expect(response.status).toBe(413)
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'QUERY_TOO_COMPLEX' } }] })
  })
})

describe('a subgraph that is down', () => {
  it('costs its own fields alone, with a located SERVICE_UNAVAILABLE, and recovers by itself', async () => {
    const token = await world.token('profile:read payments:read')
    const query = '{ market payer(id: "a") { id displayName } }'
    await world.stop('profile')
    const answer = await world.post(query, { token })
    expect(answer.data).toEqual({ market: 'open', payer: null })
    expect(codesOf(answer)).toContain('SERVICE_UNAVAILABLE')
    expect(answer.errors?.find(({ extensions }) => extensions.code === 'SERVICE_UNAVAILABLE')?.path).toEqual(['payer'])
    await world.restart('profile')
    const again = await world.post(query, { token })
    expect(again).toEqual({ data: { market: 'open', payer: { id: 'a', displayName: 'Name of a' } } })
  })
})

describe('a callback', () => {
  const callback = (provider: string, body: Buffer): Promise<Response> =>
    fetch(new URL(`/callbacks/${provider}`, world.router.url), {
      method: 'POST',
      headers: {
        'x-signature': 'abc',
        'content-type': 'application/octet-stream',
        authorization: 'Bearer of.some.body',
      },
      body: new Uint8Array(body),
    })

  it('is handed to its owner byte for byte, with its signature and without identity', async () => {
    const body = randomBytes(1_000)
    const response = await callback('sandbox', body)
    expect([response.status, await response.text()]).toEqual([202, 'taken'])
    expect(received).toHaveLength(1)
    expect(received[0]?.body.equals(body)).toBe(true)
    expect(received[0]?.headers).toMatchObject({ 'x-signature': 'abc', 'content-type': 'application/octet-stream' })
    expect(received[0]?.headers).not.toHaveProperty('authorization')
  })

  it('of an unknown provider, or too large, goes nowhere', async () => {
    expect((await callback('unknown', randomBytes(10))).status).toBe(404)
    expect((await callback('sandbox', randomBytes(1_025))).status).toBe(413)
    expect(received).toEqual([])
  })
})
