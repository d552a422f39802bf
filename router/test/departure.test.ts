import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { allMetrics, createSigner, Histogram, silentLogger } from '@corridor/platform'
import { createLocalJWKSet } from 'jose'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import WebSocket from 'ws'
import { createRouter, type RunningRouter } from '../src/index.ts'
import { AUDIENCE, ISSUER, startWorld, type World } from './world.ts'

const TIMEOUT = { timeout: 30_000 }

/** A subgraph whose answers are held back until they are released. */
class SlowSubgraph {
  /** Requests that came, and those whose other end went away before their answer. */
  came = 0
  abandoned = 0
  #held: (() => void)[] | null = null
  readonly #server: Server

  constructor(private readonly url: string) {
    this.#server = createServer((request, response) => void this.#take(request, response))
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/graphql` // A TCP server's is never a path.
  }

  hold(): void {
    this.#held = []
    this.came = 0
    this.abandoned = 0
  }

  release(): void {
    const held = this.#held ?? []
    this.#held = null
    for (const pass of held) pass()
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { authorization = '' } = request.headers
    const headers = { 'content-type': 'application/json', authorization }
    const body = Buffer.concat(await request.toArray())
    response.once('close', () => {
      if (!response.writableFinished) this.abandoned += 1
    })
    this.came += 1
    await new Promise<void>((resolve) => {
      if (this.#held) this.#held.push(resolve)
      else resolve()
    })
    if (response.destroyed) return
    const answer = await fetch(this.url, { method: 'POST', headers, body })
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(await answer.text())
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}

let world: World
let slow: SlowSubgraph
let router: RunningRouter
let token: string
beforeAll(async () => {
  world = await startWorld()
  slow = new SlowSubgraph(world.subgraphUrls.profile ?? '')
  router = await createRouter({
    supergraphSdl: world.supergraphOf(['profile', 'forex', 'payment']),
    subgraphUrls: { ...world.subgraphUrls, profile: await slow.listen() },
    signer: createSigner({ issuer: 'router', privateJwk: world.internalKey, clock: world.clock }),
    identity: { issuer: ISSUER, audience: AUDIENCE, jwks: createLocalJWKSet({ keys: [world.issuerJwk] }) },
    authModes: ['bearer'],
    clock: world.clock,
    logger: silentLogger,
    allowedOrigins: [],
    callbackOwners: {},
  }).listen(0)
  token = await world.token('profile:read')
})
afterEach(() => slow.release())
afterAll(async () => {
  await router.close()
  await slow.close()
  await world.close()
})

/** A client who may leave; what he got, or null when he left before. */
function ask(query: string): { leave(): void; answer: Promise<unknown> } {
  const leaving = new AbortController()
  const answer = fetch(router.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ query }),
    signal: leaving.signal,
  })
    .then((response) => response.json())
    .catch((error: unknown) => {
      if (leaving.signal.aborted) return null
      throw error
    })
  return { leave: () => leaving.abort(), answer }
}

/** A router that has seen this one leave has seen all who left before. */
async function leaveToo(): Promise<void> {
  const { leave } = ask('{ last: whoAmI }')
  await came(2)
  leave()
  await abandoned(1)
}

/** How often a metric of the router has recorded these values. */
function recorded(name: string, values: Record<string, string>): number {
  const all = [
    ...(allMetrics()
      .find(({ options }) => options.name === name)
      ?.all() ?? []),
  ]
  const matching = all.filter(({ attributes }) =>
    Object.entries(values).every(([key, value]) => attributes[key] === value),
  )
  return matching.reduce((sum, { series }) => sum + (series instanceof Histogram ? series.count : series.value), 0)
}

const came = (count: number): Promise<void> => vi.waitFor(() => expect(slow.came).toBe(count), TIMEOUT)
const abandoned = (count: number): Promise<void> => vi.waitFor(() => expect(slow.abandoned).toBe(count), TIMEOUT)

describe('a client who leaves', () => {
  it('takes the calls of his query with him, of a document that is new and of one that is known', async () => {
    const query = '{ whoAmI user(id: "a") { displayName } }'
    const expected = { data: { whoAmI: 'anna', user: { displayName: 'Name of a' } } }
    for (let round = 0; round < 2; round += 1) {
      slow.hold()
      const { leave, answer } = ask(query)
      await came(1)
      leave()
      expect(await answer).toBeNull()
      await abandoned(1)
      slow.release()
      expect(await ask(query).answer).toEqual(expected)
    }
  })

  it('takes none of another who waits for the same answer', async () => {
    const query = '{ whoAmI }'
    await ask(query).answer
    slow.hold()
    const [first, second] = [ask(query), ask(query)]
    await came(1)
    first.leave()
    await leaveToo()
    const third = ask(query)
    slow.release()
    expect(await second.answer).toEqual({ data: { whoAmI: 'anna' } })
    expect(await third.answer).toEqual({ data: { whoAmI: 'anna' } })
    expect(slow.abandoned).toBe(1)
  })

  it('takes them with him from a WebSocket too', async () => {
    slow.hold()
    const headers = { authorization: `Bearer ${token}` }
    const socket = new WebSocket(router.url.replace(/^http/, 'ws'), 'graphql-transport-ws', { headers })
    socket.once('open', () => socket.send('{"type":"connection_init"}'))
    const subscribe = JSON.stringify({ id: '1', type: 'subscribe', payload: { query: '{ whoAmI }' } })
    socket.once('message', () => socket.send(subscribe)) // The acknowledgement.
    await came(1)
    socket.close()
    await abandoned(1)
  })

  it('is no failure of ours, in no metric', async () => {
    const counts = () => ({
      givenUp: recorded('corridor.graphql.operation.duration', { outcome: 'given_up' }),
      failed: recorded('corridor.graphql.operation.duration', { outcome: 'failed' }),
      errors: recorded('corridor.graphql.errors', {}),
      unanswered: recorded('corridor.subgraph.request.duration', { 'error.type': 'no_answer' }),
    })
    const before = counts()
    slow.hold()
    const { leave } = ask('{ whoAmI user(id: "b") { displayName } }')
    await came(1)
    leave()
    await vi.waitFor(() => expect(counts()).toEqual({ ...before, givenUp: before.givenUp + 1 }), TIMEOUT)
  })

  it('leaves a mutation to be done to its end', async () => {
    const ran = world.subgraphs.people.resolver.ran
    for (let round = 1; round <= 2; round += 1) {
      slow.hold()
      const { leave } = ask('mutation { first: touch second: touch }')
      await came(1)
      leave()
      await leaveToo()
      slow.release()
      await vi.waitFor(() => expect(ran).toHaveLength(2 * round), TIMEOUT)
      expect(slow.abandoned).toBe(1)
    }
  })
})
