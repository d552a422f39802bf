import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { silentLogger } from '@corridor/platform'
import { afterEach, describe, expect, it } from 'vitest'
import { Departure } from '../src/departure.ts'
import type { Transport } from '../src/execution/transport.ts'
import { DEFAULT_LIMITS } from '../src/limits.ts'
import { createSubgraphClients, type SubgraphClients } from '../src/subgraph-client.ts'
import { ANONYMOUS_CONTEXT } from './anonymous-context.ts'

/** For those that never answer; all others have the time that a busy machine may need. */
const SHORT_MS = 300
const servers: Server[] = []
const clients: SubgraphClients[] = []
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()))
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
})

/** A client of one subgraph that answers as `listener` does. */
async function clientOf(
  listener: RequestListener,
  timeoutMs?: number,
): Promise<{ client: Transport; asked: () => number }> {
  let asked = 0
  const server = createServer((request, response) => {
    asked += 1
    listener(request, response)
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo // A TCP server's address is never a path.
  return { client: clientAt(`http://127.0.0.1:${port}/graphql`, timeoutMs), asked: () => asked }
}

function clientAt(url: string, subgraphTimeoutMs = DEFAULT_LIMITS.subgraphTimeoutMs): Transport {
  const client = createSubgraphClients({
    urls: () => new Map([['wallet', url]]),
    signer: { issuer: 'router', sign: async (audience) => `token-for-${audience}` },
    limits: { ...DEFAULT_LIMITS, subgraphTimeoutMs, subgraphResponseBytes: 1_000 },
    logger: silentLogger,
  })
  clients.push(client)
  return client
}

const unavailable = { code: 'SERVICE_UNAVAILABLE' }
const ask = (client: Transport): Promise<string> => client.send('wallet', '{"query":"{ a }"}', ANONYMOUS_CONTEXT)

describe('a subgraph', () => {
  it('gets the operation and a token made for it, and its answer comes back as it is', async () => {
    const seen: unknown[] = []
    const { client } = await clientOf((request, response) => {
      seen.push(request.method, request.url, request.headers.authorization)
      request.pipe(response)
    })
    expect(await ask(client)).toBe('{"query":"{ a }"}')
    expect(seen).toEqual(['POST', '/graphql', 'Bearer token-for-wallet'])
  })

  it('that never answers, or begins to and never ends, is given up in its time and asked once', async () => {
    for (const listener of [
      () => undefined,
      (_request, response) => response.writeHead(200).write('{"data":'),
    ] satisfies RequestListener[]) {
      const { client, asked } = await clientOf(listener, SHORT_MS)
      await expect(ask(client)).rejects.toMatchObject(unavailable)
      expect(asked()).toBeLessThanOrEqual(1)
    }
  })

  it('that breaks off, refuses the token, or answers without end, is unavailable and asked once', async () => {
    for (const listener of [
      (request) => request.socket.destroy(),
      (_request, response) => response.writeHead(401).end('{"data":null}'),
      (_request, response) => response.end('x'.repeat(10_000)),
    ] satisfies RequestListener[]) {
      const { client, asked } = await clientOf(listener)
      await expect(ask(client)).rejects.toMatchObject(unavailable)
      expect(asked()).toBe(1)
    }
  })

  it('that is away, or not known, is unavailable', async () => {
    await expect(ask(clientAt('http://127.0.0.1:1/graphql'))).rejects.toMatchObject(unavailable)
    const { client } = await clientOf(() => undefined)
    await expect(client.send('other', '{}', ANONYMOUS_CONTEXT)).rejects.toMatchObject(unavailable)
  })

  it('is not asked on behalf of a client who has left', async () => {
    const { client, asked } = await clientOf((request, response) => request.pipe(response))
    const departure = new Departure()
    departure.leave()
    await expect(client.send('wallet', '{}', { ...ANONYMOUS_CONTEXT, departure })).rejects.toMatchObject(unavailable)
    expect(asked()).toBe(0)
  })

  it('is not waited for longer than the operation has time', async () => {
    const { client } = await clientOf(() => undefined)
    const context = { ...ANONYMOUS_CONTEXT, deadlineMs: performance.now() - 1 }
    await expect(client.send('wallet', '{}', context)).rejects.toMatchObject(unavailable)
  })
})
