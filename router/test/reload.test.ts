import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '@corridor/testing'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { type RouterProcess, startRouterProcess } from './router-process.ts'
import { startWorld, type World } from './world.ts'

const TIMEOUT = { timeout: 40_000 }
const ALL = ['profile', 'forex', 'payment'] as const
const MARKET = '{ market }'
const PEOPLE = '{ whoAmI }'
const OPEN = '{"data":{"market":"open"}}'

let world: World
let router: RouterProcess
let url: string
const folder = mkdtempSync(join(tmpdir(), 'corridor-reload-'))
const supergraph = join(folder, 'supergraph.graphql')

/** As a deployment does: another file takes the place of the one before. */
function replaceFile(text: string): void {
  writeFileSync(`${supergraph}.new`, text)
  renameSync(`${supergraph}.new`, supergraph)
}

beforeAll(async () => {
  world = await startWorld()
  replaceFile(world.supergraphOf(ALL))
  const port = await freePort()
  url = `http://127.0.0.1:${port}`
  router = startRouterProcess({
    PORT: String(port),
    SUPERGRAPH: supergraph,
    SUBGRAPH_URLS: JSON.stringify(world.subgraphUrls),
    INTERNAL_PRIVATE_KEY: JSON.stringify(world.internalKey),
    OIDC_ISSUER: 'https://identity.test/oauth2/token',
    OIDC_JWKS_URI: 'https://identity.test/oauth2/jwks',
    OIDC_AUDIENCE: 'corridor',
  })
  await vi.waitFor(async () => expect((await fetch(`${url}/ready`)).status).toBe(200), TIMEOUT)
})
afterAll(async () => {
  router.child.kill('SIGTERM')
  await router.ended
  await world.close()
  rmSync(folder, { recursive: true })
})

async function answerTo(query: string): Promise<string> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query }),
  })
  return await response.text()
}

/** Asks all the time; what was answered, when it is stopped. */
function askUntilStopped(query: string): () => Promise<ReadonlySet<string>> {
  const answers = new Set<string>()
  let stopped = false
  const asking = Promise.all(
    [1, 2, 3, 4].map(async () => {
      while (!stopped) answers.add(await answerTo(query).catch(String))
    }),
  )
  onTestFinished(() => {
    stopped = true
  })
  return async () => {
    stopped = true
    await asking
    return answers
  }
}

describe('the file of the supergraph', () => {
  it('is taken when it changes, under load and without a request lost', async () => {
    const stop = askUntilStopped(MARKET)
    expect(await answerTo(PEOPLE)).toContain('UNAUTHORIZED_FIELD_OR_TYPE')
    replaceFile(world.supergraphOf(['forex']))
    await vi.waitFor(async () => expect(await answerTo(PEOPLE)).toContain('GRAPHQL_VALIDATION_FAILED'), TIMEOUT)
    replaceFile(world.supergraphOf(ALL))
    await vi.waitFor(async () => expect(await answerTo(PEOPLE)).toContain('UNAUTHORIZED_FIELD_OR_TYPE'), TIMEOUT)
    expect(await stop()).toEqual(new Set([OPEN]))
  })

  it('that is broken is refused loudly, and the one before stays', async () => {
    const stop = askUntilStopped(MARKET)
    const whole = world.supergraphOf(ALL)
    const refused = (): number => router.log().split('refused: what was in use before stays').length - 1
    replaceFile(whole.slice(0, whole.length / 2))
    await vi.waitFor(() => expect(refused()).toBe(1), TIMEOUT)
    replaceFile('type Query { market: String }')
    await vi.waitFor(() => expect(refused()).toBe(2), TIMEOUT)
    expect(await answerTo(PEOPLE)).toContain('UNAUTHORIZED_FIELD_OR_TYPE')
    expect(await stop()).toEqual(new Set([OPEN]))
  })

  it('is read again upon SIGHUP', async () => {
    const unchanged = (): number => router.log().split('read again, and there is nothing new').length - 1
    replaceFile(world.supergraphOf(ALL))
    await vi.waitFor(() => expect(unchanged()).toBeGreaterThan(0), TIMEOUT)
    const before = unchanged()
    router.child.kill('SIGHUP')
    await vi.waitFor(() => expect(unchanged()).toBe(before + 1), TIMEOUT)
    expect(await answerTo(MARKET)).toBe(OPEN)
  })
})
