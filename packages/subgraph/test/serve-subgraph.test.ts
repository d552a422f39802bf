import {
  ANONYMOUS,
  type Caller,
  createSigner,
  createVerifier,
  generateInternalKeyPair,
  type Signer,
  silentLogger,
} from '@corridor/platform'
import { testClock } from '@corridor/testing'
import { createClient } from 'graphql-ws'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import WebSocket from 'ws'
import { createServiceClient, emitSdl, type RunningServer, type ServiceClient, serveSubgraph } from '../src/index.ts'
import { buildBookSchema, loadedBatches } from './book-subgraph.ts'

const clock = testClock(new Date())
const user = (...scopes: string[]): Caller => ({
  ...ANONYMOUS,
  kind: 'user',
  subject: '00000000-0000-4000-8000-000000000001',
  scopes: new Set(scopes),
})

let server: RunningServer
let router: ServiceClient
let payment: ServiceClient
let signer: Signer
let token: (caller: Caller | null) => Promise<string>

beforeAll(async () => {
  const routerKeys = await generateInternalKeyPair()
  const paymentKeys = await generateInternalKeyPair()
  const publicJwks = { router: routerKeys.publicJwk, 'payment-service': paymentKeys.publicJwk }
  server = await serveSubgraph(
    { name: 'wallet', schema: await buildBookSchema(), ready: async () => [], close: async () => undefined },
    { port: 0, verifier: createVerifier({ audience: 'wallet', publicJwks, clock }), logger: silentLogger, clock },
  )
  signer = createSigner({ issuer: 'router', privateJwk: routerKeys.privateJwk, clock })
  token = (caller) => signer.sign('wallet', caller)
  router = createServiceClient({ url: server.url, audience: 'wallet', signer })
  payment = createServiceClient({
    url: server.url,
    audience: 'wallet',
    signer: createSigner({ issuer: 'payment-service', privateJwk: paymentKeys.privateJwk, clock }),
  })
})

afterAll(async () => {
  await router.close()
  await payment.close()
  await server.close()
})

interface Answer {
  data?: unknown
  errors?: { message: string; extensions: object }[]
}

async function post(query: string, authorization?: string): Promise<{ status: number; body: Answer }> {
  const response = await fetch(server.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(authorization ? { authorization } : {}) },
    body: JSON.stringify({ query }),
  })
  return { status: response.status, body: (await response.json()) as Answer }
}

const as = async (caller: Caller | null) => `Bearer ${await token(caller)}`

describe('a subgraph', () => {
  it('takes internal tokens and nothing else', async () => {
    for (const authorization of [undefined, 'Bearer x.y.z', 'Basic abc', `Bearer ${'a'.repeat(10)}`]) {
      expect((await post('{ whoAmI }', authorization)).status).toBe(401)
    }
    expect((await post('{ whoAmI }', await as(user()))).body.data).toEqual({ whoAmI: user().subject })
  })

  it('opens a field to its scope, also below the root', async () => {
    const withScope = await post('{ book(id: "1") { id } }', await as(user('books:read')))
    expect(withScope.body).toEqual({ data: { book: { id: '1' } } })
    const without = await post('{ book(id: "1") { id } }', await as(user('books:write')))
    expect(without.body.data).toEqual({ book: null })
    expect(without.body.errors?.[0]?.extensions).toEqual({ code: 'UNAUTHORIZED_FIELD_OR_TYPE' })
    const nested = await post('{ book(id: "1") { id secret } }', await as(user('books:read')))
    expect(nested.body.data).toEqual({ book: { id: '1', secret: null } })
  })

  it('opens an internal field to the services that it lists, whatever the scopes', async () => {
    await expect(payment.request('{ internal }')).resolves.toEqual({ internal: 'for services' })
    await expect(router.request('{ internal }', {}, { caller: user('books:read') })).rejects.toMatchObject({
      code: 'UNAUTHORIZED_FIELD_OR_TYPE',
    })
  })

  it('says the code and the field of a refusal, and nothing of a bug', async () => {
    const refused = await post('mutation { refuseMe }', await as(user('books:write')))
    expect(refused.body.errors?.[0]?.extensions).toEqual({ code: 'QUOTE_USED', field: 'quoteId' })
    const broken = await post('{ broken }', await as(user('books:read')))
    expect(broken.body.errors?.[0]).toMatchObject({ extensions: { code: 'INTERNAL_SERVER_ERROR' } })
    expect(JSON.stringify(broken.body)).not.toContain('select')
  })

  it('is away for those who call it, but not by a bug: that may be of what was asked alone', async () => {
    const failing = router.request('{ broken }', {}, { caller: user('books:read') })
    await expect(failing).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE', retryable: false })
    const nobody = createServiceClient({ url: 'http://127.0.0.1:9/graphql', audience: 'wallet', signer })
    await expect(nobody.request('{ whoAmI }')).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE', retryable: true })
    await nobody.close()
  })

  it.each(['1e3', '1.234', '-1', '01', '9'.repeat(40)])(
    'refuses the amount %s by name, as a literal too',
    async (amount) => {
      const literal = await post(
        `mutation { price(amount: {amount: "${amount}", currency: "USD"}) { amount } }`,
        await as(user('books:write')),
      )
      expect(literal.body.errors?.[0]?.extensions).toEqual({ code: 'BAD_USER_INPUT', field: 'amount.amount' })
    },
  )

  it('loads references in one batch, and leaves what is not there null', async () => {
    loadedBatches.length = 0
    const query = `{ _entities(representations: [{__typename: "Book", id: "a"}, {__typename: "Book", id: "gone"}, {__typename: "Book", id: "b"}]) { ... on Book { id } } }`
    const { body } = await post(query, await as(user()))
    expect(body.data).toEqual({ _entities: [{ id: 'a' }, null, { id: 'b' }] })
    expect(loadedBatches).toEqual([['a', 'gone', 'b']])
  })

  it('streams over graphql-transport-ws', async () => {
    const client = createClient({
      url: server.url.replace('http', 'ws'),
      webSocketImpl: WebSocket,
      connectionParams: { authorization: await as(user('books:read')) },
    })
    const events: unknown[] = []
    for await (const event of client.iterate({ query: 'subscription { bookChanged { id } }' })) events.push(event)
    await client.dispose()
    expect(events).toEqual([{ data: { bookChanged: { id: '1' } } }, { data: { bookChanged: { id: '2' } } }])
  })

  it('closes a stream with 4403 when the token of its caller ends', async () => {
    const socket = new WebSocket(server.url.replace('http', 'ws'), 'graphql-transport-ws')
    const caller = { ...user('books:read'), expiresAt: new Date(clock.now().getTime() + 1_500) }
    await new Promise((resolve) => socket.once('open', resolve))
    socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization: await as(caller) } }))
    await new Promise((resolve) => socket.once('message', resolve))
    clock.advanceMs(2_000)
    expect(await new Promise((resolve) => socket.once('close', resolve))).toBe(4403)
  })

  it('says who may have what in its SDL', async () => {
    const sdl = emitSdl(await buildBookSchema())
    expect(sdl).toContain('@requiresScopes(scopes: [["books:read"]])')
    expect(sdl).toContain('@live(shared: true, conflateBy: "id")')
    expect(sdl).toMatch(/internal: String! @inaccessible/)
  })
})
