import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { freePort } from '@corridor/dev-services'
import { ledgerMigrations } from '@corridor/ledger'
import { generateInternalKeyPair } from '@corridor/platform'
import { createTestDatabase, type TestDatabase } from '@corridor/testing'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const SUBGRAPHS = ['forex', 'ledger', 'payment', 'profile', 'rule-engine', 'wallet'] as const

/** The built `main.js` of a subgraph, with that environment and nothing else. */
function startProcess(
  name: string,
  env: Record<string, string>,
): { child: ChildProcess; ended: Promise<[number, string]> } {
  const child = spawn(process.execPath, [`subgraphs/${name}/dist/main.js`], {
    cwd: ROOT,
    env,
    stdio: ['ignore', 1, 'pipe'],
  })
  let log = ''
  child.stderr?.on('data', (chunk: Buffer) => {
    log += chunk.toString()
  })
  const ended = new Promise<[number, string]>((resolve) => child.once('exit', (code) => resolve([code ?? -1, log])))
  return { child, ended }
}

describe('the process of a subgraph', () => {
  let database: TestDatabase
  beforeAll(async () => {
    database = await createTestDatabase({ migrationsDirectory: ledgerMigrations })
  })
  afterAll(() => database.drop())

  it.each(SUBGRAPHS)(
    'of %s names every setting that is missing or wrong at once, and no value, and ends',
    async (name) => {
      const [code, log] = await startProcess(name, { REDIS_URL: 'not-a-url-but-secret' }).ended
      expect(code).toBe(1)
      const database = `${name.toUpperCase().replace('-', '_')}_DATABASE_URL`
      for (const variable of [database, 'REDIS_URL', 'INTERNAL_PUBLIC_KEYS']) expect(log).toContain(variable)
      expect(log).not.toContain('secret')
    },
  )

  it('serves until SIGTERM, and then ends by itself with everything closed', async () => {
    const port = await freePort()
    const { publicJwk } = await generateInternalKeyPair()
    const { child, ended } = startProcess('ledger', {
      PORT: String(port),
      LEDGER_DATABASE_URL: database.applicationUrl,
      REDIS_URL: `redis://127.0.0.1:${await freePort()}`,
      INTERNAL_PUBLIC_KEYS: JSON.stringify({ router: publicJwk }),
    })
    const address = `http://127.0.0.1:${port}`
    await vi.waitFor(async () => expect((await fetch(`${address}/ready`)).status).toBe(200), { timeout: 40_000 })
    expect((await fetch(`${address}/graphql`, { method: 'POST', body: '{}' })).status).toBe(401)
    child.kill('SIGTERM')
    const [code] = await ended
    expect(code).toBe(0)
  })
})
