import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fetchToken } from '@corridor/embedded'
import { createSigner, type JWK, systemClock } from '@corridor/platform'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import WebSocket from 'ws'
import { startTestPlatform, type TestPlatform } from '../journey/platform.ts'
import type { Attack } from './attack.ts'
import { httpAttacks } from './corpus.ts'
import { frameAttacks } from './frames.ts'

/** An answer that takes longer hangs. */
const TIMEOUT_MS = 30_000
const SUBGRAPHS = ['forex', 'ledger', 'payment', 'profile', 'rule-engine', 'wallet'] as const
/** Of our files, statements, addresses and people: what no answer may show. */
const LEAK =
  /\bat \S+ \(|\.(ts|js):\d+|node_modules|select .+ from |syntax error at or near|ECONN|_db\b|password authentication|Lovelace/i

let test: TestPlatform
let token: string

beforeAll(async () => {
  test = await startTestPlatform()
  token = await fetchToken(test.platform.tokenUrl ?? '', 'customer3')
})
afterAll(() => test.stop())

interface Met {
  readonly status: number
  readonly codes: readonly string[]
  readonly text: string
}

async function send(
  base: string,
  bearer: string,
  { method = 'POST', path = '/graphql', headers, body }: Attack,
): Promise<Met> {
  const response = await fetch(new URL(path, base), {
    method,
    headers: { authorization: `Bearer ${bearer}`, ...headers },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : new Uint8Array(body) }),
    redirect: 'manual',
    signal: AbortSignal.timeout(TIMEOUT_MS),
  })
  const text = await response.text()
  return { status: response.status, codes: codesIn(text), text }
}

function codesIn(text: string): string[] {
  try {
    const { errors = [] } = JSON.parse(text) as { errors?: { extensions?: { code?: string } }[] }
    return errors.map(({ extensions }) => extensions?.code ?? 'NONE')
  } catch {
    // Judged by the test: what is no JSON must not be an answer of data.
    return []
  }
}

const attacks = httpAttacks()

it('there are at least 200 of them', () => {
  expect(attacks.length + frameAttacks().length).toBeGreaterThanOrEqual(200)
  expect(new Set(attacks.map(({ name }) => name)).size).toBe(attacks.length)
})

describe('the router meets', () => {
  it.each(attacks)('$name', async (attack) => {
    const { status, codes, text } = await send(test.platform.url, token, attack)
    expect(status).toBeLessThan(500)
    expect(text).not.toMatch(LEAK)
    if (codes.length === 0) expect(status >= 400 || attack.meets.includes('data'), text.slice(0, 300)).toBe(true)
    for (const code of codes) expect(attack.meets).toContain(code)
  })

  it.each(frameAttacks())('$name', async ({ frames, closes }) => {
    const socket = new WebSocket(test.platform.url.replace(/^http/, 'ws'), 'graphql-transport-ws')
    const seen: string[] = []
    const closed = new Promise<number | null>((resolve) => {
      socket.once('close', resolve)
      socket.on('message', (data) => {
        const text = String(data)
        seen.push(text)
        const { type, id } = JSON.parse(text) as { type: string; id?: string }
        if (type === 'connection_ack')
          for (const frame of [...frames, '{"type":"ping","payload":{"last":true}}']) socket.send(frame)
        // Frames are taken in order: when the last is answered, all before it have been.
        if (type === 'pong' && text.includes('last') && id === undefined) resolve(null)
      })
    })
    socket.once('open', () =>
      socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${token}` } })),
    )
    const code = await closed
    socket.terminate()
    expect(closes).toContain(code)
    expect(seen.join('\n')).not.toMatch(LEAK)
  })

  it('goes on as if nothing had been', async () => {
    const { status, codes } = await send(test.platform.url, token, {
      name: '',
      body: '{"query":"{ me { id } }"}',
      headers: { 'content-type': 'application/json' },
      meets: [],
    })
    expect([status, codes]).toEqual([200, []])
    await expectReady(test.platform.url)
  })
})

/** What it asks of others for this may come late on a slow machine. */
const expectReady = (url: string): Promise<void> =>
  vi.waitFor(async () => expect((await fetch(new URL('/ready', url))).status).toBe(200), { timeout: TIMEOUT_MS })

describe.each(SUBGRAPHS)('the subgraph of %s', (name) => {
  const base = (): string => `http://127.0.0.1:${test.platform.ports[name]}/`

  it('refuses all of it to whoever is not of the platform', async () => {
    for (const attack of attacks.filter(({ path = '/graphql' }) => path === '/graphql')) {
      const { status, text } = await send(base(), token, attack)
      expect(status, attack.name).toBeGreaterThanOrEqual(400)
      expect(status, attack.name).toBeLessThan(500)
      expect(text, attack.name).not.toMatch(LEAK)
    }
  })

  it('outlives all of it from the router', async () => {
    const { keys } = JSON.parse(readFileSync(join(test.dataDirectory, 'secrets.json'), 'utf8')) as {
      keys: { router: { privateJwk: JWK } }
    }
    const signer = createSigner({ issuer: 'router', privateJwk: keys.router.privateJwk, clock: systemClock })
    // The router may read a subgraph's schema, descriptions and all.
    for (const attack of attacks.filter(({ name }) => !name.includes('_service'))) {
      const { authorization: _, ...headers } = attack.headers ?? {}
      const { text } = await send(base(), await signer.sign(name, null), { ...attack, headers })
      expect(text, attack.name).not.toMatch(LEAK)
    }
    await expectReady(base())
  })
})
