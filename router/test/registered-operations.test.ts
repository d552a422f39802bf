import { createHash } from 'node:crypto'
import { createClient } from 'graphql-ws'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import WebSocket from 'ws'
import { readManifest } from '../src/registered-operations.ts'
import { startWorld, type World } from './world.ts'

const MARKET = 'query Market { market }'
const WHO = 'query Who { whoAmI }'
const RATES = 'subscription Rates { rateChanged { mid } }'

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex')
const manifestOf = (...texts: string[]): string =>
  JSON.stringify({
    format: 'apollo-persisted-query-manifest',
    version: 1,
    operations: texts.map((body) => ({ id: hashOf(body), name: 'Name', type: 'query', body })),
  })
const byHash = (text: string): object => ({ persistedQuery: { version: 1, sha256Hash: hashOf(text) } })

let world: World
beforeAll(async () => {
  world = await startWorld({ registeredOperations: manifestOf(MARKET, WHO, RATES) })
})
afterAll(() => world.close())

const post = async (body: unknown): Promise<[number, unknown]> => {
  const response = await fetch(world.router.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${await world.token('forex:read')}` },
    body: JSON.stringify(body),
  })
  return [response.status, await response.json()]
}
const get = async (parameters: Record<string, string>): Promise<[number, unknown]> => {
  const response = await fetch(`${world.router.url}?${new URLSearchParams(parameters)}`, {
    headers: { 'apollo-require-preflight': 'true', accept: 'application/json' },
  })
  return [response.status, await response.json()]
}
const refusedWith = (code: string): object => [400, expect.objectContaining({ errors: [coded(code)] })]
const coded = (code: string): object =>
  expect.objectContaining({ extensions: expect.objectContaining({ code }) as unknown })
const OPEN = { data: { market: 'open' } }

describe('with a manifest of registered operations', () => {
  it('one is run by its hash and by its text, the first time and after', async () => {
    for (let round = 0; round < 2; round += 1) {
      expect(await post({ extensions: byHash(MARKET) })).toEqual([200, OPEN])
      expect(await post({ query: MARKET })).toEqual([200, OPEN])
      expect(await post({ query: MARKET, extensions: byHash(MARKET) })).toEqual([200, OPEN])
      expect(await get({ extensions: JSON.stringify(byHash(MARKET)) })).toEqual([200, OPEN])
      expect(await get({ query: '', extensions: JSON.stringify(byHash(MARKET)) })).toEqual([200, OPEN])
      expect(await get({ query: MARKET })).toEqual([200, OPEN])
    }
  })

  it('anything else is refused before it is parsed', async () => {
    const unlisted = refusedWith('QUERY_NOT_IN_SAFELIST')
    expect(await post({ query: '{ market }' })).toEqual(unlisted)
    expect(await post({ query: `${MARKET} ` })).toEqual(unlisted)
    expect(await post({ query: '{{{ no GraphQL' })).toEqual(unlisted)
    expect(await post({ query: '' })).toEqual(unlisted)
    expect(await get({ query: '{ market }' })).toEqual(unlisted)
    expect(await post({ query: '{ market }', extensions: byHash('{ market }') })).toEqual(unlisted)
    const unknown = refusedWith('PERSISTED_QUERY_NOT_IN_LIST')
    expect(await post({ extensions: byHash('{ market }') })).toEqual(unknown)
    expect(await get({ extensions: JSON.stringify(byHash('{ market }')) })).toEqual(unknown)
  })

  it('a hash does not bring another document in, nor a list of requests, nor what is no request', async () => {
    const bad = refusedWith('BAD_REQUEST')
    expect(await post({ query: '{ market }', extensions: byHash(MARKET) })).toEqual(bad)
    expect(await post([{ query: '{ market }' }])).toEqual(bad)
    expect(await post({ query: ['{ market }'] })).toEqual(bad)
    expect(await post({})).toEqual(bad)
    const response = await fetch(`${world.router.url}?query=${encodeURIComponent(MARKET)}&query=%7Bmarket%7D`, {
      headers: { 'apollo-require-preflight': 'true' },
    })
    expect(response.status).toBe(400)
  })

  it('the same holds on a WebSocket', async () => {
    const client = createClient({ url: world.router.url.replace(/^http/, 'ws'), webSocketImpl: WebSocket })
    const outcome = (payload: { query: string; extensions?: Record<string, unknown> }): Promise<unknown> =>
      new Promise((resolve) =>
        client.subscribe(payload, { next: resolve, error: resolve, complete: () => resolve('completed') }),
      )
    expect(await outcome({ query: MARKET })).toEqual(OPEN)
    expect(await outcome({ query: '', extensions: { ...byHash(MARKET) } })).toEqual(OPEN)
    expect(await outcome({ query: '{ market }' })).toEqual([coded('QUERY_NOT_IN_SAFELIST')])
    const subscription = 'subscription { rateChanged { pair } }'
    expect(await outcome({ query: subscription })).toEqual([coded('QUERY_NOT_IN_SAFELIST')])
    expect(await outcome({ query: '', extensions: { ...byHash(subscription) } })).toEqual([
      coded('PERSISTED_QUERY_NOT_IN_LIST'),
    ])
    await client.dispose()
  })

  it('another manifest is taken at once, and one that is none is not', async () => {
    world.router.replaceRegisteredOperations(manifestOf(WHO))
    expect(await post({ extensions: byHash(MARKET) })).toEqual(refusedWith('PERSISTED_QUERY_NOT_IN_LIST'))
    expect(await post({ extensions: byHash(WHO) })).toEqual([200, { data: { whoAmI: 'anna' } }])
    expect(() => world.router.replaceRegisteredOperations('{}')).toThrow('format')
    expect(await post({ query: WHO })).toEqual([200, { data: { whoAmI: 'anna' } }])
  })
})

describe('a manifest', () => {
  it('is refused whole when it is of another format, or an id is not the hash of its document', () => {
    expect(() => readManifest('no JSON')).toThrow('format')
    expect(() => readManifest('{"format":"apollo-persisted-query-manifest","version":2,"operations":[]}')).toThrow()
    expect(() => readManifest('{"format":"apollo-persisted-query-manifest","version":1}')).toThrow('no operations')
    expect(() => readManifest(manifestOf(MARKET).replace('{ market }', '{ whoAmI }'))).toThrow('Operation 0')
    expect(readManifest(manifestOf(MARKET, WHO)).size).toBe(2)
  })
})
